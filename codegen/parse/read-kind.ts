import type { Report } from "../diagnostic.ts";
import type { Column, Kind, ScalePaths } from "../model/model.ts";
import { didYouMean } from "../nearest.ts";
import { pluralOf } from "./names.ts";
import { readLifecycle } from "./read-lifecycle.ts";
import { keyOf, type Tag } from "./tag.ts";
import type { TagName } from "./tag-table.ts";
import { listItems } from "./tag-values.ts";

/** What the tags of a kind say; the rest of `Kind` is known where the whole group is. */
type KindTags = Omit<Kind, "name" | "listKind" | "storageVersion" | "strategy" | "conversion">;

/** Reads the tags that speak of a kind as a resource of its group version. */
export function readKindTags(
  name: string,
  tags: readonly Tag[],
  groupVersion: { readonly group: string; readonly version: string },
  report: Report,
): KindTags {
  const all = (tagName: TagName): readonly Tag[] => tags.filter((tag) => tag.name === tagName);
  for (const [index, tag] of tags.entries()) {
    const again = tag.spec.repeats !== true && tags.slice(0, index).some((other) => other.name === tag.name);
    if (again) report("repeatedTag", tag.at, `+${tag.written} is already given: keep one`);
  }
  const resource = all("kubebuilder:resource")[0];
  const key = (keyName: string): string | undefined => keyOf(resource, keyName);
  const scale = readScale(all("kubebuilder:subresource:scale")[0]);
  const supported = all("k8s:supportsSubresource").map(({ value }) => value);
  const lifecycle = readLifecycle(all, { ...groupVersion, kind: name });
  checkRoot(all("kubebuilder:object:root")[0], report);
  const scaleTag = all("k8s:supportsSubresource").find(({ value }) => value === "/scale");
  if (scaleTag !== undefined && scale === undefined) {
    report(
      "contradiction",
      scaleTag.at,
      "where the numbers are is not said: use +kubebuilder:subresource:scale:specpath=…,statuspath=…",
    );
  }
  return {
    plural: resourceName(key("path") ?? pluralOf(name), resource, report),
    singular: resourceName(key("singular") ?? name.toLowerCase(), resource, report),
    shortNames: listItems(key("shortName")).map((each) => resourceName(each, resource, report)),
    categories: listItems(key("categories")),
    scope: readScope(resource, all("genclient:nonNamespaced")[0], report),
    status: all("kubebuilder:subresource:status").length > 0 || supported.includes("/status"),
    ...(scale !== undefined && { scale }),
    columns: all("kubebuilder:printcolumn").flatMap((tag) => readColumn(tag, report)),
    selectableFields: all("kubebuilder:selectablefield").map((tag) =>
      (keyOf(tag, "JSONPath") ?? "").replace(/^\./, ""),
    ),
    ...(lifecycle !== undefined && { lifecycle }),
  };
}

function checkRoot(tag: Tag | undefined, report: Report): void {
  if (tag?.value === false) {
    report("contradiction", tag.at, "an exported interface that extends KubeObject is a kind: extend something else");
  }
}

function resourceName(name: string, tag: Tag | undefined, report: Report): string {
  if (tag !== undefined && !/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) {
    report("tagPayload", tag.at, `"${name}" is no name of a resource: use lower-case letters, digits and -`);
  }
  return name;
}

function readScope(resource: Tag | undefined, nonNamespaced: Tag | undefined, report: Report): Kind["scope"] {
  const given = keyOf(resource, "scope");
  if (resource !== undefined && given !== undefined && given !== "Cluster" && given !== "Namespaced") {
    const guess = didYouMean(given, ["Cluster", "Namespaced"]);
    report("tagPayload", resource.at, `scope is Namespaced or Cluster, not ${given}${guess}`);
  }
  if (nonNamespaced !== undefined && given === "Namespaced") {
    report("contradiction", nonNamespaced.at, "+genclient:nonNamespaced contradicts scope=Namespaced: keep one");
  }
  return given === "Cluster" || nonNamespaced !== undefined ? "Cluster" : "Namespaced";
}

function readScale(tag: Tag | undefined): ScalePaths | undefined {
  if (tag === undefined) return undefined;
  const labelSelectorPath = keyOf(tag, "selectorpath");
  return {
    specReplicasPath: keyOf(tag, "specpath") ?? "",
    statusReplicasPath: keyOf(tag, "statuspath") ?? "",
    ...(labelSelectorPath !== undefined && { labelSelectorPath }),
  };
}

const columnTypes = ["string", "integer", "number", "boolean", "date"] as const;

function readColumn(tag: Tag, report: Report): Column[] {
  const given = keyOf(tag, "type") ?? "";
  const type = columnTypes.find((each) => each === given);
  const priority = keyOf(tag, "priority") ?? "0";
  if (type === undefined) {
    report(
      "tagPayload",
      tag.at,
      `a column's type is one of ${columnTypes.join(", ")}, not ${given}${didYouMean(given, columnTypes)}`,
    );
    return [];
  }
  if (!/^\d{1,9}$/.test(priority)) {
    report("tagPayload", tag.at, `a column's priority is a whole number from 0, not ${priority}`);
    return [];
  }
  return [
    {
      name: keyOf(tag, "name") ?? "",
      type,
      jsonPath: keyOf(tag, "JSONPath") ?? "",
      description: keyOf(tag, "description") ?? "",
      format: keyOf(tag, "format") ?? "",
      priority: Number(priority),
    },
  ];
}

import type { Report } from "../diagnostic.ts";
import type { Generator, Position } from "../model/model.ts";
import type { Comment } from "./comment.ts";
import type { Tag } from "./tag.ts";
import type { TagName } from "./tag-table.ts";
import { describePlaces } from "./value-kind.ts";

/** What `doc.ts` says of a group version. */
export interface Package {
  readonly group: string;
  readonly version: string;
  readonly modelPackage: string;
  readonly doc: string;
  readonly off: readonly Generator[];
}

const switches: readonly (readonly [TagName, Generator])[] = [
  ["k8s:openapi-gen", "openapi"],
  ["k8s:deepcopy-gen", "deepcopy"],
  ["k8s:defaulter-gen", "defaulter"],
  ["k8s:validation-gen", "validation"],
  ["k8s:conversion-gen", "conversion"],
];

/** Reads the tags of `doc.ts`. `folder` is such as `animal/v1alpha1`, `at` where the file begins. */
export function readPackage(comment: Comment, folder: string, at: Position, report: Report): Package {
  const tags = new Map<TagName, Tag>();
  for (const tag of comment.tags) {
    if (!tag.spec.places.includes("package")) {
      const places = describePlaces(tag.spec.places);
      report("misplacedTag", tag.at, `+${tag.written} may not stand on a package (doc.ts): it goes on ${places}`);
    } else tags.set(tag.name, tag);
  }
  const text = (name: TagName): string | undefined => {
    const value = tags.get(name)?.value;
    return value === undefined ? undefined : String(value);
  };
  const version = folder.split("/").at(-1) ?? "";
  const group = text("groupName");
  checkGroup(group, tags.get("groupName")?.at ?? at, report);
  checkVersion(version, text("versionName"), tags.get("versionName")?.at ?? at, report);
  return {
    group: group ?? "",
    version,
    modelPackage: text("k8s:openapi-model-package") ?? [...(group ?? "").split(".").toReversed(), version].join("."),
    doc: comment.doc,
    off: switches.filter(([name]) => text(name) === "false").map(([, generator]) => generator),
  };
}

function checkGroup(group: string | undefined, at: Position, report: Report): void {
  if (group === undefined) {
    report(
      "groupName",
      at,
      "the group has no name: write +groupName=example.com into the comment at the top of doc.ts",
    );
    return;
  }
  const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
  if (group.length <= 253 && new RegExp(`^${label}(\\.${label})+$`).test(group)) return;
  report(
    "groupName",
    at,
    `${group || "the empty name"} is no group: a group is a domain name such as animal.example.com`,
  );
}

function checkVersion(version: string, named: string | undefined, at: Position, report: Report): void {
  if (!/^v[1-9]\d*((alpha|beta)[1-9]\d*)?$/.test(version)) {
    report("version", at, `${version} is no version: call the folder v1, v1beta2 or the like`);
  }
  if (named !== undefined && named !== version) {
    report("version", at, `+versionName=${named} is not the folder's name, ${version}: remove the tag`);
  }
}

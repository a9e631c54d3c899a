import type { Lifecycle } from "../model/model.ts";
import { keyOf, type Tag } from "./tag.ts";
import type { TagName } from "./tag-table.ts";

/** A version of a kind, as warnings call it. */
interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

type Part = "introduced" | "deprecated" | "removed" | "replacement";

/** Minor releases from one turn in the life of a version that is not stable to the next. */
const minorsBetween = 3;

/**
 * When a version of a kind comes and goes, as its tags say; undefined where none does. A version that is not stable is
 * deprecated three releases after it came, and goes three releases later, unless its tags say otherwise.
 * https://kubernetes.io/docs/reference/using-api/deprecation-policy/
 */
export function readLifecycle(
  all: (name: TagName) => readonly Tag[],
  { group, version, kind }: GroupVersionKind,
): Lifecycle | undefined {
  const told = (part: Part): string | undefined => {
    const value = all(`k8s:prerelease-lifecycle-gen:${part}`)[0]?.value;
    return value === undefined ? undefined : String(value);
  };
  const introduced = told("introduced");
  const stable = /^v\d+$/.test(version);
  const deprecated = told("deprecated") ?? (stable ? undefined : later(introduced));
  const removed = told("removed") ?? (stable ? undefined : later(deprecated));
  const [newGroup = "", newVersion = "", newKind = ""] = told("replacement")?.split(",") ?? [];
  const left = all("kubebuilder:deprecatedversion")[0];
  const ownWords = left === undefined ? undefined : keyOf(left, "warning");
  const warning = left === undefined ? undefined : (ownWords ?? `${group}/${version} ${kind} is deprecated`);
  if ([introduced, deprecated, removed, warning].every((each) => each === undefined) && newKind === "")
    return undefined;
  return {
    introduced: introduced ?? "1.0",
    ...(deprecated !== undefined && { deprecated }),
    ...(removed !== undefined && { removed }),
    ...(newKind !== "" && { replacement: { group: newGroup, version: newVersion, kind: newKind } }),
    ...(warning !== undefined && { warning }),
  };
}

function later(release: string | undefined): string | undefined {
  const [major, minor] = release?.split(".") ?? [];
  return major === undefined ? undefined : `${major}.${Number(minor ?? 0) + minorsBetween}`;
}

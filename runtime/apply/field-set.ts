import { compareElements, type Path, type PathElement } from "./path-element.ts";

/**
 * A set of paths, as a tree: what a field manager owns. Never changed once made; the functions give new sets that share
 * what they have in common.
 * https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/fieldpath#Set
 */
export type FieldSet = ReadonlyMap<string, FieldNode>;

/** One element below a set: whether its own path is a member, and what is below it. At least one of the two holds. */
export interface FieldNode {
  readonly element: PathElement;
  readonly member: boolean;
  readonly children: FieldSet;
}

/** The set with no paths. */
export const emptySet: FieldSet = new Map();

/** The set of these paths. */
export function fieldSetOf(paths: Iterable<Path>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.build();
}

interface BuilderNode {
  readonly element: PathElement;
  member: boolean;
  readonly children: Map<string, BuilderNode>;
}

/** Gathers paths into a set. */
export class FieldSetBuilder {
  readonly #root = new Map<string, BuilderNode>();

  /** Adds one path; its parents are not added. The root itself is no member of any set. */
  add(path: Path): void {
    let level = this.#root;
    let node: BuilderNode | undefined;
    for (const element of path) {
      node = level.get(element.text);
      if (node === undefined) {
        node = { element, member: false, children: new Map() };
        level.set(element.text, node);
      }
      level = node.children;
    }
    if (node !== undefined) node.member = true;
  }

  /** The set so far; the builder must not be used afterwards. */
  build(): FieldSet {
    return this.#root;
  }
}

function withNode(out: Map<string, FieldNode>, element: PathElement, member: boolean, children: FieldSet): void {
  if (member || children.size > 0) out.set(element.text, { element, member, children });
}

/** Paths in either set. */
export function unionSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0) return b;
  if (b.size === 0) return a;
  const out = new Map(a);
  for (const [text, right] of b) {
    const left = a.get(text);
    if (left === undefined) out.set(text, right);
    else withNode(out, left.element, left.member || right.member, unionSets(left.children, right.children));
  }
  return out;
}

/** Paths in both sets. */
export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  const out = new Map<string, FieldNode>();
  for (const [text, left] of a) {
    const right = b.get(text);
    if (right === undefined) continue;
    withNode(out, left.element, left.member && right.member, intersectSets(left.children, right.children));
  }
  return out;
}

/** Paths of `a` that are not in `b`; a path below one of `b` stays. */
export function subtractSet(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const out = new Map<string, FieldNode>();
  for (const [text, left] of a) {
    const right = b.get(text);
    if (right === undefined) out.set(text, left);
    else withNode(out, left.element, left.member && !right.member, subtractSet(left.children, right.children));
  }
  return out;
}

/** Paths of `a` that neither are in `b` nor lie below a path of `b`. */
export function subtractTree(a: FieldSet, b: FieldSet): FieldSet {
  if (b.size === 0) return a;
  const out = new Map<string, FieldNode>();
  for (const [text, left] of a) {
    const right = b.get(text);
    if (right === undefined) out.set(text, left);
    else if (!right.member) withNode(out, left.element, left.member, subtractTree(left.children, right.children));
  }
  return out;
}

/** The paths with no other path below them. */
export function leavesOf(set: FieldSet): FieldSet {
  const out = new Map<string, FieldNode>();
  for (const { element, member, children } of set.values()) {
    withNode(out, element, member && children.size === 0, leavesOf(children));
  }
  return out;
}

/** Whether the two sets have the same paths. */
export function equalSets(a: FieldSet, b: FieldSet): boolean {
  if (a.size !== b.size) return false;
  for (const [text, left] of a) {
    const right = b.get(text);
    if (right === undefined || left.member !== right.member || !equalSets(left.children, right.children)) return false;
  }
  return true;
}

/** Whether the path is in the set. */
export function hasPath(set: FieldSet, path: Path): boolean {
  let level = set;
  let member = false;
  for (const element of path) {
    const node = level.get(element.text);
    if (node === undefined) return false;
    member = node.member;
    level = node.children;
  }
  return member;
}

/** The nodes of a set in the order of their elements. */
export function sortedNodes(set: FieldSet): FieldNode[] {
  return [...set.values()].sort((a, b) => compareElements(a.element, b.element));
}

/** Every path of the set: those of one level first, then those below, each in order. */
export function* pathsOf(set: FieldSet, prefix: Path = []): Generator<Path> {
  const nodes = sortedNodes(set);
  for (const { element, member } of nodes) if (member) yield [...prefix, element];
  for (const { element, children } of nodes) yield* pathsOf(children, [...prefix, element]);
}

/** Which paths a filter keeps: the rest of the tree, or those that its members lead to. */
export interface FieldMatcher {
  readonly matchAll: boolean;
  readonly members: readonly FieldMatcherMember[];
}

/** One step of a matcher: any element, or this one. */
export interface FieldMatcherMember {
  readonly wildcard: boolean;
  readonly element?: PathElement;
  readonly child: FieldMatcher;
}

/** The paths that a matcher lets through; a wildcard comes before, and instead of, the members beside it. */
export function filterSet(set: FieldSet, matcher: FieldMatcher): FieldSet {
  if (matcher.matchAll) return set;
  const out = new Map<string, FieldNode>();
  for (const { element, member, children } of set.values()) {
    const match =
      matcher.members.find(({ wildcard }) => wildcard) ??
      matcher.members.find((candidate) => candidate.element?.text === element.text);
    if (match !== undefined) withNode(out, element, member, filterSet(children, match.child));
  }
  return out;
}

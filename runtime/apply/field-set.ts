import { compareElements, elementOf, type Path, type PathElement, type Step } from "./path-element.ts";

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

/** A node while its set is put together. */
interface BuilderNode {
  readonly element: PathElement;
  member: boolean;
  children: Map<string, BuilderNode>;
}

// Most nodes are leaves: they share this one, to which nothing is ever added.
const noChildren = new Map<string, BuilderNode>();

/** The set with no paths. */
export const emptySet: FieldSet = noChildren;

/** The set of these paths. */
export function fieldSetOf(paths: Iterable<Path>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.build();
}

/** Gathers paths into a set; paths that are added one after the other best have their beginning in common. */
export class FieldSetBuilder {
  readonly #root = new Map<string, BuilderNode>();
  /** The path that was added last, of this length, and its nodes. */
  #length = 0;
  readonly #steps: Step[] = [];
  readonly #nodes: BuilderNode[] = [];

  /** Adds one path; its parents are not added. The root itself is no member of any set. */
  add(path: readonly Step[]): void {
    let at = 0;
    while (at < this.#length && at < path.length && this.#steps[at] === path[at]) at++;
    let node = this.#nodes[at - 1];
    for (let step = path[at]; step !== undefined; step = path[++at]) {
      node = childOf(at === 0 ? this.#root : ownChildren(node), step);
      this.#steps[at] = step;
      this.#nodes[at] = node;
    }
    this.#length = at;
    if (at > 0 && node !== undefined) node.member = true;
  }

  /** The set so far; the builder must not be used afterwards. */
  build(): FieldSet {
    return this.#root;
  }
}

function ownChildren(node: BuilderNode | undefined): Map<string, BuilderNode> {
  if (node === undefined) return noChildren;
  if (node.children === noChildren) node.children = new Map();
  return node.children;
}

function childOf(level: Map<string, BuilderNode>, step: Step): BuilderNode {
  const element = elementOf(step);
  const known = level.get(element.text);
  if (known !== undefined) return known;
  const node: BuilderNode = { element, member: false, children: noChildren };
  level.set(element.text, node);
  return node;
}

/** The set with each node replaced by what `change` makes of it, undefined for none; the set itself where all stay. */
export function changeNodes(
  set: FieldSet,
  change: (node: FieldNode, text: string) => FieldNode | undefined,
): FieldSet {
  let out: Map<string, FieldNode> | undefined;
  let same = 0;
  for (const [text, node] of set) {
    const changed = change(node, text);
    if (out === undefined) {
      if (changed === node) {
        same++;
        continue;
      }
      out = firstOf(set, same);
    }
    if (changed !== undefined) out.set(text, changed);
  }
  return out ?? set;
}

function firstOf(set: FieldSet, count: number): Map<string, FieldNode> {
  const out = new Map<string, FieldNode>();
  for (const [text, node] of set) {
    if (out.size === count) break;
    out.set(text, node);
  }
  return out;
}

/** The node with these members and children; itself where it has them, undefined where nothing is left of it. */
function nodeWith(node: FieldNode, member: boolean, children: FieldSet): FieldNode | undefined {
  if (member === node.member && children === node.children) return node;
  return member || children.size > 0 ? { element: node.element, member, children } : undefined;
}

/** Paths in either set. */
export function unionSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || a === b) return b;
  if (b.size === 0) return a;
  let out: Map<string, FieldNode> | undefined;
  for (const [text, right] of b) {
    const left = a.get(text);
    const both =
      left === undefined
        ? right
        : nodeWith(left, left.member || right.member, unionSets(left.children, right.children));
    if (both === undefined || both === left) continue;
    out ??= new Map(a);
    out.set(text, both);
  }
  return out ?? a;
}

/** Paths in both sets. */
export function intersectSets(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return emptySet;
  if (b.size < a.size) return intersectSets(b, a);
  return changeNodes(a, (left, text) => {
    const right = b.get(text);
    if (right === undefined) return undefined;
    return nodeWith(left, left.member && right.member, intersectSets(left.children, right.children));
  });
}

/** Paths of `a` that are not in `b`; a path below one of `b` stays. */
export function subtractSet(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return a;
  return changeNodes(a, (left, text) => {
    const right = b.get(text);
    if (right === undefined) return left;
    return nodeWith(left, left.member && !right.member, subtractSet(left.children, right.children));
  });
}

/** Paths of `a` that neither are in `b` nor lie below a path of `b`. */
export function subtractTree(a: FieldSet, b: FieldSet): FieldSet {
  if (a.size === 0 || b.size === 0) return a;
  return changeNodes(a, (left, text) => {
    const right = b.get(text);
    if (right === undefined) return left;
    return right.member ? undefined : nodeWith(left, left.member, subtractTree(left.children, right.children));
  });
}

/** The paths with no other path below them. */
export function leavesOf(set: FieldSet): FieldSet {
  return changeNodes(set, (node) => nodeWith(node, node.member && node.children.size === 0, leavesOf(node.children)));
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
  const anything = matcher.members.find(({ wildcard }) => wildcard);
  return changeNodes(set, (node, text) => {
    const match = anything ?? matcher.members.find(({ element }) => element?.text === text);
    return match === undefined ? undefined : nodeWith(node, node.member, filterSet(node.children, match.child));
  });
}

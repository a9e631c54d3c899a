import { compareBytes } from "../meta/byte-text.ts";
import {
  compareElements,
  elementOfText,
  isField,
  stepText,
  type Path,
  type PathElement,
  type Step,
} from "./path-element.ts";

/**
 * A set of paths, as a tree: what a field manager owns, by the texts of the elements. Never changed once made; the
 * functions give new sets that share what they have in common.
 * https://pkg.go.dev/sigs.k8s.io/structured-merge-diff/v6/fieldpath#Set
 */
export type FieldSet = ReadonlyMap<string, FieldNode>;

/** One element below a set: whether its own path is a member, and what is below it. At least one of the two holds. */
export interface FieldNode {
  readonly member: boolean;
  readonly children: FieldSet;
}

/** A node while its set is put together. */
interface BuilderNode {
  member: boolean;
  readonly children: Map<string, BuilderNode>;
}

// Nearly all nodes are leaves: there can be very many, so they are one and the same. Nothing is ever added to it.
const builderLeaf: BuilderNode = { member: true, children: new Map() };

/** The node that is a member and has nothing below it. */
export const leaf: FieldNode = builderLeaf;

/** The set with no paths. */
export const emptySet: FieldSet = leaf.children;

/** The set of these paths. */
export function fieldSetOf(paths: Iterable<Path>): FieldSet {
  const builder = new FieldSetBuilder();
  for (const path of paths) builder.add(path);
  return builder.build();
}

/** Gathers paths into a set; paths that are added one after the other best have their beginning in common. */
export class FieldSetBuilder {
  readonly #root = new Map<string, BuilderNode>();
  /** The first steps of the path that was added last, all but its own last one, and their nodes. */
  #length = 0;
  readonly #steps: Step[] = [];
  readonly #nodes: BuilderNode[] = [];

  /** Adds one path; its parents are not added. The root itself is no member of any set. */
  add(path: readonly Step[]): void {
    const last = path.at(-1);
    if (last === undefined) return;
    const above = path.length - 1;
    let at = 0;
    while (at < this.#length && at < above && this.#steps[at] === path[at]) at++;
    let level = this.#nodes[at - 1]?.children ?? this.#root;
    for (let step = path[at]; at < above && step !== undefined; step = path[++at]) {
      const node = branchAt(level, stepText(step));
      this.#steps[at] = step;
      this.#nodes[at] = node;
      level = node.children;
    }
    this.#length = above;
    const text = stepText(last);
    const node = level.get(text);
    if (node === undefined) level.set(text, builderLeaf);
    else if (!node.member) node.member = true;
  }

  /** The set so far; the builder must not be used afterwards. */
  build(): FieldSet {
    return this.#root;
  }
}

function branchAt(level: Map<string, BuilderNode>, text: string): BuilderNode {
  const known = level.get(text);
  if (known !== undefined && known !== builderLeaf) return known;
  const node: BuilderNode = { member: known !== undefined, children: new Map() };
  level.set(text, node);
  return node;
}

/** The set with each node replaced by what `change` makes of it, undefined for none; the set itself where all stay. */
export function changeNodes(set: FieldSet, change: (node: FieldNode, text: string) => FieldNode | undefined): FieldSet {
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
  if (children.size === 0) return member ? leaf : undefined;
  return { member, children };
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

/** The texts of a set's own elements, in the order of the elements. */
export function sortedTexts(set: FieldSet): string[] {
  const texts = [...set.keys()];
  if (texts.every(isField)) return texts.sort(compareBytes);
  const elements = texts.map((text) => ({ text, element: elementOfText(text) }));
  return elements.sort((a, b) => compareElements(a.element, b.element)).map(({ text }) => text);
}

/** Every path of the set: those of one level first, then those below, each in order. */
export function* pathsOf(set: FieldSet, prefix: Path = []): Generator<Path> {
  const texts = sortedTexts(set);
  for (const text of texts) if (set.get(text)?.member === true) yield [...prefix, elementOfText(text)];
  for (const text of texts) yield* pathsOf(set.get(text)?.children ?? emptySet, [...prefix, elementOfText(text)]);
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

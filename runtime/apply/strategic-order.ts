import type { Json } from "../meta/v1.ts";
import { asMap, mergeKeyOf, type ElementKind } from "./strategic-lists.ts";
import { isObject, member } from "./value.ts";

/** How the items of a merged list are told apart. */
export interface Identity {
  readonly kind: ElementKind;
  /** Empty where items stand for themselves. */
  readonly mergeKey: string;
}

/** The items of a merged list: those that a patch names, those that it does not, and the order of each. */
export interface UnorderedList {
  readonly patchItems: readonly Json[];
  readonly patchOrder: readonly Json[];
  readonly serverItems: readonly Json[];
  readonly serverOrder: readonly Json[];
}

/**
 * Puts both parts in their order, and then each of the server's items before the first of the patch's that followed it.
 * https://git.k8s.io/design-proposals-archive/cli/preserve-order-in-strategic-merge-patch.md
 */
export function inOrder(list: UnorderedList, identity: Identity): Json[] {
  const patch = sortedLike(list.patchItems, list.patchOrder, identity);
  const server = sortedLike(list.serverItems, list.serverOrder, identity);
  const positionOf = positionsIn(list.serverOrder, identity);
  const out: Json[] = [];
  let next = 0;
  for (const item of patch) {
    const position = positionOf(item);
    while (next < server.length && comesBefore(positionOf(server[next] ?? null), position)) {
      out.push(server[next++] ?? null);
    }
    out.push(item);
  }
  return [...out, ...server.slice(next)];
}

function comesBefore(a: number | undefined, b: number | undefined): boolean {
  return a !== undefined && b !== undefined && a < b;
}

/** Sorts items as they stand in another list; those that are to be deleted come last. */
export function sortedLike(items: readonly Json[], order: readonly Json[], identity: Identity): Json[] {
  const toDelete: Json[] = [];
  const kept: Json[] = [];
  if (identity.kind === "map") {
    for (const item of [...items, ...order]) mergeKeyOf(item, identity.mergeKey);
  }
  for (const item of items) (identity.kind === "map" && isDeletion(item) ? toDelete : kept).push(item);
  return [...sortedByPosition(kept, positionsIn(order, identity)), ...toDelete];
}

/** Whether an item of a patch asks for the deletion of the one with its key. */
export function isDeletion(item: Json): boolean {
  return member(asMap(item), "$patch") === "delete";
}

/** Finds where the first of the same stands in a list. */
function positionsIn(order: readonly Json[], identity: Identity): (item: Json) => number | undefined {
  const positions = new Map<Json, number>();
  for (const [position, item] of order.entries()) {
    const value = identify(item, identity);
    if (!positions.has(value)) positions.set(value, position);
  }
  return (item) => positions.get(identify(item, identity));
}

function identify(item: Json, { kind, mergeKey }: Identity): Json {
  if (kind === "scalar") return item;
  return isObject(item) ? (member(item, mergeKey) ?? null) : null;
}

interface Placed {
  readonly item: Json;
  readonly position: number | undefined;
}

function sortedByPosition(items: readonly Json[], positionOf: (item: Json) => number | undefined): Json[] {
  const placed: Placed[] = items.map((item) => ({ item, position: positionOf(item) }));
  const sorted = placed.every(({ position }) => position !== undefined)
    ? placed.sort((a, b) => Number(a.position) - Number(b.position))
    : sortedAsGo(placed);
  return sorted.map(({ item }) => item);
}

/** Upstream takes an item that has no place as less than any other, on either side: no order, so the method counts. */
function isLess(a: Placed, b: Placed): boolean {
  return a.position === undefined || b.position === undefined || a.position < b.position;
}

const blockLength = 20;

/** What Go's stable sort makes of that: blocks are sorted by insertion, and then merged two by two. */
function sortedAsGo(items: readonly Placed[]): Placed[] {
  let blocks: Placed[][] = [];
  for (let start = 0; start < items.length; start += blockLength) {
    blocks.push(insertionSorted(items.slice(start, start + blockLength)));
  }
  while (blocks.length > 1) {
    const merged: Placed[][] = [];
    for (let i = 0; i < blocks.length; i += 2) merged.push(mergedBlocks(blocks[i] ?? [], blocks[i + 1] ?? []));
    blocks = merged;
  }
  return blocks[0] ?? [];
}

function insertionSorted(items: readonly Placed[]): Placed[] {
  const out: Placed[] = [];
  for (const item of items) {
    let at = out.length;
    for (let before = out[at - 1]; before !== undefined && isLess(item, before); before = out[at - 1]) at--;
    out.splice(at, 0, item);
  }
  return out;
}

function mergedBlocks(left: readonly Placed[], right: readonly Placed[]): Placed[] {
  const out: Placed[] = [];
  let next = 0;
  for (const item of left) {
    for (let other = right[next]; other !== undefined && isLess(other, item); other = right[next]) {
      out.push(other);
      next++;
    }
    out.push(item);
  }
  return [...out, ...right.slice(next)];
}

import type { DraftObject, DraftType } from "./draft.ts";

/** Every object that kinds reach, themselves included, once: by file, then in order of declaration; meta types last. */
export function reachableObjects(kinds: readonly DraftObject[]): DraftObject[] {
  const found = new Set<DraftObject>();
  const visit = (object: DraftObject, isKind: boolean): void => {
    if (found.has(object)) return;
    found.add(object);
    for (const field of object.fields) {
      // A kind's metadata is the server's own; its type needs no generated code.
      if (!(isKind && field.name === "metadata")) for (const each of objectsOf(field.type)) visit(each, false);
    }
  };
  for (const kind of kinds) visit(kind, true);
  return [...found].toSorted(byDeclaration);
}

function objectsOf({ shape }: DraftType): DraftObject[] {
  switch (shape.kind) {
    case "object":
      return [shape.object];
    case "list":
      return objectsOf(shape.items);
    case "map":
      return objectsOf(shape.values);
    case "string":
    case "integer":
    case "number":
    case "boolean":
    case "wellKnown":
      return [];
  }
}

function byDeclaration(a: DraftObject, b: DraftObject): number {
  if (a.isMeta !== b.isMeta) return a.isMeta ? 1 : -1;
  const [fileA, posA] = a.order;
  const [fileB, posB] = b.order;
  if (fileA !== fileB) return fileA < fileB ? -1 : 1;
  return posA - posB || (a.name < b.name ? -1 : 1);
}

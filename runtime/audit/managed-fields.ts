import { isFields } from "../meta/decode.ts";

/**
 * An object, list, table or row of one without the managedFields in it; the same one where there are none. What is given is left as
 * it is, and shares with the answer all that has not changed.
 */
export function withoutManagedFields(value: object): object {
  if ("cells" in value && "object" in value) return rowWithout(value);
  const plain = withoutOwn(value);
  if ("items" in plain && Array.isArray(plain.items)) return { ...plain, items: plain.items.map(itemWithout) };
  if ("rows" in plain && Array.isArray(plain.rows))
    return { ...plain, rows: plain.rows.map((row: unknown) => (isFields(row) ? rowWithout(row) : row)) };
  return plain;
}

function withoutOwn(value: object): object {
  if (!("metadata" in value) || !isFields(value.metadata)) return value;
  const { managedFields, ...metadata } = value.metadata;
  return managedFields === undefined ? value : { ...value, metadata };
}

function itemWithout(item: unknown): unknown {
  return isFields(item) ? withoutOwn(item) : item;
}

function rowWithout(row: { readonly object?: unknown }): object {
  return isFields(row.object) ? { ...row, object: withoutOwn(row.object) } : row;
}

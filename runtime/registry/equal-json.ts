/** Whether two JSON values are the same. A field that is undefined is as one that is absent; the order of keys is nothing. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  return !Array.isArray(b) && equalFields(a, b, noKeys);
}

/** `equalJson` of two objects, leaving out the fields named. */
export function equalFields(a: object, b: object, without: ReadonlySet<string>): boolean {
  const fields = new Map<string, unknown>(Object.entries(b));
  for (const [key, value] of Object.entries(a)) {
    if (without.has(key) || value === undefined) continue;
    if (!equalJson(value, fields.get(key))) return false;
    fields.delete(key);
  }
  for (const [key, value] of fields) if (value !== undefined && !without.has(key)) return false;
  return true;
}

const noKeys: ReadonlySet<string> = new Set();

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((item, i) => equalJson(item, b[i]));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

import type { Entry } from "../storage.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** What is wrong with a stored object: it must be a JSON object that its key names. Undefined if nothing is. */
export function valueProblem({ key, value }: Entry): string | undefined {
  let object: unknown;
  try {
    object = JSON.parse(decoder.decode(value));
  } catch {
    return "the value is not JSON";
  }
  if (!isObject(object)) return "the value is no JSON object";
  const metadata = object["metadata"];
  if (!isObject(metadata)) return "the object has no metadata";
  const { name, namespace } = metadata;
  const segments = key.split("/");
  if (name !== segments.at(-1)) return `the object's name is ${JSON.stringify(name)}`;
  if (namespace !== undefined && namespace !== "" && namespace !== segments.at(-2)) {
    return `the object's namespace is ${JSON.stringify(namespace)}`;
  }
  return undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

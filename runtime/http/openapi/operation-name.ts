/** The verbs that names of operations begin with. */
const verbs = ["get", "read", "replace", "patch", "delete", "watch", "connect", "list", "create"] as const;

/**
 * The operationId: the group and version of the path stand between the verb and the rest of the operation's name.
 * So `readNamespacedCat` below `/apis/animal.skai.io/v1` becomes `readAnimalSkaiIoV1NamespacedCat`.
 */
export function operationId(name: string, path: string): string {
  const verb = verbs.find((prefix) => name.startsWith(prefix));
  if (verb === undefined) throw new Error(`the operation ${name} begins with no verb`);
  const words = groupVersionOf(path).map(capitalized);
  return [verb, ...words, capitalized(name.slice(verb.length))].join("");
}

/** The tag that groups the operations below a path: `animalSkaiIo_v1`, or the first word of the path. */
export function operationTag(path: string): string {
  const words = groupVersionOf(path);
  return (words.length > 0 ? words : [path.split("/")[1] ?? ""]).map(camelCase).join("_");
}

function groupVersionOf(path: string): string[] {
  const [, root, group, version] = path.split("/");
  if (root !== "apis" || group === undefined) return [];
  const name = group.replace(/\.k8s\.io$/, "");
  return version === undefined ? [name] : [name, version];
}

function camelCase(text: string): string {
  return text.replace(/[^A-Za-z0-9_]+([A-Za-z0-9_]?)/g, (_, letter: string) => letter.toUpperCase());
}

function capitalized(text: string): string {
  const name = camelCase(text);
  return name.slice(0, 1).toUpperCase() + name.slice(1);
}

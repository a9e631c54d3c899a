/** Where the API is. */
export const api = "/apis/wardle.example.com/v1alpha1";

/** All flunders, or those of a namespace. */
export function flunders(namespace?: string): string {
  return namespace === undefined ? `${api}/flunders` : `${api}/namespaces/${namespace}/flunders`;
}

/** What the name, the identity and the field sets add to a flunder without padding, when it is read. */
const unpaddedBytes = 620;

/** What is written at the place of a changing number, which keeps the length of a body the same. */
export const counterPlace = "00000000";

/** How many of the objects are golden: as many in a small store as in a large one. */
export const goldenObjects = 100;

/** The annotation that pads an object to about `bytes` when it is read. */
export function padding(bytes: number): string {
  return "x".repeat(Math.max(0, bytes - unpaddedBytes));
}

/** A flunder as JSON, of about `bytes` when it is read; the first hundred of a prefix have the label tier=gold. */
export function flunder(name: string, ordinal: number, bytes: number): string {
  const tier = ordinal < goldenObjects ? "gold" : "iron";
  const annotations = bytes > unpaddedBytes ? { padding: padding(bytes) } : {};
  return JSON.stringify({
    apiVersion: "wardle.example.com/v1alpha1",
    kind: "Flunder",
    metadata: { name, labels: { tier }, annotations },
    spec: { reference: counterPlace, referenceType: "Flunder" },
  });
}

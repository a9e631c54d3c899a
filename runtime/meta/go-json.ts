/** A JSON value as Go's encoder writes it: what could end a script in HTML is escaped. https://pkg.go.dev/encoding/json#Marshal */
export function goJson(value: unknown): string {
  return (JSON.stringify(value) ?? "null").replace(/[<>&\u2028\u2029]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

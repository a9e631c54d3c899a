import { readFileSync } from "node:fs";

/** Where package.json is, as seen from a bundle and its chunks, from the sources, and from what is compiled of them. */
const places = ["package.json", "../package.json", "../../package.json", "../../../package.json"];

/** The version of this package, from its package.json. */
export function packageVersion(): string {
  for (const relative of places) {
    const found = versionIn(new URL(relative, import.meta.url));
    if (found !== undefined) return found;
  }
  throw new Error("apiserver-ts: package.json is missing from the installed package");
}

function versionIn(file: URL): string | undefined {
  try {
    const content: unknown = JSON.parse(readFileSync(file, "utf8"));
    const { name, version } = content as { name?: unknown; version?: unknown };
    return name === "apiserver-ts" && typeof version === "string" ? version : undefined;
  } catch {
    return undefined;
  }
}

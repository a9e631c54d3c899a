import { readFileSync } from "node:fs";

/** The version of this package, from its package.json; the same file serves the sources and what is built of them. */
export function packageVersion(): string {
  for (const relative of ["../../package.json", "../../../package.json"]) {
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

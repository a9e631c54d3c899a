import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFiles } from "../format.ts";
import { completed, type ProjectPackage } from "./package-json.ts";
import { readPackage } from "./project.ts";

/**
 * Writes the package.json of a project; to one that is there already only what it lacks is added. With `dryRun` nothing
 * is written. Gives the line that tells what became of it.
 */
export async function placePackage(root: string, wanted: ProjectPackage, dryRun: boolean): Promise<string> {
  const existing = readPackage(root) ?? {};
  const whole = completed(existing, wanted);
  const isNew = !existsSync(join(root, "package.json"));
  if (!isNew && JSON.stringify(whole) === JSON.stringify(existing)) return "exists, left as it is: package.json";
  if (!dryRun) {
    const files = await formatFiles([{ path: "package.json", text: JSON.stringify(whole) }], root);
    for (const { path, text } of files) writeFileSync(join(root, path), text);
  }
  if (isNew) return `${dryRun ? "would create" : "created"} package.json`;
  return `${dryRun ? "would add to" : "added to"} package.json what it lacked`;
}

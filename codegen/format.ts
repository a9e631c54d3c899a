import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { GeneratedFile } from "./emit/generated-file.ts";

/** Formats files as the project's own prettier would, so that its format check passes over them. */
export async function formatFiles(files: readonly GeneratedFile[], root: string): Promise<GeneratedFile[]> {
  const options = await resolveConfig(join(root, "generated", "index.ts"), { editorconfig: true });
  return Promise.all(
    files.map(async ({ path, text }) => ({ path, text: await format(text, { ...options, filepath: path }) })),
  );
}

import { check } from "./check/check.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { emitAll } from "./emit/index.ts";
import type { GeneratedFile } from "./emit/generated-file.ts";
import { formatFiles } from "./format.ts";
import { loadSources, type Sources } from "./load.ts";
import type { ApiModel } from "./model/model.ts";
import { parse } from "./parse/parse.ts";

/** What the sources of a project say, and every mistake in them. */
export interface ReadModel {
  readonly model: ApiModel;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads and checks the APIs of the project in the folder `root`. */
export function readModel(root: string): ReadModel {
  return checkedModel(loadSources(root));
}

/** Reads and checks APIs that are already loaded. */
export function checkedModel(sources: Sources): ReadModel {
  const parsed = parse(sources);
  return { model: parsed.model, diagnostics: [...parsed.diagnostics, ...check(parsed)] };
}

/** All files that a model gives, formatted by the project's own rules, by path. */
export async function renderModel(model: ApiModel, root: string): Promise<readonly GeneratedFile[]> {
  return formatFiles(emitAll(model), root);
}

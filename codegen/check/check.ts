import type { Diagnostic } from "../diagnostic.ts";
import type { ParseResult } from "../parse/parse.ts";
import { checkDefaults } from "./defaults.ts";
import { checkJsonPaths } from "./json-paths.ts";
import { checkNames } from "./names.ts";
import type { Checking } from "./checking.ts";
import { checkPatterns } from "./patterns.ts";
import { checkVersions } from "./versions.ts";

/** What holds of the model as a whole rather than of one declaration. */
const rules: readonly ((checking: Checking) => void)[] = [
  checkNames,
  checkVersions,
  checkJsonPaths,
  checkDefaults,
  checkPatterns,
];

/** Every mistake that only shows in the model as a whole. */
export function check({ model, places }: Pick<ParseResult, "model" | "places">): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const rule of rules) {
    rule({ model, places, report: (name, at, message) => diagnostics.push({ name, at, message }) });
  }
  return diagnostics;
}

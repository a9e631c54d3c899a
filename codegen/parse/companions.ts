import { basename, relative } from "node:path";
import { didYouMean } from "../nearest.ts";
import { fileStems } from "./names.ts";
import type { Reader } from "./reader.ts";

/** The texts of the files below `apis/`, by module, such as `animal/v1alpha1/cat_strategy.ts`. */
export function moduleTexts({ sources }: Reader): Map<string, string> {
  return new Map([...sources.texts].map(([path, text]) => [relative(`${sources.root}/apis`, path), text]));
}

/** The module in which a kind's author wrote its strategy or conversion, if there is one. */
export function companionOf(
  texts: ReadonlyMap<string, string>,
  folder: string,
  kind: string,
  suffix: "strategy" | "conversion",
): string | undefined {
  return fileStems(kind)
    .map((stem) => `${folder}/${stem}_${suffix}.ts`)
    .find((module) => texts.has(module));
}

/** Tells of files that no kind will use, and of those that export nothing to use. */
export function checkCompanions(
  { report }: Reader,
  texts: ReadonlyMap<string, string>,
  folder: string,
  kinds: readonly string[],
): void {
  const stems = kinds.flatMap(fileStems);
  for (const [module, text] of texts) {
    const [, stem, suffix] = /^(.*)_(strategy|conversion)\.ts$/.exec(basename(module)) ?? [];
    if (stem === undefined || module !== `${folder}/${stem}_${suffix}.ts`) continue;
    const at = { file: `apis/${module}`, line: 1, column: 1 };
    if (!stems.includes(stem)) {
      const guess = didYouMean(stem, stems, (name) => `${name}_${suffix}.ts`);
      report("companionFile", at, `no kind of ${folder} has the name ${stem}: name the file after its kind${guess}`);
    } else if (!/^export default |^export \{[^}]*\bdefault\b/m.test(text)) {
      const make = suffix === "strategy" ? "defineStrategy" : "defineConversion";
      report("companionFile", at, `a ${suffix} is the default export: write export default ${make}(…)`);
    }
  }
}

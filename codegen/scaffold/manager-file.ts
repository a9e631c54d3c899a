import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFiles } from "../format.ts";
import { controllersFolder, type NewController } from "./controller-files.ts";
import { placeFiles } from "./project-file.ts";
import { readPackage } from "./project.ts";

const path = `${controllersFolder}/main.ts`;

/**
 * Adds a controller to those that the project's manager runs; makes the manager's file where there is none. Gives the lines
 * that tell what was done; where a person has made another thing of the file, those that are to be added by hand.
 */
export async function addToManager(root: string, controller: NewController, dryRun: boolean): Promise<string[]> {
  const file = join(root, path);
  if (!existsSync(file)) {
    await placeFiles(root, [{ path, text: managerText(nameOf(root), controller) }], dryRun);
    return [`${dryRun ? "would create" : "created"} ${path}`];
  }
  const text = readFileSync(file, "utf8");
  if (new RegExp(`\\b${controller.variable}\\b`).test(text)) return [`exists, left as it is: ${path}`];
  const extended = withController(text, controller);
  if (extended === undefined) {
    const { variable } = controller;
    return [
      `${path} is not as it was made: add these lines to it yourself`,
      `  ${importLine(controller)}`,
      `  ${variable}, among the controllers of runManager`,
    ];
  }
  if (!dryRun) {
    for (const formatted of await formatFiles([{ path, text: extended }], root)) writeFileSync(file, formatted.text);
  }
  return [`${dryRun ? "would add" : "added"} ${controller.variable} to ${path}`];
}

function managerText(name: string, controller: NewController): string {
  return `import { runManager } from "apiserver-ts/controller";
${importLine(controller)}

await runManager({
  name: "${name}",
  controllers: [${controller.variable}],
});
`;
}

function importLine({ stem, variable }: NewController): string {
  return `import { ${variable} } from "./${stem}_controller.ts";`;
}

/** The project's name as a Lease may be called. */
function nameOf(root: string): string {
  const words = (readPackage(root)?.name ?? "").toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return [...words, "controllers"].join("-").slice(-200).replace(/^-+/, "");
}

/**
 * The manager's file with one controller more; undefined where its list is not one of names alone, or cannot be told from
 * something else: a wrong guess would spoil what a person has written.
 */
function withController(text: string, controller: NewController): string | undefined {
  const lists = [...text.matchAll(/^(?<before>[^\n/*"'`]*\bcontrollers:\s*\[)(?<names>[\w$,\s]*)\]/gm)];
  const imports = [...text.matchAll(/^import [^;]*;\n/gm)];
  const [list, lastImport] = [lists[0], imports.at(-1)];
  if (list?.groups === undefined || lastImport === undefined || lists.length > 1) return undefined;
  if ((text.match(/\bcontrollers:/g) ?? []).length > 1) return undefined;
  const importsEnd = lastImport.index + lastImport[0].length;
  if (importsEnd > list.index) return undefined;
  const { before = "", names = "" } = list.groups;
  const all = [...names.split(",").map((name) => name.trim()), controller.variable].filter((name) => name !== "");
  return [
    text.slice(0, importsEnd),
    `${importLine(controller)}\n`,
    text.slice(importsEnd, list.index),
    `${before}${all.join(", ")}]`,
    text.slice(list.index + list[0].length),
  ].join("");
}

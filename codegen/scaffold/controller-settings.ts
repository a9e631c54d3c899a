import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatFiles } from "../format.ts";
import { controllersFolder } from "./controller-files.ts";
import type { Example } from "./example.ts";
import { placePackage } from "./package-file.ts";
import type { ProjectPackage } from "./package-json.ts";

/** The package that controllers reach the cluster with. */
export const clientPackage = "@kubernetes/client-node";

/**
 * Makes a project one with controllers: the package that they need, a script that starts them, and the compiler's settings
 * that have them checked and built. Gives the lines that tell what was done.
 */
export async function addControllerSettings(root: string, example: Example, dryRun: boolean): Promise<string[]> {
  const lines = [await placePackage(root, packagePart(example), dryRun)];
  for (const path of ["tsconfig.json", "tsconfig.build.json"]) {
    const line = await includeControllers(root, path, dryRun);
    if (line !== undefined) lines.push(line);
  }
  return lines;
}

function packagePart({ package: own }: Example): ProjectPackage {
  const version = { ...own.dependencies, ...own.devDependencies }[clientPackage] ?? "1";
  return {
    scripts: {
      "prestart:controllers": "npm run --silent build",
      // The kubeconfig that npm start writes; another one may follow.
      "start:controllers": `exec node dist/server/${controllersFolder}/main.js --kubeconfig kubeconfig`,
    },
    dependencies: { [clientPackage]: version },
  };
}

/** Undefined where nothing is to be done. */
async function includeControllers(root: string, path: string, dryRun: boolean): Promise<string | undefined> {
  const file = join(root, path);
  if (!existsSync(file)) return undefined;
  const settings = parseSettings(readFileSync(file, "utf8"));
  if (settings === undefined)
    return `${path} is not as it was made: add "${controllersFolder}" to its include yourself`;
  const { include } = settings;
  // Without a list all is included.
  if (include === undefined || include.includes(controllersFolder)) return undefined;
  const text = JSON.stringify({ ...settings, include: [...include, controllersFolder] });
  if (!dryRun) for (const formatted of await formatFiles([{ path, text }], root)) writeFileSync(file, formatted.text);
  return `${dryRun ? "would add" : "added"} ${controllersFolder} to ${path}`;
}

/** Undefined where there are comments, which would be lost. */
function parseSettings(text: string): { readonly include?: readonly string[] } | undefined {
  try {
    return JSON.parse(text) as { include?: string[] };
  } catch {
    return undefined;
  }
}

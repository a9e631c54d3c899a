import { existsSync, mkdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { ownDependency } from "./dependency.ts";
import { ownExample } from "./example.ts";
import { initFiles } from "./init-files.ts";
import { installPackages } from "./install.ts";
import { placePackage } from "./package-file.ts";
import { projectPackage, type ProjectFacts } from "./package-json.ts";
import { describePlaced, placeFiles } from "./project-file.ts";
import { regenerate } from "./regenerate.ts";

/** What `init repo` was asked for. */
export interface InitOptions {
  readonly domain: string;
  readonly name?: string;
  /** Which apiserver-ts the project depends on; its own origin or version if unset. */
  readonly package?: string;
  /** Whether to run `npm install`. */
  readonly install: boolean;
  readonly dryRun?: boolean;
  readonly project: string;
}

/** Makes a project, or what one lacks; what is there already stays as it is. Throws where npm fails. */
export async function initRepo(options: InitOptions, tell: (line: string) => void): Promise<void> {
  const { domain, install, dryRun = false } = options;
  const root = resolve(options.project);
  const example = ownExample();
  const facts: ProjectFacts = {
    name: options.name ?? packageName(basename(root)),
    domain,
    dependency: options.package ?? ownDependency(example, root),
  };
  if (!dryRun) mkdirSync(join(root, "apis"), { recursive: true });
  // First the settings of the formatter, which the other files are written by.
  const settings = await placeFiles(root, initFiles(example, facts), dryRun);
  tell(await placePackage(root, projectPackage(example, facts), dryRun));
  for (const line of describePlaced(settings, dryRun)) tell(line);
  if (dryRun) return;
  if (install) await installPackages(root, tell);
  if (existsSync(join(root, "node_modules"))) await regenerate(root, tell);
  tell(nextSteps(install));
}

/** A folder's name as npm allows packages to be called. */
function packageName(folder: string): string {
  return (
    folder
      .toLowerCase()
      .replaceAll(/[^a-z0-9._-]+/g, "-")
      .replace(/^[._-]+/, "") || "api"
  );
}

function nextSteps(installed: boolean): string {
  return `
Next:
${installed ? "" : "  npm install\n"}  apiserver-boot create group version resource --group animal --version v1alpha1 --kind Cat --non-namespaced=false
  npm start`;
}

import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { ask } from "./ask.ts";
import { makeController } from "./make-controller.ts";
import { ownExample } from "./example.ts";
import { kindFiles, typesPath, versionFiles, type NewKind, type NewVersion } from "./kind-files.ts";
import { describePlaced, placeFiles } from "./project-file.ts";
import { domainOf } from "./project.ts";
import { regenerate } from "./regenerate.ts";
import { addSubresource } from "./subresource.ts";

/** What `create` was asked for; a flag of true or false that stands alone means true. */
export interface CreateOptions {
  readonly group?: string;
  readonly version?: string;
  readonly kind?: string;
  readonly resource?: string;
  readonly shortName?: string;
  readonly nonNamespaced?: boolean;
  readonly withStatusSubresource?: boolean;
  readonly skipResource?: boolean;
  readonly skipController?: boolean;
  /** The same question as `skipController`, asked the other way. */
  readonly controller?: boolean;
  /** Whether to run `npm install` where there is something to install. */
  readonly install?: boolean;
  readonly subresource?: string;
  readonly dryRun?: boolean;
  readonly project: string;
}

type Flag = "group" | "version" | "kind" | "subresource";

/** What can be made, as it is written on the command line, and the flags that it needs. */
const creations: Readonly<Record<string, readonly Flag[]>> = {
  group: ["group"],
  version: ["group", "version"],
  "group version": ["group", "version"],
  resource: ["group", "version", "kind"],
  "version resource": ["group", "version", "kind"],
  "group version resource": ["group", "version", "kind"],
  subresource: ["group", "version", "kind", "subresource"],
};

/** Makes what the words and flags say; what is there already stays as it is. Throws an Error that says what is wrong. */
export async function create(
  what: readonly string[],
  options: CreateOptions,
  tell: (line: string) => void,
): Promise<void> {
  const { project, dryRun = false } = options;
  const words = what.join(" ");
  const needed = creations[words];
  if (needed === undefined) {
    throw new Error(`create ${words}: nothing is called so; there are: ${Object.keys(creations).join(", ")}`);
  }
  const [group = "", version = "", kind = "", subresource = ""] = needed.map((flag) => required(options, flag, words));
  const root = resolve(project);
  const newVersion: NewVersion = { group, version, domain: domainOf(root) };
  if (words === "group") {
    makeGroup(root, newVersion, dryRun, tell);
    return;
  }
  const newKind: NewKind = { ...newVersion, ...kindOptions(kind, options) };
  if (words === "subresource") tell(addSubresource(root, newKind, subresource, dryRun));
  else {
    const files = versionFiles(ownExample(), newVersion);
    const wanted = words.endsWith("resource") ? await wantedOf(options) : { types: false, controller: false };
    if (wanted.types) files.push(...kindFiles(newKind, isStoredElsewhere(root, newKind)));
    else if (wanted.controller) mustHaveTypes(root, newKind);
    for (const line of describePlaced(await placeFiles(root, files, dryRun), dryRun)) tell(line);
    if (wanted.controller) await makeController(root, newKind, options, tell);
  }
  if (words.endsWith("version")) tell(nextAfterVersion(newVersion));
  else if (!dryRun && existsSync(join(root, "node_modules"))) await regenerate(root, tell);
}

function required(options: CreateOptions, flag: Flag, words: string): string {
  const value = options[flag];
  if (value !== undefined) return value;
  throw new Error(`create ${words} needs --${flag}; apiserver-boot create --help has examples`);
}

function kindOptions(kind: string, options: CreateOptions): Omit<NewKind, keyof NewVersion> {
  const { resource, shortName, nonNamespaced = false, withStatusSubresource = true } = options;
  return { kind, plural: resource, shortName, namespaced: !nonNamespaced, withStatus: withStatusSubresource };
}

function makeGroup(root: string, { group, domain }: NewVersion, dryRun: boolean, tell: (line: string) => void): void {
  const folder = join(root, "apis", group);
  if (existsSync(folder)) tell(`exists, left as it is: apis/${group}/`);
  else {
    if (!dryRun) mkdirSync(folder, { recursive: true });
    tell(`${dryRun ? "would create" : "created"} apis/${group}/, for the group ${group}.${domain}`);
  }
  tell(`A group is served once it has a version: apiserver-boot create version --group ${group} --version v1alpha1`);
}

function nextAfterVersion({ group, version }: NewVersion): string {
  const flags = `--group ${group} --version ${version} --kind Cat`;
  return `A version is served once it has a kind: apiserver-boot create resource ${flags}`;
}

interface Wanted {
  readonly types: boolean;
  readonly controller: boolean;
}

async function wantedOf({ skipResource, skipController, controller }: CreateOptions): Promise<Wanted> {
  const withController = controller ?? (skipController === undefined ? undefined : !skipController);
  return {
    types: skipResource === undefined ? await ask("Create Resource", true) : !skipResource,
    controller: withController ?? (await ask("Create Controller", false)),
  };
}

function mustHaveTypes(root: string, kind: NewKind): void {
  if (existsSync(join(root, typesPath(kind)))) return;
  throw new Error(`there is no ${typesPath(kind)}, which a controller is for; leave out --skip-resource to make it`);
}

/** Whether another version of the group has the kind already: then that one stays the version that is stored. */
function isStoredElsewhere(root: string, kind: NewKind): boolean {
  const group = join(root, "apis", kind.group);
  if (!existsSync(group)) return false;
  return readdirSync(group).some(
    (version) => version !== kind.version && existsSync(join(root, typesPath({ ...kind, version }))),
  );
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pascalCase } from "../parse/names.ts";
import { resourceOf, stemOf, typesPath, type NewKind } from "./kind-files.ts";
import type { ProjectFile } from "./project-file.ts";

/** A controller to be made, and how others call it. */
export interface NewController {
  readonly kind: NewKind;
  /** Of its file in `controllers/`, without `_controller.ts`. */
  readonly stem: string;
  /** What its file exports, such as `catController`. */
  readonly variable: string;
}

/** The folder of controllers in a project. */
export const controllersFolder = "controllers";

/** Names the controller of a kind; of two kinds of one name in different groups, the later one after its group, too. */
export function newController(root: string, kind: NewKind): NewController {
  const plain = controllerNamed(asServed(root, kind), stemOf(kind));
  const file = join(root, controllerPath(plain));
  if (!existsSync(file) || readFileSync(file, "utf8").includes(`"${groupOf(kind)}"`)) return plain;
  return controllerNamed(plain.kind, `${kind.group.replaceAll("-", "_")}_${stemOf(kind)}`);
}

/** The kind with the resource's name that its types have, if they are there already. */
function asServed(root: string, kind: NewKind): NewKind {
  const types = join(root, typesPath(kind));
  const plural = existsSync(types)
    ? /\+kubebuilder:resource:\S*\bpath=([a-z0-9-]+)/.exec(readFileSync(types, "utf8"))
    : null;
  return plural?.[1] === undefined ? kind : { ...kind, plural: plural[1] };
}

function controllerNamed(kind: NewKind, stem: string): NewController {
  const name = pascalCase(stem);
  return { kind, stem, variable: `${name.slice(0, 1).toLowerCase()}${name.slice(1)}Controller` };
}

/** Such as `controllers/cat_controller.ts`. */
function controllerPath({ stem }: NewController): string {
  return `${controllersFolder}/${stem}_controller.ts`;
}

/** The files of a controller that a person goes on writing in: itself, and its test. */
export function controllerFiles(root: string, controller: NewController): ProjectFile[] {
  return [
    { path: controllerPath(controller), text: controllerText(controller, observesGeneration(root, controller.kind)) },
    { path: `test/${controllersFolder}/${controller.stem}_controller.test.ts`, text: testText(controller) },
  ];
}

function groupOf({ group, domain }: NewKind): string {
  return `${group}.${domain}`;
}

/** Whether the status of the kind can tell which generation was seen, as it can in types that this command made. */
function observesGeneration(root: string, kind: NewKind): boolean {
  const types = join(root, typesPath(kind));
  return existsSync(types) ? readFileSync(types, "utf8").includes("observedGeneration?:") : kind.withStatus;
}

function controllerText({ kind, stem, variable }: NewController, withStatus: boolean): string {
  const { kind: name, version } = kind;
  return `import { defineController } from "apiserver-ts/controller";
import type { ${name} } from "../${typesPath(kind)}";

/** Makes the world as each ${name} wishes it, and tells of that in its status. */
export const ${variable} = defineController<${name}>({
  name: "${stem.replaceAll("_", "-")}",
  for: { group: "${groupOf(kind)}", version: "${version}", plural: "${resourceOf(kind)}" },
${withStatus ? observingText : loggingText}});
`;
}

const observingText = `  async reconcile({ object, own, log }) {
    const generation: number = object.metadata.generation ?? 0;
    if (object.status?.observedGeneration === generation) return;
    // What the object wishes is done here, before its status tells that it was.
    await own.patchStatus(object.metadata, { observedGeneration: generation });
    log.info("observed", { generation });
  },
`;

const loggingText = `  async reconcile({ object, log }) {
    // What the object wishes is done here.
    log.info("observed", { generation: object.metadata.generation });
  },
`;

function testText({ stem, variable }: NewController): string {
  return `import { kubeConfigFor, logTo, startManager } from "apiserver-ts/controller";
import { testServer } from "apiserver-ts/testing";
import { expect, onTestFinished, test } from "vitest";
import { ${variable} } from "../../${controllersFolder}/${stem}_controller.ts";
import { scheme } from "../../generated/index.ts";

test("the controller watches what is served, and stops when it is to", async () => {
  const server = await testServer({ scheme });
  onTestFinished(() => server.close());
  const manager = await startManager({
    controllers: [${variable}],
    kubeConfig: kubeConfigFor(server.url),
    log: logTo({ write: () => undefined }),
  });
  await expect.poll(() => manager.troubles(), { timeout: 10_000 }).toEqual([]);
  manager.stop();
  expect(await manager.ended).toBe(0);
});
`;
}

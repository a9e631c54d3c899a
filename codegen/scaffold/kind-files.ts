import { fileStems, pascalCase, pluralOf } from "../parse/names.ts";
import type { Example } from "./example.ts";
import type { ProjectFile } from "./project-file.ts";

/** A version of a group of a project. */
export interface NewVersion {
  /** The group without the project's domain, such as `animal`. */
  readonly group: string;
  /** Such as `skai.io`. */
  readonly domain: string;
  /** Such as `v1alpha1`. */
  readonly version: string;
}

/** A kind to be made. */
export interface NewKind extends NewVersion {
  /** Such as `Cat`. */
  readonly kind: string;
  /** The resource's name in URLs; made from the kind's if unset. */
  readonly plural: string | undefined;
  readonly shortName: string | undefined;
  readonly namespaced: boolean;
  readonly withStatus: boolean;
}

/** The folder of a version below the project, such as `apis/animal/v1alpha1`. */
function versionFolder({ group, version }: NewVersion): string {
  return `apis/${group}/${version}`;
}

/** Where the types of a kind are, such as `apis/animal/v1alpha1/cat_types.ts`. */
export function typesPath(kind: NewKind): string {
  return `${versionFolder(kind)}/${stemOf(kind)}_types.ts`;
}

/** `doc.ts` of a version: the example's, with other names. */
export function versionFiles(example: Example, version: NewVersion): ProjectFile[] {
  const text = example
    .read("apis/animal/v1alpha1/doc.ts")
    .replaceAll("animal.skai.io", `${version.group}.${version.domain}`)
    .replaceAll("io.skai.animal.v1alpha1", modelPackage(version))
    .replaceAll("v1alpha1", version.version)
    .replaceAll("animal API", `${version.group} API`);
  return [{ path: `${versionFolder(version)}/doc.ts`, text }];
}

/**
 * The files that a person goes on writing in: the types of a kind, its behaviour, and its test. `isStoredElsewhere` tells
 * that another version of the kind is the one that is stored.
 */
export function kindFiles(kind: NewKind, isStoredElsewhere: boolean): ProjectFile[] {
  const stem = stemOf(kind);
  return [
    { path: typesPath(kind), text: typesText(kind, isStoredElsewhere) },
    { path: `${versionFolder(kind)}/${stem}_strategy.ts`, text: strategyText(kind) },
    { path: `test/${kind.group}/${kind.version}/${stem}.test.ts`, text: testText(kind) },
  ];
}

/** The name of a kind's files, such as `cat` or `black_cat`, without their suffix. */
export function stemOf({ kind }: NewKind): string {
  return fileStems(kind).at(-1) ?? kind.toLowerCase();
}

function modelPackage({ group, domain, version }: NewVersion): string {
  return [...`${group}.${domain}`.split(".").toReversed(), version].join(".");
}

/** The resource's name in URLs. */
export function resourceOf({ kind, plural }: NewKind): string {
  return plural ?? pluralOf(kind);
}

function typesText(kind: NewKind, isStoredElsewhere: boolean): string {
  const { kind: name, shortName, namespaced, withStatus } = kind;
  const facts = [
    `path=${resourceOf(kind)}`,
    `singular=${name.toLowerCase()}`,
    ...(shortName === undefined ? [] : [`shortName=${shortName}`]),
    `scope=${namespaced ? "Namespaced" : "Cluster"}`,
  ];
  const tags = [
    "+genclient",
    `+kubebuilder:resource:${facts.join(",")}`,
    ...(isStoredElsewhere ? [] : ["+kubebuilder:storageversion"]),
    ...(withStatus ? ["+kubebuilder:subresource:status"] : []),
    '+kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`',
  ];
  return `import type { ${withStatus ? "Condition, Int64, " : ""}KubeObject } from "apiserver-ts/meta/v1";

/** ${name}Spec is what one wishes of a ${name}. Its fields come here. */
export interface ${name}Spec {}
${withStatus ? statusText(name) : ""}
/**
 * ${name} is a kind of the ${kind.group} API.
 *
${tags.map((tag) => ` * ${tag}\n`).join("")} */
export interface ${name} extends KubeObject {
  /** spec is what one wishes of the ${name}. */
  spec: ${name}Spec;
${withStatus ? `  /** status is what was seen of the ${name}. */\n  status?: ${name}Status;\n` : ""}}
`;
}

function statusText(name: string): string {
  return `
/** ${name}Status is what was seen of a ${name}. */
export interface ${name}Status {
  /**
   * conditions of the ${name}.
   * +k8s:listType=map
   * +k8s:listMapKey=type
   */
  conditions?: Condition[];
  /**
   * observedGeneration is the generation that the conditions are about.
   * +k8s:minimum=0
   */
  observedGeneration?: Int64;
}
`;
}

function strategyText(kind: NewKind): string {
  const { kind: name } = kind;
  return `import { defineStrategy } from "apiserver-ts";
import type { ${name} } from "./${stemOf(kind)}_types.ts";

/** What ${name} does beyond its types; every hook is optional. */
export default defineStrategy<${name}>({
  validate: () => [],
});
`;
}

function testText(kind: NewKind): string {
  const { kind: name, group, domain, version, namespaced } = kind;
  const resource = resourceOf(kind);
  const collection = `/apis/${group}.${domain}/${version}${namespaced ? "/namespaces/default" : ""}/${resource}`;
  const variable = `${pascalCase(resource).slice(0, 1).toLowerCase()}${pascalCase(resource).slice(1)}`;
  return `import { testServer } from "apiserver-ts/testing";
import { expect, onTestFinished, test } from "vitest";
import { scheme } from "../../../generated/index.ts";

const ${variable} = "${collection}";

test("${resource} are served", async () => {
  const server = await testServer({ scheme });
  onTestFinished(() => server.close());
  const { status, body } = await server.request("GET", ${variable});
  expect(status).toBe(200);
  expect(body).toMatchObject({ kind: "${name}List", items: [] });
});

test("another kind is refused where a ${name} is to be created", async () => {
  const server = await testServer({ scheme });
  onTestFinished(() => server.close());
  const other = { apiVersion: "${group}.${domain}/${version}", kind: "Other", metadata: { name: "one" } };
  const { status, body } = await server.request("POST", ${variable}, other);
  expect(status).toBe(400);
  expect(body).toMatchObject({ kind: "Status", reason: "BadRequest" });
});
`;
}

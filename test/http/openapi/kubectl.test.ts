import { expect, test } from "vitest";
import {
  answerOpenApiV2,
  answerOpenApiV3,
  answerOpenApiV3Index,
  prepareOpenApi,
  type OpenApi,
} from "../../../runtime/http/openapi/openapi.ts";
import type { GroupVersionKind } from "../../../runtime/scheme/descriptor.ts";
import { cat, catSources, owl } from "./cats.ts";
import { readJson } from "./read-answer.ts";
import { readSwaggerMessage } from "./swagger-message.ts";
import { fischerAlpha, flunderAlpha, flunderBeta } from "./wardle.ts";
import { wardleOpenApi } from "./wardle-openapi.ts";

interface Operation {
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly requestBody?: { readonly content: object };
  readonly "x-kubernetes-group-version-kind"?: GroupVersionKind;
}

type PathItem = Readonly<Record<string, Operation>>;
type Schema = { readonly "x-kubernetes-group-version-kind"?: readonly GroupVersionKind[] };

interface V3Document {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface V2Document {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly definitions: Readonly<Record<string, Schema>>;
}

/** Follows the index to the document of a group version, as clients do. */
function v3Document(openApi: OpenApi, { group, version }: GroupVersionKind): V3Document {
  const index: { paths: Record<string, { serverRelativeURL: string }> } = readJson(
    answerOpenApiV3Index(openApi, { accept: "application/json, */*" }),
  );
  const url = new URL(index.paths[`apis/${group}/${version}`]?.serverRelativeURL ?? "", "https://server");
  const key = url.pathname.replace("/openapi/v3/", "");
  const hash = url.searchParams.get("hash") ?? undefined;
  return readJson(answerOpenApiV3(openApi, { key, hash, now: new Date(0) }, { accept: "application/json" }));
}

function v2Message(openApi: OpenApi): V2Document {
  const accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
  return readSwaggerMessage(answerOpenApiV2(openApi, { accept }).body ?? new Uint8Array());
}

const wardle = wardleOpenApi();
const cats = prepareOpenApi(catSources);

const kinds = [
  { openApi: wardle, descriptor: flunderAlpha },
  { openApi: wardle, descriptor: flunderBeta },
  { openApi: wardle, descriptor: fischerAlpha },
  { openApi: cats, descriptor: cat },
  { openApi: cats, descriptor: owl },
].map((kind) => ({ ...kind, name: `${kind.descriptor.gvk.version} ${kind.descriptor.gvk.kind}` }));

// kubectl explain: https://github.com/kubernetes/kubectl/blob/master/pkg/explain/v2/templates/plaintext.tmpl
test.each(kinds)("explain finds the kind and the schema of $name by its resource", ({ openApi, descriptor }) => {
  const { gvk, names } = descriptor;
  const { paths, components } = v3Document(openApi, gvk);
  const root = `/apis/${gvk.group}/${gvk.version}`;
  const forms = ["", "/{name}"].flatMap((end) => [
    `${root}/${names.plural}${end}`,
    `${root}/namespaces/{namespace}/${names.plural}${end}`,
  ]);
  const item = forms.map((path) => paths[path]).find((candidate) => candidate !== undefined);
  const operation = ["get", "post", "put", "patch", "delete"].map((method) => item?.[method]).find(Boolean);
  const found = operation?.["x-kubernetes-group-version-kind"];
  expect(found).toEqual(gvk);
  const schemas = Object.entries(components.schemas).filter(([, schema]) =>
    schema["x-kubernetes-group-version-kind"]?.some(
      (one) => JSON.stringify(sorted(one)) === JSON.stringify(sorted(gvk)),
    ),
  );
  expect(schemas.map(([name]) => name)).toEqual([descriptor.definition]);
});

test.each(kinds)("explain in its old form finds the schema of $name", ({ openApi, descriptor }) => {
  const { definitions } = v2Message(openApi);
  expect(definitions[descriptor.definition]?.["x-kubernetes-group-version-kind"]).toEqual([descriptor.gvk]);
});

function sorted(kind: GroupVersionKind): [string, string][] {
  return Object.entries(kind).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Patches of a kind: the operations that kubectl looks at to learn what the server can do. */
function patchesOf(paths: V3Document["paths"], { kind }: GroupVersionKind): Operation[] {
  return Object.values(paths).flatMap(({ patch }) =>
    patch?.["x-kubernetes-group-version-kind"]?.kind === kind ? [patch] : [],
  );
}

const patchable = kinds.filter(({ descriptor }) => descriptor !== owl);

test.each(patchable)("fields are validated, and dry runs made, by the server for $name", ({ openApi, descriptor }) => {
  const { gvk } = descriptor;
  const found = [...patchesOf(v3Document(openApi, gvk).paths, gvk), ...patchesOf(v2Message(openApi).paths, gvk)];
  expect(found.length).toBeGreaterThanOrEqual(2);
  for (const { parameters } of found) {
    const query = (parameters ?? []).filter((parameter) => parameter.in === "query").map(({ name }) => name);
    expect(query).toEqual(expect.arrayContaining(["dryRun", "fieldValidation"]));
  }
});

test("apply is told of strategic merge patches only where the server takes them", () => {
  const strategic = "application/strategic-merge-patch+json";
  const contents = (openApi: OpenApi): boolean[] =>
    patchesOf(v3Document(openApi, flunderBeta.gvk).paths, flunderBeta.gvk).map(
      ({ requestBody }) => strategic in (requestBody?.content ?? {}),
    );
  expect(contents(wardle)).toEqual([false]);
  expect(contents(wardleOpenApi({ patchTypes: [strategic] }))).toEqual([true]);
});

test("the aggregator can tell a group version's paths by their beginning", () => {
  const { paths } = v2Message(cats);
  const own = Object.keys(paths).filter((path) => path.startsWith("/apis/animal.skai.io/v1alpha1/"));
  expect(own).toContain("/apis/animal.skai.io/v1alpha1/namespaces/{namespace}/cats/{name}");
});

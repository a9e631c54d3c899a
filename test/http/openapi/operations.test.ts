import { expect, test } from "vitest";
import { operationId, operationTag } from "../../../runtime/http/openapi/operation-name.ts";
import {
  answerOpenApiV2,
  answerOpenApiV3,
  prepareOpenApi,
  type OpenApiSources,
} from "../../../runtime/http/openapi/openapi.ts";
import { readJson } from "./read-answer.ts";
import { catSources, cat } from "./cats.ts";

interface Operation {
  readonly operationId: string;
  readonly description: string;
  readonly parameters?: readonly { readonly name: string; readonly $ref?: string }[];
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>>;
  readonly "x-kubernetes-action"?: string;
  readonly "x-kubernetes-group-version-kind"?: object;
}

type PathItem = { readonly [method: string]: Operation } & {
  readonly parameters?: readonly { readonly name: string }[];
};

interface Document {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes?: object };
}

function document(changes: Partial<OpenApiSources> = {}): Document {
  const request = { key: "apis/animal.skai.io/v1alpha1", hash: undefined, now: new Date(0) };
  return readJson(answerOpenApiV3(prepareOpenApi({ ...catSources, ...changes }), request, {}));
}

const root = "/apis/animal.skai.io/v1alpha1";
const item = `${root}/namespaces/{namespace}/cats/{name}`;

/** `method path operationId` of all operations below the group version. */
function operations({ paths }: Document): string[] {
  return Object.entries(paths).flatMap(([path, pathItem]) =>
    Object.entries(withoutParameters(pathItem)).map(
      ([method, { operationId: id }]) => `${method} ${path.slice(root.length)} ${id}`,
    ),
  );
}

function withoutParameters({ parameters, ...methods }: PathItem): Readonly<Record<string, Operation>> {
  expect(parameters).not.toEqual([]);
  return methods;
}

test("the operations of an API with every sort of endpoint", () => {
  expect(operations(document())).toEqual([
    "get  getAnimalSkaiIoV1alpha1APIResources",
    "get /cats listAnimalSkaiIoV1alpha1CatForAllNamespaces",
    "get /namespaces/{namespace}/cats listAnimalSkaiIoV1alpha1NamespacedCat",
    "post /namespaces/{namespace}/cats createAnimalSkaiIoV1alpha1NamespacedCat",
    "delete /namespaces/{namespace}/cats deleteAnimalSkaiIoV1alpha1CollectionNamespacedCat",
    "get /namespaces/{namespace}/cats/{name} readAnimalSkaiIoV1alpha1NamespacedCat",
    "put /namespaces/{namespace}/cats/{name} replaceAnimalSkaiIoV1alpha1NamespacedCat",
    "delete /namespaces/{namespace}/cats/{name} deleteAnimalSkaiIoV1alpha1NamespacedCat",
    "patch /namespaces/{namespace}/cats/{name} patchAnimalSkaiIoV1alpha1NamespacedCat",
    "post /namespaces/{namespace}/cats/{name}/feeding createAnimalSkaiIoV1alpha1NamespacedCatFeeding",
    "get /namespaces/{namespace}/cats/{name}/proxy connectAnimalSkaiIoV1alpha1GetNamespacedCatProxy",
    "post /namespaces/{namespace}/cats/{name}/proxy connectAnimalSkaiIoV1alpha1PostNamespacedCatProxy",
    "get /namespaces/{namespace}/cats/{name}/proxy/{path} connectAnimalSkaiIoV1alpha1GetNamespacedCatProxyWithPath",
    "post /namespaces/{namespace}/cats/{name}/proxy/{path} connectAnimalSkaiIoV1alpha1PostNamespacedCatProxyWithPath",
    "get /namespaces/{namespace}/cats/{name}/scale readAnimalSkaiIoV1alpha1NamespacedCatScale",
    "put /namespaces/{namespace}/cats/{name}/scale replaceAnimalSkaiIoV1alpha1NamespacedCatScale",
    "patch /namespaces/{namespace}/cats/{name}/scale patchAnimalSkaiIoV1alpha1NamespacedCatScale",
    "get /namespaces/{namespace}/cats/{name}/status readAnimalSkaiIoV1alpha1NamespacedCatStatus",
    "put /namespaces/{namespace}/cats/{name}/status replaceAnimalSkaiIoV1alpha1NamespacedCatStatus",
    "patch /namespaces/{namespace}/cats/{name}/status patchAnimalSkaiIoV1alpha1NamespacedCatStatus",
    "get /owls listAnimalSkaiIoV1alpha1Owl",
    "get /owls/{name} readAnimalSkaiIoV1alpha1Owl",
    "put /owls/{name}/status replaceAnimalSkaiIoV1alpha1OwlStatus",
    "patch /owls/{name}/status patchAnimalSkaiIoV1alpha1OwlStatus",
    "get /watch/cats watchAnimalSkaiIoV1alpha1CatListForAllNamespaces",
    "get /watch/namespaces/{namespace}/cats watchAnimalSkaiIoV1alpha1NamespacedCatList",
    "get /watch/namespaces/{namespace}/cats/{name} watchAnimalSkaiIoV1alpha1NamespacedCat",
  ]);
});

test("a subresource's operations say what they are about", () => {
  const { paths } = document();
  expect(paths[`${item}/status`]?.["get"]).toMatchObject({
    description: "read status of the specified Cat",
    "x-kubernetes-action": "get",
    "x-kubernetes-group-version-kind": cat.gvk,
  });
  expect(paths[`${item}/feeding`]?.["post"]?.description).toBe("create feeding of a Cat");
  expect(paths[item]?.["get"]?.description).toBe("read the specified Cat");
  expect(paths[`${root}/owls`]?.["get"]?.description).toBe("list objects of kind Owl");
  expect(paths[`${root}/namespaces/{namespace}/cats`]?.["get"]?.description).toBe("list or watch objects of kind Cat");
});

test("scale operations read and write the Scale of autoscaling/v1", () => {
  const { paths, components } = document();
  const scale = { $ref: "#/components/schemas/io.k8s.api.autoscaling.v1.Scale" };
  const put = paths[`${item}/scale`]?.["put"];
  expect(put).toMatchObject({
    "x-kubernetes-group-version-kind": { group: "autoscaling", version: "v1", kind: "Scale" },
    requestBody: { content: { "*/*": { schema: scale } } },
  });
  expect(put?.responses["200"]?.content?.["application/json"]?.schema).toEqual(scale);
  expect(components.schemas["io.k8s.api.autoscaling.v1.Scale"]).toMatchObject({
    "x-kubernetes-group-version-kind": [{ group: "autoscaling", kind: "Scale", version: "v1" }],
  });
  expect(Object.keys(components.schemas)).toEqual(
    expect.arrayContaining(["io.k8s.api.autoscaling.v1.ScaleSpec", "io.k8s.api.autoscaling.v1.ScaleStatus"]),
  );
});

test("a connection takes and gives anything", () => {
  const path = document().paths[`${item}/proxy/{path}`];
  expect(path?.["get"]).toMatchObject({
    description: "connect GET requests to proxy of Cat",
    "x-kubernetes-action": "connect",
    responses: { 200: { description: "OK", content: { "*/*": { schema: { type: "string" } } } } },
  });
  expect(path?.parameters?.map(({ name }) => name)).toEqual(["name", "namespace", "path"]);
});

test("a patch names the media types that the server takes, and no others", () => {
  const { requestBody } = document().paths[item]?.["patch"] ?? {};
  expect(Object.keys(requestBody?.content ?? {})).toEqual([
    "application/apply-patch+yaml",
    "application/json-patch+json",
    "application/merge-patch+json",
  ]);
});

test("bearer tokens are described, and their lack on every operation", () => {
  const { paths, components } = document();
  const scheme = { type: "apiKey", name: "authorization", in: "header", description: "Bearer Token authentication" };
  expect(components.securitySchemes).toEqual({ BearerToken: scheme });
  expect(paths[item]?.["get"]?.responses["401"]).toEqual({ description: "Unauthorized" });
  const v2 = answerOpenApiV2(prepareOpenApi(catSources), {});
  expect(readJson(v2)).toMatchObject({
    securityDefinitions: { BearerToken: scheme },
    security: [{ BearerToken: [] }],
  });
  expect(document({ security: "none" }).components.securitySchemes).toBeUndefined();
});

test("parameters that clients look for stay on the operation, though all of the path have them", () => {
  const onlyWrites = document().paths[`${root}/owls/{name}/status`];
  expect(onlyWrites?.parameters?.map(({ name }) => name)).toEqual(["fieldManager", "name", "pretty"]);
  for (const method of ["put", "patch"]) {
    expect(onlyWrites?.[method]?.parameters?.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["dryRun", "fieldValidation"]),
    );
  }
});

test("no operation has an id that another has", () => {
  const ids = operations(document()).map((text) => text.split(" ")[2]);
  expect(new Set(ids).size).toBe(ids.length);
});

test.each([
  ["readNamespacedCat", "/apis/animal.skai.io/v1/x", "readAnimalSkaiIoV1NamespacedCat", "animalSkaiIo_v1"],
  ["deletecollectionCat", "/apis/apps.k8s.io/v2beta1/x", "deleteAppsV2beta1CollectionCat", "apps_v2beta1"],
  ["getAPIGroup", "/apis/my-group.example.com", "getMyGroupExampleComAPIGroup", "myGroupExampleCom"],
  ["getAPIVersions", "/apis", "getAPIVersions", "apis"],
  ["getCodeVersion", "/version", "getCodeVersion", "version"],
])("%s at %s is called %s", (name, path, id, tag) => {
  expect(operationId(name, path)).toBe(id);
  expect(operationTag(path)).toBe(tag);
});

test.each([
  ["Axolotl", "create an Axolotl"],
  ["Class", "create a Class"],
  ["Endpoints", "create Endpoints"],
])("the article of %s", (kind, description) => {
  const descriptor = { ...cat, gvk: { ...cat.gvk, kind } };
  const { paths } = document({ endpoints: [{ descriptor, subresource: "", verbs: ["create"] }] });
  expect(paths[`${root}/namespaces/{namespace}/cats`]?.["post"]?.description).toBe(description);
});

import { prepareOpenApi, type OpenApi, type OpenApiSources } from "../../../runtime/http/openapi/openapi.ts";
import { recordedBody } from "./recorded.ts";
import { wardleEndpoints, wardleGroupVersions } from "./wardle.ts";

interface Swagger {
  readonly definitions: Readonly<Record<string, object>>;
}

interface OpenApi3 {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

/** Patches that the wardle of the tests takes; the Go server takes two more. */
export const patchTypes = ["application/json-patch+json", "application/merge-patch+json"];

// What the server has itself must not come from the recording.
const ofServer =
  /\.(APIGroup|APIGroupList|APIResource|APIResourceList|GroupVersionForDiscovery|Info|Patch|ServerAddressByClientCIDR)$/;

/** Schemas as a generator gives them: of the API's own kinds, without the kinds that each of them is. */
function generated(schemas: Readonly<Record<string, object>>): Record<string, object> {
  const own = Object.entries(schemas).filter(([name]) => !ofServer.test(name));
  return Object.fromEntries(own.map(([name, schema]) => [name, withoutKinds(schema)]));
}

function withoutKinds(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([key]) => key !== "x-kubernetes-group-version-kind"));
}

function recordedV3(): Record<string, object> {
  const { components }: OpenApi3 = recordedBody("oa-v3-gv");
  const beta = Object.entries(components.schemas).map(
    ([name, schema]) => [name.replace("v1alpha1.", "v1beta1."), schema] as const,
  );
  // Version v1beta1 was not recorded; its documents need schemas all the same.
  return { ...Object.fromEntries<object>(beta), ...components.schemas };
}

const swagger: Swagger = recordedBody("oa-v2");

const openApi = {
  v2: generated(swagger.definitions),
  v3: generated(recordedV3()),
};

export const wardleSources: OpenApiSources = {
  groupVersions: wardleGroupVersions(openApi),
  endpoints: wardleEndpoints,
  info: { title: "Wardle", version: "0.1" },
  patchTypes,
  security: "none",
};

/** The OpenAPI of the recorded server, with changes. */
export function wardleOpenApi(changes: Partial<OpenApiSources> = {}): OpenApi {
  return prepareOpenApi({ ...wardleSources, ...changes });
}

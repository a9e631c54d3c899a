import { once } from "../../meta/once.ts";
import type { GroupVersionRegistration } from "../../scheme/descriptor.ts";
import { acceptsMediaType, parseAccept } from "../accept.ts";
import {
  answerBody,
  contentHash,
  matchesEtag,
  sharedBody,
  type Answer,
  type DocumentRequest,
  type SharedBody,
} from "../document.ts";
import type { Endpoint } from "../endpoint.ts";
import { allDefinitions, type DefinitionSources } from "./definitions.ts";
import type { DocumentFacts } from "./document-facts.ts";
import { endpointRoutes } from "./endpoint-routes.ts";
import type { Route } from "./route.ts";
import { groupListRoute, groupRoute, resourceListRoute, versionRoute } from "./server-routes.ts";
import { encodeV2Document } from "./v2-protobuf.ts";
import { buildV2Document } from "./v2-document.ts";
import { buildV3Document } from "./v3-document.ts";

/** What the documents are made of. */
export interface OpenApiSources extends DocumentFacts {
  readonly groupVersions: readonly Pick<GroupVersionRegistration, "group" | "version" | "openApi">[];
  readonly endpoints: readonly Endpoint[];
  /** Media types of patches that the server really takes: clients choose by what they find here. */
  readonly patchTypes: readonly string[];
}

/** The OpenAPI documents, each built when it is first asked for. Made once a change of what is served. */
export interface OpenApi {
  readonly v2: () => { readonly json: Document; readonly protobuf: () => SharedBody };
  /** By key, such as `apis/animal.skai.io/v1alpha1`. */
  readonly v3: ReadonlyMap<string, () => Document>;
  readonly v3Index: () => Document;
}

interface Document {
  readonly body: SharedBody;
  readonly hash: string;
}

/** One document of OpenAPI v3 before it is built. */
interface Part {
  readonly key: string;
  readonly routes: () => readonly Route[];
  /** The group versions whose requests it describes. */
  readonly groupVersions: readonly { readonly group: string; readonly version: string }[];
}

/**
 * Makes ready to publish what the endpoints serve; the paths come from the endpoints, the schemas from the registrations.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
export function prepareOpenApi(sources: OpenApiSources): OpenApi {
  const { groupVersions, endpoints } = sources;
  const parts = partsOf(sources);
  const v3Definitions = once(() => allDefinitions("v3", groupVersions));
  const v3 = new Map(
    parts.map((part) => {
      const from = (): DefinitionSources => ({
        definitions: v3Definitions(),
        groupVersions: part.groupVersions,
        endpoints,
      });
      return [part.key, once(() => document(buildV3Document(part.routes(), from(), sources)))];
    }),
  );
  return { v2: once(() => v2Documents(parts, sources)), v3, v3Index: once(() => document(indexOf(v3))) };
}

/** Answers a GET of `/openapi/v2`: JSON, or the protobuf form that kubectl asks for. */
export function answerOpenApiV2(openApi: OpenApi, request: DocumentRequest): Answer {
  const media = negotiate(request.accept, v2Subtypes);
  const vary = ["Accept-Encoding", "Accept"];
  if (media === undefined) return { status: 406, headers: { vary }, body: undefined };
  const { json, protobuf } = openApi.v2();
  const isJson = media === "json";
  // One ETag for both forms: `Vary: Accept` keeps them apart.
  const headers = { etag: `"${json.hash}"`, vary, "content-type": `application/${isJson ? media : v2Protobuf}` };
  return answer({ ...json, body: isJson ? json.body : protobuf() }, request, headers);
}

/** Answers a GET of `/openapi/v3`: where the documents are, and which state of them. */
export function answerOpenApiV3Index(openApi: OpenApi, request: DocumentRequest): Answer {
  const index = openApi.v3Index();
  return answer(index, request, { etag: `"${index.hash}"`, "content-type": "application/json" });
}

/** Which document of OpenAPI v3 is meant, and when. */
export interface V3Request {
  /** The rest of the path after `/openapi/v3/`. */
  readonly key: string;
  /** The query's `hash`; with it the answer never changes, and may be kept. */
  readonly hash: string | undefined;
  readonly now: Date;
}

/** Answers a GET below `/openapi/v3/`; with nothing, as Kubernetes does, where there is no such document. */
export function answerOpenApiV3(openApi: OpenApi, { key, hash, now }: V3Request, request: DocumentRequest): Answer {
  const made = openApi.v3.get(key);
  if (made === undefined) return { status: 200, headers: {}, body: undefined };
  const vary = "Accept";
  if (negotiate(request.accept, ["json"]) === undefined) return { status: 406, headers: { vary }, body: undefined };
  const found = made();
  const headers = { etag: `"${found.hash}"`, vary, "content-type": "application/json" };
  if (hash === undefined || hash === "") return answer(found, request, headers);
  if (hash !== found.hash) {
    return { status: 301, headers: { ...headers, location: relativeUrl(key, found.hash) }, body: undefined };
  }
  const expires = new Date(now);
  expires.setUTCFullYear(now.getUTCFullYear() + 1);
  const lasting = { "cache-control": "public, immutable", expires: expires.toUTCString() };
  return answer(found, request, { ...headers, ...lasting });
}

const v2Protobuf = "com.github.proto-openapi.spec.v2.v1.0+protobuf";
// The second spelling is the one that clients send; it is no valid media type, so it is never sent back.
const v2Subtypes = ["json", "com.github.proto-openapi.spec.v2@v1.0+protobuf", v2Protobuf];

function negotiate(accept: string | undefined, subtypes: readonly string[]): string | undefined {
  for (const clause of parseAccept(accept === undefined || accept === "" ? "*/*" : accept)) {
    const subtype = subtypes.find((candidate) => acceptsMediaType(clause, "application", candidate));
    if (subtype !== undefined) return subtype;
  }
  return undefined;
}

function answer({ body }: Document, request: DocumentRequest, headers: Record<string, string | string[]>): Answer {
  const { "content-type": _, ...unchanged } = headers;
  if (matchesEtag(request.ifNoneMatch, String(headers["etag"]))) {
    return { status: 304, headers: unchanged, body: undefined };
  }
  return answerBody(body, request, headers);
}

function partsOf({ groupVersions, endpoints, patchTypes }: OpenApiSources): Part[] {
  const groups = [...new Set(groupVersions.map(({ group }) => group))];
  return [
    { key: "apis", routes: () => [groupListRoute()], groupVersions: [] },
    ...groups.map((group) => ({ key: `apis/${group}`, routes: () => [groupRoute(group)], groupVersions: [] })),
    ...groupVersions.map(({ group, version }) => ({
      key: `apis/${group}/${version}`,
      routes: () => [
        resourceListRoute(group, version),
        ...endpoints
          .filter(({ descriptor: { gvk } }) => gvk.group === group && gvk.version === version)
          .flatMap((endpoint) => endpointRoutes(endpoint, patchTypes)),
      ],
      groupVersions: [{ group, version }],
    })),
    { key: "version", routes: () => [versionRoute()], groupVersions: [] },
  ];
}

function v2Documents(parts: readonly Part[], sources: OpenApiSources): ReturnType<OpenApi["v2"]> {
  const { groupVersions, endpoints } = sources;
  const definitions = allDefinitions("v2", groupVersions);
  const routes = parts.flatMap((part) => part.routes());
  const json = document(buildV2Document(routes, { definitions, groupVersions, endpoints }, sources));
  return { json, protobuf: once(() => sharedBody(encodeV2Document(Buffer.from(json.body.bytes).toString()))) };
}

function indexOf(documents: OpenApi["v3"]): object {
  const keys = [...documents.keys()].toSorted();
  const paths = keys.map((key) => [key, { serverRelativeURL: relativeUrl(key, documents.get(key)?.().hash ?? "") }]);
  return { paths: Object.fromEntries(paths) };
}

function relativeUrl(key: string, hash: string): string {
  return `/openapi/v3/${key}?hash=${hash}`;
}

function document(content: object): Document {
  const body = sharedBody(JSON.stringify(content));
  return { body, hash: contentHash(body.bytes) };
}

import { methodNotAllowed, pathNotFound } from "../meta/status-error.ts";
import { sendRawJson } from "./answer.ts";
import { sendContent, sendDocument } from "./content.ts";
import { answerDiscovery, type Discovery } from "./discovery/discovery.ts";
import type { Answer, DocumentRequest } from "./document.ts";
import { answerHealth, answerHealthCheck, type HealthChecks, type HealthEndpoint } from "./health.ts";
import type { Limits } from "./limits.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { notRoutable, wantsPretty } from "./negotiation.ts";
import { answerOpenApiV2, answerOpenApiV3, answerOpenApiV3Index, type OpenApi } from "./openapi/openapi.ts";
import { sendWhole } from "./piecewise.ts";
import { header, type RequestState } from "./request-state.ts";

const openApiV3Prefix = "/openapi/v3/";

/** Answers requests for one path. */
type PathAnswer = (state: RequestState) => Promise<void> | void;

/** The paths that are no resources. */
export interface FixedPaths {
  readonly byPath: ReadonlyMap<string, PathAnswer>;
  /** Answers all that lies below `/openapi/v3/`. */
  readonly openApiV3: PathAnswer;
  /** Paths below which nothing but what is served exists: others there are a plain 404. */
  readonly roots: readonly string[];
  /** What `/` lists, in order. */
  readonly listed: readonly string[];
}

/** The facts in `/version`. https://pkg.go.dev/k8s.io/apimachinery/pkg/version#Info */
export interface VersionInfo {
  /** Of the Kubernetes release whose API is served, such as `1` and `36`. */
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** What the fixed paths tell of. */
interface PathSources {
  readonly discovery: Discovery;
  readonly openApi: OpenApi;
  readonly health: HealthChecks;
  readonly version: VersionInfo;
  /** Unset where nothing is measured. */
  readonly metrics?: ServerMetrics | undefined;
  readonly now: () => Date;
  readonly limits: Limits;
}

/** The answers of all paths that are no resources; one table for serving them and for listing them. */
export function fixedPaths(sources: PathSources): FixedPaths {
  const { discovery, openApi, version, metrics, now, limits } = sources;
  const made = now();
  const byPath = new Map<string, PathAnswer>([
    ["/version", getOnly((state) => answerVersion(state, version))],
    ["/openapi/v2", getOnly((state) => sendContent(state, answerOpenApiV2(openApi, documentRequest(state)), made))],
    [
      "/openapi/v3",
      getOnly((state) => sendContent(state, answerOpenApiV3Index(openApi, documentRequest(state)), made)),
    ],
    ...healthPaths(sources),
  ]);
  if (metrics !== undefined)
    byPath.set(
      "/metrics",
      getOnly((state) => answerMetrics(state, metrics, limits)),
    );
  for (const path of discovery.keys()) {
    byPath.set(
      path,
      getOnly((state) => sendDocument(state, answerDiscovery(discovery, path, documentRequest(state)))),
    );
  }
  return {
    byPath,
    openApiV3: getOnly((state) => sendContent(state, answerV3(state, openApi, now()), made)),
    roots: ["/version", "/apis", ...discovery.keys()],
    listed: [...byPath.keys(), openApiV3Prefix].toSorted(),
  };
}

/** Answers a request for something that is no resource. */
export async function answerPath(paths: FixedPaths, state: RequestState): Promise<void> {
  const { path } = state.info;
  const answer = paths.byPath.get(path);
  if (answer !== undefined) {
    state.target = answer;
    await answer(state);
  } else if (path === "/" || path === "/index.html") sendRawJson(state, 200, { paths: paths.listed });
  else if (path.startsWith(openApiV3Prefix)) {
    state.target = paths.openApiV3;
    await paths.openApiV3(state);
  } else answerUnknownPath(paths, state);
}

/** 404: below a path that is served a Status, elsewhere the list of what there is. */
export function answerUnknownPath(paths: FixedPaths, state: RequestState): void {
  const { path } = state.info;
  const isBelow = (root: string): boolean => path === `${root}/` || (root !== "/apis" && path.startsWith(`${root}/`));
  if (paths.roots.some(isBelow)) throw pathNotFound();
  sendRawJson(state, 404, { paths: paths.listed });
}

function* healthPaths({ health, limits }: PathSources): Generator<[string, PathAnswer]> {
  const endpoints: readonly HealthEndpoint[] = ["healthz", "livez", "readyz"];
  for (const endpoint of endpoints) {
    const checks = health[endpoint];
    yield [`/${endpoint}`, (state) => answerHealth(state, endpoint, checks, limits)];
    for (const check of checks) {
      yield [`/${endpoint}/${check.name}`, (state) => answerHealthCheck(state, check, limits)];
    }
  }
}

async function answerMetrics(state: RequestState, metrics: ServerMetrics, limits: Limits): Promise<void> {
  const { contentType, text } = await metrics.expose(header(state, "accept"));
  await sendWhole(state, 200, contentType, Buffer.from(text), limits);
}

function getOnly(answer: PathAnswer): PathAnswer {
  return (state) => {
    if (state.request.method !== "GET") throw methodNotAllowed();
    return answer(state);
  };
}

function answerVersion(state: RequestState, version: VersionInfo): void {
  const accept = header(state, "accept");
  if (accept !== undefined && accept !== "" && !/(?:^|,)\s*(?:\*\/\*|application\/json)\s*(?:;|,|$)/.test(accept)) {
    throw notRoutable(["application/json"]);
  }
  sendRawJson(state, 200, version);
}

function answerV3(state: RequestState, openApi: OpenApi, now: Date): Answer {
  const key = state.info.path.slice(openApiV3Prefix.length);
  const hash = state.query.get("hash") ?? undefined;
  const request = documentRequest(state);
  return key === "" ? answerOpenApiV3Index(openApi, request) : answerOpenApiV3(openApi, { key, hash, now }, request);
}

function documentRequest(state: RequestState): DocumentRequest {
  const { headers } = state.request;
  return {
    accept: headers.accept,
    acceptEncoding: header(state, "accept-encoding"),
    ifNoneMatch: headers["if-none-match"],
    pretty: wantsPretty(state.query, headers["user-agent"]),
  };
}

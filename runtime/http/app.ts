import { randomUUID } from "node:crypto";
import { METHODS, type IncomingMessage, type ServerResponse } from "node:http";
import { Server as TlsServer } from "node:tls";
import {
  fastify,
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { Audit } from "../audit/audit.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { authorizeCreate } from "../auth/authorize-create.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { ResourceTarget } from "../rest/target.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { closeGracefully, defaultShutdown, type Shutdown } from "./close.ts";
import { Connections } from "./connections.ts";
import { prepareDiscovery } from "./discovery/discovery.ts";
import { scaleKind, storageVerbs, type Endpoint } from "./endpoint.ts";
import { EventSlabs } from "./event-slabs.ts";
import { fixedPaths, type VersionInfo } from "./fixed-paths.ts";
import type { HealthCheck, HealthChecks } from "./health.ts";
import { InFlight } from "./in-flight.ts";
import { ItemRuns } from "./item-runs.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { ListenerTls, type TlsOptions } from "./listener-tls.ts";
import { mediaTypesWithCbor, standardMediaTypes } from "./media-types.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { countHandshakeErrors, measureServing } from "./metrics/serving-families.ts";
import { AcceptHeaders } from "./negotiation.ts";
import { OpenRequests } from "./open-requests.ts";
import { prepareOpenApi } from "./openapi/openapi.ts";
import { PeerCertificates } from "./peer-certificates.ts";
import { Pipelining } from "./pipelining.ts";
import { newRequestState, type RequestStream, type ResponseStream } from "./request-state.ts";
import { resourceRoutes } from "./resource-routes.ts";
import { serve } from "./serve.ts";
import type { Serving } from "./serving.ts";

/** All that makes up a server. */
export interface AppOptions {
  readonly scheme: Scheme;
  /** What is served: each resource and subresource of each version, with its storage. */
  readonly targets: readonly ResourceTarget[];
  /** Asked in order; who is recognised by none and presented nothing is anonymous. */
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly health: HealthChecks;
  readonly version: VersionInfo;
  /** What the OpenAPI documents say of the server. */
  readonly openApi: { readonly title: string; readonly version: string; readonly security: "bearer" | "none" };
  /** Where clients reach the server, as discovery tells them, such as `:8443`; asked for once the server listens. */
  readonly serverAddress: () => string;
  /** Whether clients ask this server itself, with no kube-apiserver in front; false if unset. */
  readonly standsAlone?: boolean;
  /** Without it the server speaks HTTP/1.1 in the clear, which is for tests. */
  readonly tls?: TlsOptions;
  readonly limits?: Partial<Limits>;
  /** How the server comes to rest. */
  readonly shutdown?: Partial<Shutdown>;
  /** Whether objects can be had and sent in CBOR too, which Kubernetes counts as alpha: off if unset. */
  readonly cbor?: boolean;
  /** Where log lines go; nowhere if unset. */
  readonly logger?: FastifyServerOptions["logger"];
  /** Writes down who does what; nobody does if unset. It is flushed once all is answered, and closed by its owner. */
  readonly audit?: Audit;
  /** What is counted and measured, and told at `/metrics`; nothing if unset. Of one server only. */
  readonly metrics?: ServerMetrics;
  readonly now?: () => Date;
}

/**
 * Builds the HTTP server of an API: everything above the verbs. Not listening yet. Closing it ends the watches,
 * finishes what is being answered, and closes the connections.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/server#GenericAPIServer.
 */
export function buildApp(options: AppOptions): FastifyInstance {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const tls = options.tls === undefined ? undefined : new ListenerTls(options.tls);
  const serving = servingOf(options, limits, tls);
  const app = fastify(serverOptions(options, limits, tls));
  if (tls !== undefined) followCertificates(app, tls);
  // Bodies are read by the verbs, once the request is known to be allowed, and never by fastify.
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  const pipelining = new Pipelining(limits.pipelinedMax);
  const start = (request: RequestStream, response: ResponseStream, auditId: string): void =>
    void serve(serving, newRequestState(request, response, auditId, app.log, serving.now().getTime()));
  const answer = (request: RequestStream, response: ResponseStream, auditId: string): void => {
    // Over HTTP/2 nothing waits; and there Node makes a socket, a proxy of the stream, only because it is looked at.
    // The version that a request tells is no sign of it: over HTTP/1.1 too Node takes a 2.0.
    if (request.stream !== undefined || response.socket !== null) start(request, response, auditId);
    else pipelining.inTurn(request, response, () => start(request, response, auditId));
  };
  app.all("*", ({ raw, id }: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    answer(raw, reply.raw, id);
  });
  answerDirectly(app.server, serving, answer);
  if (options.metrics !== undefined) countHandshakeErrors(app.server, options.metrics);
  // Node's own answer to what is no HTTP/1.1 never lands in the middle of another answer.
  app.server.removeAllListeners("clientError");
  limitConnection(app, limits);
  const connections = new Connections(
    app.server,
    options.tls === undefined ? "connection" : "secureConnection",
    limits,
  );
  const shutdown = withFlush({ ...defaultShutdown, ...options.shutdown }, options.audit);
  const stopListening = (): void => void app.server.close();
  app.addHook("preClose", () => closeGracefully({ serving, connections, stopListening, shutdown, log: app.log }));
  return app;
}

/** What is known of the requests that were answered last is written before the end. */
function withFlush(shutdown: Shutdown, audit: Audit | undefined): Shutdown {
  if (audit === undefined) return shutdown;
  return { ...shutdown, beforeExit: [...shutdown.beforeExit, () => audit.flush()] };
}

// Fastify's types are for a server without TLS.
function followCertificates({ server, log }: FastifyInstance, tls: ListenerTls): void {
  const secure: object = server;
  if (secure instanceof TlsServer) tls.follow(secure, log);
}

// There is one route, and finding it costs a sixth of what a small answer costs in all: fastify is left what it alone
// does, which is to refuse URLs that cannot be decoded, and to close connections with the answers of a server that
// closes. Over HTTP/2 any word may be a method, of which its router knows those of HTTP/1.1.
function answerDirectly(
  server: FastifyInstance["server"],
  serving: Serving,
  answer: (request: IncomingMessage, response: ServerResponse, auditId: string) => void,
): void {
  const routes = server.listeners("request");
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    // Of what has come behind it on its connection Node leaves out a part, and would take the rest for requests.
    if (request.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    const isPlain = !serving.closing && request.url?.includes("%") === false;
    if (isPlain || !routedMethods.has(request.method)) answer(request, response, auditIdOf(request));
    else for (const route of routes) route.call(server, request, response);
  });
}

const routedMethods: ReadonlySet<string | undefined> = new Set(METHODS);

function servingOf(options: AppOptions, limits: Limits, tls: ListenerTls | undefined): Serving {
  const { scheme, version, openApi, serverAddress, authorizer, metrics } = options;
  const now = options.now ?? (() => new Date());
  const targets = options.targets.map((target) => withCreateAuthorization(target, authorizer));
  const endpoints = targets.map(endpointOf);
  const { groupVersions } = scheme;
  const mediaTypes = options.cbor === true ? mediaTypesWithCbor : standardMediaTypes;
  const acceptHeaders = new AcceptHeaders(limits.acceptHeadersRemembered, mediaTypes);
  const serving: Serving = {
    limits,
    now,
    tls,
    authenticators: options.authenticators,
    authorizer,
    mediaTypes,
    acceptHeaders,
    peerCertificates: new PeerCertificates(),
    inFlight: new InFlight(limits),
    eventSlabs: new EventSlabs(limits.slabBytes),
    itemRuns: new ItemRuns(limits.slabBytes, limits.listedBytesRemembered),
    resources: resourceRoutes(targets, `${version.major}.${version.minor}`),
    paths: fixedPaths({
      discovery: prepareDiscovery({
        endpoints,
        groupVersions,
        serverAddress,
        standsAlone: options.standsAlone ?? false,
      }),
      openApi: prepareOpenApi({
        endpoints,
        groupVersions,
        info: { title: openApi.title, version: openApi.version },
        patchTypes: [...mediaTypes.patches.keys()],
        security: openApi.security,
      }),
      health: { ...options.health, readyz: [...options.health.readyz, shutdownCheck(() => serving.terminating)] },
      version,
      metrics,
      now,
      limits,
    }),
    audit: options.audit,
    metrics,
    open: new OpenRequests(limits.requestTimeoutMs, acceptHeaders),
    terminating: false,
    closing: false,
  };
  if (metrics !== undefined) measureServing(serving, metrics, version);
  return serving;
}

/** The target, with the server's authorizer asked where an update or apply turns out to create, unless another is. */
function withCreateAuthorization(target: ResourceTarget, authorizer: Authorizer): ResourceTarget {
  return { authorizeCreate: authorizeCreate(authorizer, target.descriptor, target.subresource), ...target };
}

function endpointOf({ descriptor, subresource, storage }: ResourceTarget): Endpoint {
  const served = subresource === "scale" ? { served: scaleKind } : {};
  return { descriptor, subresource, verbs: storageVerbs(storage), ...served };
}

function shutdownCheck(isClosing: () => boolean): HealthCheck {
  return {
    name: "shutdown",
    check: () => {
      if (isClosing()) throw new Error("process is shutting down");
    },
  };
}

// Fastify's types are for servers of one protocol. Ours speaks both on one port; of requests and responses only what
// HTTP/1.1 and HTTP/2 have in common is used.
function serverOptions({ logger }: AppOptions, limits: Limits, tls: ListenerTls | undefined): FastifyServerOptions {
  const secure = tls === undefined ? {} : { http2: true, http2SessionTimeout: 0, https: secureOptions(tls, limits) };
  return {
    ...secure,
    logger: logger ?? false,
    logController: new LogController({ disableRequestLogging: true }),
    // Lines name the audit id themselves: a logger for each request would cost more than most requests.
    childLoggerFactory: (parent) => parent,
    genReqId: auditIdOf,
    requestIdHeader: false,
    // No route has a schema: what compiles them would take a tenth of a start to load.
    schemaController: { compilersFactory: { buildValidator: compileNothing, buildSerializer: compileNothing } },
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // All that the router itself refuses are URLs that cannot be decoded.
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack();
      reply.raw.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("400 Bad Request");
    },
  };
}

function compileNothing(): never {
  throw new Error("unreachable: no route has a schema");
}

function secureOptions(tls: ListenerTls, limits: Limits): object {
  return {
    ...tls.serverOptions(),
    allowHTTP1: true,
    noDelay: true,
    handshakeTimeout: limits.headersTimeoutMs,
    maxSessionMemory: limits.sessionMegabytesMax,
    maxHeaderListPairs: limits.headersMax,
    maxSessionInvalidFrames: limits.invalidFramesMax,
    maxSessionRejectedStreams: limits.rejectedStreamsMax,
    settings: {
      maxConcurrentStreams: limits.streamsPerConnectionMax,
      maxHeaderListSize: limits.headerBytesMax,
      initialWindowSize: limits.streamWindowBytes,
    },
  };
}

const connectionsCheckMs = 10_000;

// Node's HTTP/1.1 side reads these of whatever server it runs on; the HTTP/2 server has no options for them.
function limitConnection({ server }: FastifyInstance, limits: Limits): void {
  Object.assign(server, {
    maxHeaderSize: limits.headerBytesMax,
    // Node would leave out those beyond a limit without a word.
    maxHeadersCount: 0,
    connectionsCheckingInterval: Math.min(connectionsCheckMs, limits.headersTimeoutMs),
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.receiveTimeoutMs,
    keepAliveTimeout: limits.idleTimeoutMs,
    requireHostHeader: true,
  });
}

/** A request's audit id: the client's own, so that what passes through several servers has one id, else a new one. */
function auditIdOf(request: { readonly headers: IncomingMessage["headers"] }): string {
  const given = request.headers["audit-id"];
  return typeof given === "string" && given !== "" ? given : randomUUID();
}

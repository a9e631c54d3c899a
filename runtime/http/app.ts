import { randomUUID } from "node:crypto";
import { METHODS, type IncomingMessage, type ServerResponse } from "node:http";
import {
  fastify,
  LogController,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { Authenticator } from "../auth/authenticator.ts";
import { authorizeCreate } from "../auth/authorize-create.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { ResourceTarget } from "../rest/target.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { closeGracefully } from "./close.ts";
import { Connections } from "./connections.ts";
import { prepareDiscovery } from "./discovery/discovery.ts";
import { scaleKind, storageVerbs, type Endpoint } from "./endpoint.ts";
import { EventSlabs } from "./event-slabs.ts";
import { fixedPaths, type VersionInfo } from "./fixed-paths.ts";
import type { HealthCheck, HealthChecks } from "./health.ts";
import { InFlight } from "./in-flight.ts";
import { ItemRuns } from "./item-runs.ts";
import { defaultLimits, type Limits } from "./limits.ts";
import { mediaTypesWithCbor, standardMediaTypes } from "./media-types.ts";
import { AcceptHeaders } from "./negotiation.ts";
import { OpenRequests } from "./open-requests.ts";
import { prepareOpenApi } from "./openapi/openapi.ts";
import { PeerCertificates } from "./peer-certificates.ts";
import { Pipelining } from "./pipelining.ts";
import { newRequestState, type RequestStream, type ResponseStream } from "./request-state.ts";
import { resourceRoutes } from "./resource-routes.ts";
import { serve } from "./serve.ts";
import type { Serving } from "./serving.ts";

/** How the listener proves who it is, and whose client certificates it takes; in PEM. */
interface TlsOptions {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** The authorities of client certificates; without one, none is asked for. */
  readonly clientCa?: string | Buffer;
}

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
  /** Whether objects can be had and sent in CBOR too, which Kubernetes counts as alpha: off if unset. */
  readonly cbor?: boolean;
  /** Where log lines go; nowhere if unset. */
  readonly logger?: FastifyServerOptions["logger"];
  readonly now?: () => Date;
}

/**
 * Builds the HTTP server of an API: everything above the verbs. Not listening yet. Closing it ends the watches,
 * finishes what is being answered, and closes the connections.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/server#GenericAPIServer.
 */
export function buildApp(options: AppOptions): FastifyInstance {
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const serving = servingOf(options, limits);
  const app = fastify(serverOptions(options, limits));
  // Bodies are read by the verbs, once the request is known to be allowed, and never by fastify.
  for (const method of METHODS) app.addHttpMethod(method, { hasBody: false, overrideExisting: true });
  const pipelining = new Pipelining(limits.pipelinedMax);
  const start = (request: RequestStream, response: ResponseStream, auditId: string): void =>
    void serve(serving, newRequestState(request, response, auditId, app.log, serving.now().getTime()));
  const answer = (request: RequestStream, response: ResponseStream, auditId: string): void => {
    // Over HTTP/2 nothing waits; and there Node makes a socket, a proxy of the stream, only because it is looked at.
    if (request.httpVersionMajor >= 2 || response.socket !== null) start(request, response, auditId);
    else pipelining.inTurn(request, response, () => start(request, response, auditId));
  };
  app.all("*", ({ raw, id }: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    answer(raw, reply.raw, id);
  });
  answerDirectly(app.server, serving, answer);
  // Node's own answer to what is no HTTP/1.1 never lands in the middle of another answer.
  app.server.removeAllListeners("clientError");
  limitConnection(app, limits);
  const connections = new Connections(
    app.server,
    options.tls === undefined ? "connection" : "secureConnection",
    limits,
  );
  app.addHook("preClose", async () => {
    app.server.close();
    await closeGracefully(serving, connections);
  });
  return app;
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
    const isPlain = !serving.closing && request.url?.includes("%") === false;
    if (isPlain || !routedMethods.has(request.method)) answer(request, response, auditIdOf(request));
    else for (const route of routes) route.call(server, request, response);
  });
}

const routedMethods: ReadonlySet<string | undefined> = new Set(METHODS);

function servingOf(options: AppOptions, limits: Limits): Serving {
  const { scheme, version, openApi, serverAddress, authorizer } = options;
  const now = options.now ?? (() => new Date());
  const targets = options.targets.map((target) => withCreateAuthorization(target, authorizer));
  const endpoints = targets.map(endpointOf);
  const { groupVersions } = scheme;
  const mediaTypes = options.cbor === true ? mediaTypesWithCbor : standardMediaTypes;
  const acceptHeaders = new AcceptHeaders(limits.acceptHeadersRemembered, mediaTypes);
  const serving: Serving = {
    limits,
    now,
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
      health: { ...options.health, readyz: [...options.health.readyz, shutdownCheck(() => serving.closing)] },
      version,
      now,
      limits,
    }),
    open: new OpenRequests(limits.requestTimeoutMs, acceptHeaders),
    closing: false,
  };
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
function serverOptions({ tls, logger }: AppOptions, limits: Limits): FastifyServerOptions {
  const secure = tls === undefined ? {} : { http2: true, http2SessionTimeout: 0, https: secureOptions(tls, limits) };
  return {
    ...secure,
    logger: logger ?? false,
    logController: new LogController({ disableRequestLogging: true }),
    // Lines name the audit id themselves: a logger for each request would cost more than most requests.
    childLoggerFactory: (parent) => parent,
    genReqId: auditIdOf,
    requestIdHeader: false,
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // All that the router itself refuses are URLs that cannot be decoded.
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack();
      reply.raw.writeHead(400, { "content-type": "text/plain; charset=utf-8" }).end("400 Bad Request");
    },
  };
}

function secureOptions({ key, cert, clientCa }: TlsOptions, limits: Limits): object {
  return {
    key,
    cert,
    minVersion: "TLSv1.2",
    allowHTTP1: true,
    // A client without a certificate, or with one that is no good, gets an answer rather than a broken handshake.
    ...(clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
    noDelay: true,
    handshakeTimeout: limits.headersTimeoutMs,
    maxSessionMemory: limits.sessionMegabytesMax,
    settings: {
      maxConcurrentStreams: limits.streamsPerConnectionMax,
      maxHeaderListSize: limits.headerBytesMax,
      initialWindowSize: limits.streamWindowBytes,
    },
  };
}

// Node's HTTP/1.1 side reads these of whatever server it runs on; the HTTP/2 server has no options for them.
function limitConnection({ server }: FastifyInstance, limits: Limits): void {
  Object.assign(server, {
    maxHeaderSize: limits.headerBytesMax,
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

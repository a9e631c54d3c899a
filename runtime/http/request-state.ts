import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { FastifyBaseLogger } from "fastify";
import type { AuditRecord } from "../audit/audit-record.ts";
import { anonymousUser } from "../auth/well-known.ts";
import type { UserInfo } from "../meta/user-info.ts";
import { noRequestInfo, type RequestInfo } from "./request-info.ts";
import type { RequestClass } from "./in-flight.ts";
import { Lifetime } from "./lifetime.ts";
import { WarningHeaders } from "./warning-headers.ts";

/** What is used of Node's request, the same over HTTP/1.1 and HTTP/2. */
export interface RequestStream extends Readable {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  readonly socket: { destroy(): unknown; readonly remoteAddress?: string | undefined };
  /** Only over HTTP/2. */
  readonly stream?: { readonly session?: Session | undefined } | undefined;
}

/** What is used of an HTTP/2 connection. */
interface Session {
  readonly closed: boolean;
  close(): void;
}

/** The value of a header of an answer; several where there are several headers of that name. */
export type HeaderValue = number | string | string[];

/** The headers of an answer, by lower-case name. */
export type AnswerHeaders = { readonly [name: string]: HeaderValue };

/** What is used of Node's response, the same over HTTP/1.1 and HTTP/2. */
export interface ResponseStream {
  /** Null while an earlier request of the same HTTP/1.1 connection is still being answered. */
  readonly socket: object | null | undefined;
  readonly statusCode: number;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly writableLength: number;
  readonly destroyed: boolean;
  /** Only over HTTP/1.1: whether the connection stays open after the answer. */
  readonly shouldKeepAlive?: boolean;
  setHeader(name: string, value: string): unknown;
  removeHeader(name: string): void;
  /** Names and values in turn. */
  writeHead(status: number, headers: HeaderValue[]): unknown;
  flushHeaders(): void;
  write(chunk: Uint8Array): boolean;
  end(chunk?: Uint8Array): unknown;
  destroy(error?: Error): unknown;
  once(event: "drain" | "close" | "socket", listener: () => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
  off(event: "drain" | "close", listener: () => void): unknown;
}

/** One request while it is served: what the filters establish, one after the other, and the answer's state. */
export interface RequestState {
  readonly request: RequestStream;
  readonly response: ResponseStream;
  readonly log: FastifyBaseLogger;
  readonly auditId: string;
  /** By the server's clock, in milliseconds. */
  readonly receivedAtMs: number;
  readonly lifetime: Lifetime;
  readonly warnings: WarningHeaders;
  /** The query of the URL, parsed once. Never written to. */
  query: URLSearchParams;
  /** Set by the request info filter. */
  info: RequestInfo;
  /** Set by the authentication filter; once it has been impersonated, the user that the request is made as. */
  user: UserInfo;
  /** Who has asked for the request to be made as `user`; undefined where that is the user itself. */
  impersonator: UserInfo | undefined;
  /** Set by the limit filter, once the request has been counted in. */
  counted: RequestClass | undefined;
  /** Its place among those that are served. */
  seat: number;
  /** Ends the request when the time that it has set itself is up. */
  deadline: NodeJS.Timeout | undefined;
  /** When it began to be served, and when it had passed the filters or 0, as `performance.now` counts. */
  readonly startedAtMs: number;
  passedAtMs: number;
  /** What is served, once that is known: a target of a resource, or the answer of a path; metrics know it by this. */
  target: object | undefined;
  /** The code that has been answered; 0 until then. */
  status: number;
  /** How much of a body has been sent. */
  sentBytes: number;
  /** Where the events of a watch are counted. */
  sentEvents: { value: number } | undefined;
  /** Whether the audit policy has been asked about the request, and what is told of it, if it is. */
  isJudged: boolean;
  audit: AuditRecord | undefined;
  /** Kept by the open requests. */
  readonly links: RequestLinks;
}

/** Where a request stands among the open ones. */
interface RequestLinks {
  isOpen: boolean;
  previous: RequestState | undefined;
  next: RequestState | undefined;
  /** When its time is up, as `performance.now` counts; undefined where it has no end. */
  endsAtMs: number | undefined;
}

// Most requests have none.
const noQuery = new URLSearchParams();

/** A request that no filter has seen yet. */
export function newRequestState(
  request: RequestStream,
  response: ResponseStream,
  auditId: string,
  log: FastifyBaseLogger,
  receivedAtMs: number,
): RequestState {
  return {
    request,
    response,
    log,
    auditId,
    receivedAtMs,
    lifetime: new Lifetime(),
    warnings: new WarningHeaders(),
    query: noQuery,
    info: noRequestInfo,
    user: anonymousUser,
    impersonator: undefined,
    counted: undefined,
    seat: -1,
    deadline: undefined,
    startedAtMs: performance.now(),
    passedAtMs: 0,
    target: undefined,
    status: 0,
    sentBytes: 0,
    sentEvents: undefined,
    isJudged: false,
    audit: undefined,
    links: { isOpen: false, previous: undefined, next: undefined, endsAtMs: undefined },
  };
}

/** The value of a header, by its lower-case name; the first where there are several. */
export function header(state: RequestState, name: string): string | undefined {
  const value = state.request.headers[name];
  return typeof value === "string" ? value : value?.[0];
}

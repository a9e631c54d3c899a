import { authenticate as recognise, type Credentials } from "../auth/authenticator.ts";
import { forbidden, type Decision } from "../auth/authorizer.ts";
import { isAnonymous } from "../auth/well-known.ts";
import { badRequest, failure, tooManyRequests } from "../meta/status-error.ts";
import { parseDuration } from "../meta/duration.ts";
import { auditDecision, beginAudit } from "./auditing.ts";
import { impersonate } from "./impersonation.ts";
import { endInTime } from "./open-requests.ts";
import { requestInfo } from "./request-info.ts";
import { header, type RequestState } from "./request-state.ts";
import type { Serving } from "./serving.ts";

/** One step that every request passes before it is served; it refuses by throwing. Most have no need to wait. */
type Filter = (serving: Serving, state: RequestState) => Promise<void> | void;

/**
 * The filters, in order. What comes before them, the audit id and the recovery from faults, is in `serve`.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server#DefaultBuildHandlerChain
 */
export const filters: readonly Filter[] = [
  describe,
  sendAway,
  refuseWhileClosing,
  limitTime,
  authenticate,
  beginAudit,
  impersonate,
  limitNumber,
  authorize,
];

function describe({ limits }: Serving, state: RequestState): void {
  const url = state.request.url ?? "/";
  if (url.length > limits.urlLengthMax) throw failure(414, "", `the request URI is longer than ${limits.urlLengthMax}`);
  const { length } = state.request.rawHeaders;
  if (length > 2 * limits.headersMax) throw failure(431, "", `the request has more than ${limits.headersMax} headers`);
  state.info = requestInfo(state.request.method ?? "GET", url);
  const query = url.indexOf("?");
  if (query !== -1) state.query = new URLSearchParams(url.slice(query + 1));
}

const closingRetryAfterSeconds = 5;

/** Tells HTTP/2 clients to go elsewhere: of all while the server closes, and of some at random, so that they spread. */
function sendAway({ closing, limits }: Serving, { request }: RequestState): void {
  const goes = closing || (limits.goawayChance > 0 && Math.random() < limits.goawayChance);
  if (goes) request.stream?.session?.close();
}

// What the server says of itself is told to the end.
function refuseWhileClosing({ closing }: Serving, { info }: RequestState): void {
  if (!closing || !info.isResourceRequest) return;
  throw tooManyRequests("The apiserver is shutting down, please try again later.", closingRetryAfterSeconds);
}

function limitTime({ limits, open, acceptHeaders }: Serving, state: RequestState): void {
  if (state.info.verb === "watch") return;
  const timeoutMs = requestedTimeoutMs(state.query);
  open.limitTime(state);
  // For more than there is, as for nothing, the Go server gives what there is.
  if (timeoutMs > 0 && timeoutMs < limits.requestTimeoutMs) {
    state.deadline = setTimeout(endInTime, timeoutMs, state, acceptHeaders);
  }
}

function requestedTimeoutMs(query: URLSearchParams): number {
  const text = query.size === 0 ? null : query.get("timeout");
  if (text === null || text === "") return 0;
  try {
    return Number(parseDuration(text) / 1_000_000n);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badRequest(`invalid timeout specified in the request URL - ${why}`);
  }
}

async function authenticate(serving: Serving, state: RequestState): Promise<void> {
  const certificate = serving.peerCertificates.of(state.request, state.receivedAtMs);
  const credentials: Credentials = {
    clientCertificate: certificate,
    bearerToken: bearerToken(header(state, "authorization")),
    headers: state.request.headers,
    rawHeaders: state.request.rawHeaders,
    receivedAtMs: state.receivedAtMs,
  };
  try {
    state.user = await recognise(serving.authenticators, credentials, state.lifetime);
    serving.metrics?.countAuthenticated(state.user, certificate, state.receivedAtMs);
  } catch (error) {
    serving.metrics?.countUnauthenticated(error);
    throw error;
  } finally {
    // Whom nobody knows gets one request a connection: HTTP/2 is costly, and has been used to overload servers.
    if (isAnonymous(state.user)) state.request.stream?.session?.close();
  }
}

function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [scheme, token] = authorization.trim().split(" ", 3);
  return scheme?.toLowerCase() === "bearer" && token !== undefined && token !== "" ? token : undefined;
}

function limitNumber({ inFlight }: Serving, state: RequestState): Promise<void> | void {
  return inFlight.enter(state);
}

function authorize(serving: Serving, state: RequestState): Promise<void> | void {
  const decision = serving.authorizer(state.user, state.info, state.lifetime);
  if (decision instanceof Promise) return decideLater(serving, state, decision);
  requireAllowed(serving, state, decision);
}

async function decideLater(serving: Serving, state: RequestState, decision: Promise<Decision>): Promise<void> {
  let made: Decision;
  try {
    made = await decision;
  } catch (error) {
    if (serving.metrics !== undefined) serving.metrics.authorizationFailed.value++;
    state.audit?.annotate("authorization.k8s.io/reason", "internal error");
    throw error;
  }
  requireAllowed(serving, state, made);
}

function requireAllowed({ metrics }: Serving, state: RequestState, decision: Decision): void {
  const { user, info, audit } = state;
  if (metrics !== undefined) (decision.allowed ? metrics.allowed : metrics.denied).value++;
  if (audit !== undefined) auditDecision(audit, state, decision);
  if (!decision.allowed) throw forbidden(user, info, decision.reason);
}

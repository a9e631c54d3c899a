import { authenticate as recognise, type Credentials } from "../auth/authenticator.ts";
import { forbidden, type Decision } from "../auth/authorizer.ts";
import { isAnonymous } from "../auth/well-known.ts";
import { badRequest, failure, tooManyRequests } from "../meta/status-error.ts";
import { parseDuration } from "../meta/duration.ts";
import { requestClass } from "./in-flight.ts";
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
  refuseWhileClosing,
  limitTime,
  authenticate,
  refuseImpersonation,
  limitNumber,
  authorize,
];

function describe({ limits }: Serving, state: RequestState): void {
  const url = state.request.url ?? "/";
  if (url.length > limits.urlLengthMax) throw failure(414, "", `the request URI is longer than ${limits.urlLengthMax}`);
  state.info = requestInfo(state.request.method ?? "GET", url);
  const query = url.indexOf("?");
  if (query !== -1) state.query = new URLSearchParams(url.slice(query + 1));
}

const closingRetryAfterSeconds = 5;
const servedWhileClosing = ["/readyz", "/livez", "/healthz", "/metrics"];

/** Acting for another user with one's own rights would be worse than being told that it cannot be done. */
function refuseImpersonation(_serving: Serving, { request }: RequestState): void {
  for (const name in request.headers) {
    if (name.startsWith("impersonate-")) throw failure(403, "Forbidden", "this server does not impersonate users");
  }
}

function refuseWhileClosing({ closing }: Serving, { info }: RequestState): void {
  if (!closing || servedWhileClosing.some((path) => info.path.startsWith(path))) return;
  throw tooManyRequests("The apiserver is shutting down, please try again later.", closingRetryAfterSeconds);
}

function limitTime({ limits, open, acceptHeaders }: Serving, state: RequestState): void {
  if (state.info.verb === "watch") return;
  const timeoutMs = requestedTimeoutMs(state.query);
  if (timeoutMs > 0 && timeoutMs < limits.requestTimeoutMs) {
    state.deadline = setTimeout(endInTime, timeoutMs, state, acceptHeaders);
  } else open.limitTime(state);
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
  const credentials: Credentials = {
    clientCertificate: serving.peerCertificates.of(state.request, state.receivedAtMs),
    bearerToken: bearerToken(header(state, "authorization")),
    headers: state.request.headers,
  };
  try {
    state.user = await recognise(serving.authenticators, credentials, state.lifetime);
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

function limitNumber({ inFlight }: Serving, state: RequestState): void {
  const kind = requestClass(state.info.verb);
  inFlight.enter(kind, state.user);
  state.counted = kind;
}

function authorize({ authorizer }: Serving, state: RequestState): Promise<void> | void {
  const decision = authorizer(state.user, state.info, state.lifetime);
  if (decision instanceof Promise) return decision.then((made) => requireAllowed(state, made));
  requireAllowed(state, decision);
}

function requireAllowed({ user, info }: RequestState, decision: Decision): void {
  if (!decision.allowed) throw forbidden(user, info, decision.reason);
}

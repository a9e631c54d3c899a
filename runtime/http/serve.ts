import { sendError } from "./answer.ts";
import { auditFailure } from "./auditing.ts";
import { filters } from "./filters.ts";
import { answerPath } from "./fixed-paths.ts";
import type { RequestState } from "./request-state.ts";
import { serveResource } from "./resource-request.ts";
import { targetNamed } from "./resource-routes.ts";
import type { Serving } from "./serving.ts";

const clientGone = new Error("the client has gone");

/** Serves one request: the filters, then the resource or the path. Whatever is thrown on the way becomes an answer here. */
export async function serve(serving: Serving, state: RequestState): Promise<void> {
  serving.open.enter(state);
  // That a connection stays open goes without saying in HTTP/1.1.
  if (state.response.shouldKeepAlive === true && !serving.closing) state.response.removeHeader("connection");
  const leave = (): void => endOfAnswer(serving, state);
  state.response.on("close", leave);
  // A write that comes too late for the connection, which `close` tells of, is an error that would end the process.
  state.response.on("error", leave);
  try {
    for (const filter of filters) {
      const passed = filter(serving, state);
      if (passed !== undefined) await passed;
    }
    state.passedAtMs = performance.now();
    await (state.info.isResourceRequest ? serveResource(serving, state) : answerPath(serving.paths, state));
  } catch (error) {
    // Once the time is up or the client has gone, there is nobody to tell.
    if (!state.lifetime.isOver) {
      auditFailure(serving, state, error);
      sendError(state, error, serving.acceptHeaders);
    }
  } finally {
    if (state.deadline !== undefined) clearTimeout(state.deadline);
    serving.inFlight.leave(state);
    if (state.audit !== undefined) state.audit.finish();
    observe(serving, state);
  }
}

const slowMs = 500;

function observe({ metrics, resources, paths }: Serving, state: RequestState): void {
  const tookMs = performance.now() - state.startedAtMs;
  const { info, target } = state;
  if (metrics !== undefined) {
    if (target !== undefined) metrics.requests.served(state, tookMs / 1000);
    else {
      state.target = info.isResourceRequest ? targetNamed(resources, info) : paths.byPath.get(info.path);
      // What nobody knows is no reason for metrics of it.
      if (info.isResourceRequest || state.target !== undefined) metrics.requests.refused(state);
    }
  }
  if (tookMs > slowMs && info.verb !== "watch") logSlow(state, tookMs);
}

/** Where the time went: on finding out who asks and may, and on the rest. */
function logSlow(
  { log, auditId, info, user, request, status, startedAtMs, passedAtMs }: RequestState,
  tookMs: number,
): void {
  const filtersMs = passedAtMs === 0 ? tookMs : passedAtMs - startedAtMs;
  const client = { user: user.name, userAgent: request.headers["user-agent"] };
  const phases = {
    tookMs: Math.round(tookMs),
    filtersMs: Math.round(filtersMs),
    servingMs: Math.round(tookMs - filtersMs),
  };
  log.info(
    { auditId, method: request.method, path: info.path, verb: info.verb, ...client, status, ...phases },
    "slow request",
  );
}

function endOfAnswer(serving: Serving, state: RequestState): void {
  if (!serving.open.leave(state)) return;
  logRequest(serving, state);
  if (!state.response.writableEnded) state.lifetime.end(clientGone);
}

function logRequest(
  { now }: Serving,
  { log, auditId, info, user, request, response, receivedAtMs }: RequestState,
): void {
  if (log.level !== "debug" && log.level !== "trace") return;
  const { method, url, headers } = request;
  const tookMs = now().getTime() - receivedAtMs;
  const client = { user: user.name, userAgent: headers["user-agent"] };
  log.debug({ auditId, method, url, verb: info.verb, ...client, status: response.statusCode, tookMs }, "request");
}

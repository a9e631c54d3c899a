import { sendError } from "./answer.ts";
import { filters } from "./filters.ts";
import { answerPath } from "./fixed-paths.ts";
import type { RequestState } from "./request-state.ts";
import { serveResource } from "./resource-request.ts";
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
    await (state.info.isResourceRequest ? serveResource(serving, state) : answerPath(serving.paths, state));
  } catch (error) {
    // Once the time is up or the client has gone, there is nobody to tell.
    if (!state.lifetime.isOver) sendError(state, error, serving.acceptHeaders);
  } finally {
    serving.open.stopTime(state);
    if (state.deadline !== undefined) clearTimeout(state.deadline);
    if (state.counted !== undefined) serving.inFlight.leave(state.counted);
  }
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

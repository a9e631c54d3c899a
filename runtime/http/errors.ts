import { failure, StatusError } from "../meta/status-error.ts";
import type { Status } from "../meta/v1.ts";
import type { RequestState } from "./request-state.ts";

/**
 * The Status that an error becomes: its own if it is a StatusError, else a 500 that tells the client nothing of the
 * server's insides. What the client is not told is logged, with the request's audit id.
 */
export function statusOf(error: unknown, state: RequestState): Status {
  const status = error instanceof StatusError ? error.status : unexpected;
  if (!(error instanceof StatusError) || error.cause !== undefined) logFailure(state, error, status);
  return status;
}

const unexpected = failure(500, "InternalError", "Internal error occurred: the server's log has the details").status;

function logFailure({ log, auditId, info, user, request }: RequestState, error: unknown, { code = 500 }: Status): void {
  const details = { err: error, auditId, method: request.method, path: info.path, user: user.name };
  // Clients can make the others as often as they like: a bad credential is no fault of the server.
  if (code >= 500) log.error(details, "request failed");
  else log.info(details, "request refused");
}

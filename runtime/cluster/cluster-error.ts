/**
 * Why the kube-apiserver has not done what it was asked. `code` and `reason` are those of its Status; the code is 0 where
 * there was no answer, or none that can be understood, and the reason then is `Aborted`, `Timeout` or `Unreachable`.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#status
 */
export class ClusterError extends Error {
  readonly code: number;
  readonly reason: string;
  /** How long the server wants to be left alone. */
  readonly retryAfterSeconds?: number;

  constructor(code: number, reason: string, message: string, more: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, more);
    this.name = "ClusterError";
    this.code = code;
    this.reason = reason;
    if (more.retryAfterSeconds !== undefined) this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

const textLengthMax = 1000;

/** The error that a Status tells of, or another body of an answer with that code. */
export function errorOf(code: number, body: unknown, retryAfter?: string): ClusterError {
  const status = fieldsOf(body);
  const details = fieldsOf(status["details"]);
  const reason = typeof status["reason"] === "string" ? status["reason"] : "";
  const told = typeof status["message"] === "string" ? status["message"] : "";
  const message = told === "" ? `the kube-apiserver answered ${code}` : told.slice(0, textLengthMax);
  const seconds = Number(retryAfter ?? details["retryAfterSeconds"]);
  const number = typeof status["code"] === "number" ? status["code"] : code;
  return new ClusterError(number, reason, message, seconds > 0 ? { retryAfterSeconds: seconds } : {});
}

/** The fields of a JSON object; none for anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isFields(value) ? value : {};
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

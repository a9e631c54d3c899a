/** Why a request to the cluster was not answered as it was to be: the Status of a refusal, or no answer at all. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  /** The HTTP status; 0 where there was no answer. */
  readonly code: number;
  /** The reason of the Status, such as `NotFound`. */
  readonly reason: string;
  /** How long the server asks to wait before the next attempt. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: number, reason: string, message: string, more: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, more);
    this.code = code;
    this.reason = reason;
    this.retryAfterSeconds = more.retryAfterSeconds;
  }
}

/** Whether an error says that there is no such object, or no such kind. */
export function isNotFound(error: unknown): boolean {
  return error instanceof KubeError && error.code === 404;
}

/** Whether an error says that the object has changed since it was read, or is there already. */
export function isConflict(error: unknown): boolean {
  return error instanceof KubeError && error.code === 409;
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // What names several addresses fails for each of them, and says so in its parts alone.
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return error.message;
}

/** The error that an answer with a status of 400 and above stands for; `status` is its body, from the network. */
export function refusal(httpStatus: number, status: unknown, retryAfter: string | undefined): KubeError {
  const { code, message, reason, details } = fieldsOf(status);
  const seconds = Number(retryAfter ?? fieldsOf(details)["retryAfterSeconds"]);
  return new KubeError(
    typeof code === "number" && code >= 400 ? code : httpStatus,
    typeof reason === "string" ? reason : "",
    typeof message === "string" && message !== "" ? message : `HTTP ${httpStatus}`,
    Number.isFinite(seconds) && seconds > 0 ? { retryAfterSeconds: seconds } : {},
  );
}

/** The fields of a JSON object; none of anything else. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  // What is an object and no array has fields by name.
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

import { messageOf } from "./kube-error.ts";

/** What a log line says beside its message. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a manager and its controllers say what they do. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  error(message: string, error: unknown, fields?: LogFields): void;
  /** A log whose lines all say this, too. */
  with(fields: LogFields): Log;
}

/** The form of log lines: for people or for programs. */
export type LogFormat = "text" | "json";

/** Who writes lines, and when. */
export interface LogOutput {
  /** `text` if unset. */
  readonly format?: LogFormat;
  readonly write: (line: string) => void;
  /** The time of this machine if unset. */
  readonly now?: () => Date;
}

/**
 * A log that writes a line for each message, as Kubernetes' components do.
 * https://kubernetes.io/docs/concepts/cluster-administration/system-logs/#structured-logging
 */
export function logTo(output: LogOutput, own: LogFields = {}): Log {
  const { now = () => new Date() } = output;
  const lineOf = output.format === "json" ? jsonLine : textLine;
  const say = (level: Level, message: string, fields: LogFields, error?: unknown): void =>
    output.write(`${lineOf({ level, message, fields: { ...own, ...fields }, error, at: now() })}\n`);
  return {
    info: (message, fields = {}) => say("info", message, fields),
    error: (message, error, fields = {}) => say("error", message, fields, error),
    with: (fields) => logTo(output, { ...own, ...fields }),
  };
}

type Level = "info" | "error";

interface Said {
  readonly level: Level;
  readonly message: string;
  readonly fields: LogFields;
  readonly error: unknown;
  readonly at: Date;
}

function jsonLine({ level, message, fields, error, at }: Said): string {
  const err = error === undefined ? undefined : { message: messageOf(error), stack: stackOf(error) };
  return JSON.stringify({ level, ts: at.toISOString(), msg: message, err, ...fields });
}

function textLine({ level, message, fields, error, at }: Said): string {
  const parts = [`${level === "info" ? "I" : "E"}${at.toISOString()} ${JSON.stringify(message)}`];
  if (error !== undefined) parts.push(`err=${JSON.stringify(messageOf(error))}`);
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) parts.push(`${name}=${JSON.stringify(value)}`);
  }
  const stack = stackOf(error);
  return stack === undefined ? parts.join(" ") : `${parts.join(" ")}\n${stack.replace(/^/gm, "    ")}`;
}

/** Where an error is from, unless it is a refusal, which is not from here. */
function stackOf(error: unknown): string | undefined {
  return error instanceof Error && error.name !== "KubeError" ? error.stack : undefined;
}

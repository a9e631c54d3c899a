import { isFields } from "../meta/decode.ts";

const letters: Readonly<Record<string, string>> = {
  fatal: "F",
  error: "E",
  warn: "W",
  info: "I",
  debug: "D",
  trace: "T",
};

/**
 * A log line of JSON as people read them: a letter for the level, when, what, and the rest as `name="value"`; the stack of
 * an error below it. https://kubernetes.io/docs/concepts/cluster-administration/system-logs/#structured-logging
 */
export function textLine(json: string): string {
  const line = fieldsOf(json);
  if (line === undefined) return json;
  const { level, ts, msg, err, ...rest } = line;
  const letter = letters[textOf(level)] ?? "?";
  const parts = [`${letter}${textOf(ts)} ${JSON.stringify(textOf(msg))}`];
  if (isFields(err)) parts.push(`err=${JSON.stringify(textOf(err["message"]))}`);
  for (const [name, value] of Object.entries(rest))
    if (value !== undefined) parts.push(`${name}=${JSON.stringify(value)}`);
  const stack = isFields(err) ? textOf(err["stack"]) : "";
  return `${parts.join(" ")}\n${stack === "" ? "" : `${stack.replace(/^/gm, "    ")}\n`}`;
}

function fieldsOf(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

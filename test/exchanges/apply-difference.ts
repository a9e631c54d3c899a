import type { Difference } from "./differences.ts";
import type { Exchange, Value } from "./recordings.ts";

/** Both sides of one exchange. */
export interface Pair {
  readonly expected: Exchange;
  readonly actual: Exchange;
}

/** The two sides without a difference that there is between them. Throws an Error where there is none such. */
export function withoutDifference({ expected, actual }: Pair, difference: Difference): Pair {
  switch (difference.kind) {
    case "text":
      return { expected: changedAt(expected, difference.at, (value) => replacedText(value, difference)), actual };
    case "items":
      return { expected: changedAt(expected, difference.at, (value) => replacedItems(value, difference)), actual };
    case "derived":
      return { expected: numbered(expected, difference.pattern), actual: numbered(actual, difference.pattern) };
    case "answer": {
      const statuses = [statusOf(expected), statusOf(actual)];
      const { recordedStatus, ourStatus } = difference;
      if (statuses[0] !== recordedStatus || statuses[1] !== ourStatus) {
        throw new Error(
          `${expected.id}: the statuses are ${statuses.join(" and ")}, not ${recordedStatus} and ${ourStatus}`,
        );
      }
      return { expected: actual, actual };
    }
  }
}

function changedAt(exchange: Exchange, at: readonly string[], change: (value: Value) => Value): Exchange {
  const response = structuredClone(exchange.response ?? null);
  const last = at.at(-1) ?? "";
  let parent: Value | undefined = response;
  for (const step of at.slice(0, -1)) parent = fieldOf(parent, step);
  const value = fieldOf(parent, last);
  if (value === undefined || typeof parent !== "object" || parent === null) {
    throw new Error(`${exchange.id}: the recorded answer has no ${at.join(".")}`);
  }
  Object.assign(parent, { [last]: change(value) });
  return { ...exchange, response };
}

function fieldOf(value: Value | undefined, step: string): Value | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return Array.isArray(value) ? value[Number(step)] : value[step];
}

function replacedText(value: Value, { recorded, ours }: Extract<Difference, { kind: "text" }>): Value {
  if (typeof value === "string" && value.includes(recorded)) return value.replaceAll(recorded, ours);
  throw new Error(`the recorded answer has no ${recorded}`);
}

/** Items take the place that the sorted list gives them; lines, which are not sorted, that after the first. */
function replacedItems(value: Value, difference: Extract<Difference, { kind: "items" }>): Value {
  if (typeof value === "string") {
    const [first = "", ...rest] = without(value.split("\n"), difference.recordedOnly);
    return [first, ...difference.oursOnly, ...rest].join("\n");
  }
  if (!Array.isArray(value)) throw new Error("the recorded answer has neither a text nor a list there");
  return [...without(value.map(String), difference.recordedOnly), ...difference.oursOnly].toSorted();
}

function without(items: readonly string[], gone: readonly string[]): string[] {
  for (const item of gone) if (!items.includes(item)) throw new Error(`the recorded answer has no ${item}`);
  return items.filter((item) => !gone.includes(item));
}

/** What is derived becomes the number of its first appearance, so that things that differ go on to differ. */
function numbered(exchange: Exchange, pattern: RegExp): Exchange {
  const seen = new Map<string, string>();
  const text = JSON.stringify(exchange.response).replace(pattern, (match: string, part: string) => {
    if (!seen.has(part)) seen.set(part, `<derived-${seen.size + 1}>`);
    return match.replace(part, seen.get(part) ?? "");
  });
  if (seen.size === 0) throw new Error(`${exchange.id}: nothing matches ${pattern.source}`);
  return { ...exchange, response: JSON.parse(text) as Value };
}

function statusOf({ response }: Exchange): Value | undefined {
  return fieldOf(response, "status");
}

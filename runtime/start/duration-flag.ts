import { InvalidArgumentError } from "commander";
import { parseDuration } from "../meta/duration.ts";

const nanosecondsPerMs = 1_000_000n;
/** What a timer of Node can be set to. */
const durationMaxMs = 2 ** 31 - 1;

/** Reads the value of a flag that is a length of time, such as `5m` or `0`; gives milliseconds. */
export function parseDurationFlag(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined || ms < 0 || ms > durationMaxMs) {
    throw new InvalidArgumentError("It takes a duration such as 5m, 90s or 0, of 24 days at most.");
  }
  return ms;
}

function durationMs(text: string): number | undefined {
  try {
    return Number(parseDuration(text) / nanosecondsPerMs);
  } catch {
    return undefined;
  }
}

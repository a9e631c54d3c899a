import type { Answer } from "../../../runtime/http/document.ts";

/** The text of an answer; empty if it has none. */
export function readText(answer: Answer): string {
  return Buffer.from(answer.body ?? []).toString();
}

/** The JSON of an answer; whoever reads it says what shape it has. */
export function readJson(answer: Answer) {
  return JSON.parse(readText(answer));
}

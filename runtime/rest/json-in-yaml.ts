import { compareBytes } from "../meta/byte-text.ts";
import { BodyError } from "./body-error.ts";
import { scanJson } from "./json-scan.ts";

/**
 * The JSON of YAML that is JSON itself, with keys in order, as the reader of YAML gives it: clients that are no people
 * send that, and reading it as YAML takes fifty times as long. Undefined where the two might differ: where it is no JSON
 * object, fields stand twice, numbers are not exact, or there are tabs, which YAML does not take between its tokens.
 * https://yaml.org/spec/1.2.2/#13-terminology
 */
export function jsonInYaml(text: string): string | undefined {
  if (!text.startsWith("{") || text.includes("\t")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const { problems, inexact } = scanJson(text);
    return problems.length === 0 && inexact === undefined ? inOrder(value) : undefined;
  } catch (error) {
    // What is wrong with it is told in the words of YAML.
    if (error instanceof SyntaxError || error instanceof BodyError) return undefined;
    throw error;
  }
}

function inOrder(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(inOrder).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => compareBytes(a, b));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${inOrder(member)}`).join(",")}}`;
}

import { createContext, Script } from "node:vm";
import { Environment, type ASTNode, type ParseResult } from "@marcbachmann/cel-js";
import { isFields } from "../../meta/decode.ts";
import { once } from "../../meta/once.ts";
import { setMember } from "../../meta/set-member.ts";
import { aggregate } from "../../meta/status-error.ts";
import { slowFunctions, withKubernetesFunctions } from "./cel-functions.ts";
import type { MatchCondition } from "./configuration.ts";

/** What conditions are about: JSON values; an object that there is none of is null. */
export interface ConditionInput {
  readonly object: object | null;
  readonly oldObject: object | null;
  readonly request: object;
}

/** What conditions have come to. */
type Outcome = { readonly kind: "match" | "no match" } | { readonly kind: "error"; readonly why: string };

/** Whether a write meets all conditions of a webhook. */
export type MatchConditions = (input: ConditionInput) => Outcome;

/**
 * Makes conditions ready. One that is false is the end of it; else an error is told, or taken for false where failures
 * are ignored. The variable `authorizer`, and most functions that Kubernetes adds to CEL, are not there: an error too.
 * https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-matchconditions
 */
export function matchConditions(conditions: readonly MatchCondition[], ignoresFailures: boolean): MatchConditions {
  const programs = conditions.map(({ expression }) => compiled(expression));
  return (input) => {
    const values: Values = {
      object: celValue(input.object),
      oldObject: celValue(input.oldObject),
      request: celValue(input.request),
    };
    const untilMs = performance.now() + evaluationMaxMs;
    const errors: string[] = [];
    for (const program of programs) {
      const result = program(values, untilMs);
      if (result === false) return { kind: "no match" };
      if (result !== true) errors.push(result);
    }
    if (errors.length === 0) return { kind: "match" };
    return ignoresFailures ? { kind: "no match" } : { kind: "error", why: aggregate(errors) };
  };
}

/** As long as Kubernetes' limit of cost for all conditions of a webhook takes, about. */
const evaluationMaxMs = 250;

type Values = Record<"object" | "oldObject" | "request", unknown>;

/** Gives whether the condition is met, or what is wrong. */
type Program = (values: Values, untilMs: number) => boolean | string;

// Values come from any version of any kind, so that their types are known when they are there.
const environment = once(() =>
  withKubernetesFunctions(new Environment({ homogeneousAggregateLiterals: false, enableOptionalTypes: true }))
    .registerVariable("object", "dyn")
    .registerVariable("oldObject", "dyn")
    .registerVariable("request", "dyn"),
);

function compiled(expression: string): Program {
  const parsed = parse(expression);
  if (typeof parsed === "string") {
    const why = `compilation error: ${parsed}`;
    return () => why;
  }
  // Without loops and patterns it takes no longer than its text is long.
  const run = mayTakeLong(parsed.ast) ? withinTime(parsed) : (values: Values): unknown => parsed(values);
  const failed = (why: string): string => `expression '${expression}' resulted in error: ${why}`;
  return (values, untilMs) => {
    try {
      const result = run(values, untilMs);
      return typeof result === "boolean" ? result : failed("it is neither true nor false");
    } catch (error) {
      return failed(summaryOf(error));
    }
  };
}

function parse(expression: string): ParseResult | string {
  try {
    const parsed = environment().parse(expression);
    const { valid, type = "dyn", error } = parsed.check();
    if (!valid) return summaryOf(error);
    return type === "bool" || type === "dyn" ? parsed : `must evaluate to bool, not ${type}`;
  } catch (error) {
    return summaryOf(error);
  }
}

/** The library's messages show the expression too, over several lines. */
function summaryOf(error: unknown): string {
  // It comes from another realm, whose errors are not instances of this one's.
  if (isFields(error) && error["code"] === tookTooLong) return "it took too long";
  const text = error instanceof Error ? ("summary" in error ? String(error.summary) : error.message) : String(error);
  if (text.startsWith("No such key")) return `n${text.slice(1)}`;
  return /\bauthorizer\b/.test(text) ? `${text}; this server does not offer the variable authorizer` : text;
}

const macros = ["all", "exists", "exists_one", "map", "filter", "bind"];
const slow: ReadonlySet<string> = new Set([...macros, "matches", ...slowFunctions]);

function mayTakeLong(node: unknown): boolean {
  if (Array.isArray(node))
    return node.some((part) => (typeof part === "string" && slow.has(part)) || mayTakeLong(part));
  return isNode(node) && mayTakeLong([node.args]);
}

function isNode(value: unknown): value is ASTNode {
  return isFields(value) && "op" in value && "args" in value;
}

const tookTooLong = "ERR_SCRIPT_EXECUTION_TIMEOUT";

/** Nothing but a script of its own can be stopped; the time that this takes to set up is spent by those that need it. */
function withinTime(parsed: ParseResult): (values: Values, untilMs: number) => unknown {
  const sandbox: { run: () => unknown } = { run: () => undefined };
  const context = createContext(sandbox);
  const script = new Script("run()");
  return (values, untilMs) => {
    sandbox.run = () => parsed(values);
    try {
      return script.runInContext(context, { timeout: Math.max(1, Math.ceil(untilMs - performance.now())) });
    } finally {
      sandbox.run = () => undefined;
    }
  };
}

/** A JSON value as CEL has it, where whole numbers are another type than others. */
function celValue(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celValue);
  if (!isFields(value)) return value;
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(value)) if (value[name] !== undefined) setMember(fields, name, celValue(value[name]));
  return fields;
}

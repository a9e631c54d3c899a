import { code } from "../code.ts";
import type { Check, Guarded } from "./check.ts";
import type { Scope } from "./scope.ts";

/**
 * The checks of one value and what comes after them. Those that end it run first, all of them; the others and the
 * rest run if none of these failed and every silent condition holds.
 */
export function sequence(scope: Scope, checks: readonly Check[], rest: string): Guarded {
  const silent = [...new Set(checks.flatMap((check) => (check.kind === "silent" ? [check.holds] : [])))];
  const loud = checks.filter((check) => check.kind !== "silent");
  const ending = loud.filter(({ ends }) => ends);
  const body = code`${[...loud.filter(({ ends }) => !ends).map(statementOf), rest]}`.trim();
  if (ending.every(({ needsValue }) => needsValue)) {
    // Where the value is not set nothing can fail, so that the silent conditions stand around everything.
    const text = afterEnding(scope, ending, { conditions: [], text: body });
    return { conditions: text === "" ? [] : silent, text };
  }
  const tests = ending.map((check) => (check.needsValue ? whereSet(check, silent) : check));
  return { conditions: [], text: afterEnding(scope, tests, { conditions: silent, text: body }) };
}

/** The checks that end it, and a body that runs if none of them failed. */
function afterEnding(scope: Scope, ending: readonly Check[], body: Guarded): string {
  const [only] = ending;
  const tests = ending.map(statementOf).join("\n");
  if (only === undefined || body.text === "") return code`${[tests, guard(body)]}`;
  if (ending.length === 1 && only.kind === "test") {
    const conditions = body.conditions.filter((condition) => condition !== negated(only.fails));
    const then = guard({ conditions, text: body.text });
    return `${tests} else ${conditions.length > 0 || loneTest.test(then) ? then : `{\n${then}\n}`}`;
  }
  const before = scope.fresh("before");
  return code`
    const ${before} = validation.errors.length;
    ${tests}
    ${guard(body, `validation.errors.length === ${before}`)}`;
}

function whereSet(check: Check, conditions: readonly string[]): Check {
  switch (check.kind) {
    case "test":
      return { ...check, fails: [...conditions, check.fails].join(" && ") };
    case "statements":
      return { ...check, text: guard({ conditions, text: check.text }) };
    case "silent":
      return check;
  }
}

/** The statements with their conditions around them, and with more conditions before these. */
export function guard({ conditions, text }: Guarded, ...more: readonly string[]): string {
  const all = [...new Set([...more, ...conditions])];
  if (text === "" || all.length === 0) return text;
  const [, only, then] = loneTest.exec(text) ?? [];
  if (only !== undefined && then !== undefined) return `if (${both(...all, only)}) ${then}`;
  return `if (${both(...all)}) {\n${text}\n}`;
}

// Nothing but one test and its error.
const loneTest =
  /^if \(((?:(?!validation\.errors|\n).)*)\) (validation\.errors\.push\((?:(?!validation\.errors| else |\n).)*\);)$/;

/** A condition for all of these. */
function both(...conditions: readonly string[]): string {
  if (conditions.length === 1) return conditions[0] ?? "";
  return conditions.map((each) => (each.includes(" || ") ? `(${each})` : each)).join(" && ");
}

/** A check as statements. */
function statementOf(check: Check): string {
  switch (check.kind) {
    case "test":
      return `if (${check.fails}) ${push(check.error)}`;
    case "statements":
      return check.text;
    case "silent":
      return "";
  }
}

/** A statement that notes an error. */
export function push(error: string): string {
  return `validation.errors.push(${error});`;
}

/** The same check without its error: where it would have failed, nothing more runs. */
export function silenced(check: Check): Check {
  switch (check.kind) {
    case "test":
      return { kind: "silent", holds: negated(check.fails) };
    case "silent":
      return check;
    case "statements":
      return { ...check, text: "" };
  }
}

/** The opposite of a condition. */
export function negated(condition: string): string {
  const comparison = /^(\S+) (===|!==) (\S+)$/.exec(condition);
  if (comparison === null) return /^!?[\w.]+$/.test(condition) ? flipped(condition) : `!(${condition})`;
  return `${comparison[1] ?? ""} ${comparison[2] === "===" ? "!==" : "==="} ${comparison[3] ?? ""}`;
}

function flipped(condition: string): string {
  return condition.startsWith("!") ? condition.slice(1) : `!${condition}`;
}

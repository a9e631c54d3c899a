import type { ArrayType, Rule, ValueFormat } from "../../../../codegen/model/model.ts";
import { checkDuration, checkMicroTime, checkQuantity, checkTime } from "../../../../runtime/abi.ts";
import type { FieldError } from "../../../../runtime/meta/field-error.ts";
import * as formats from "../../../../runtime/meta/formats.ts";
import { isSet, items, keysOf, tell, type Run, type Spot } from "./run.ts";
import { identity } from "./same.ts";

/** Rules that compare a value with something: the kind of error, and its words if the value breaks the rule. */
type Breach = (spot: Spot, limit: never) => string | undefined;

const size = ({ value }: Spot): number => keysOf(value).length;
const characters = ({ value }: Spot): number => Array.from(String(value)).length;

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

const breaches: Readonly<Record<string, readonly [errorType: string, Breach]>> = {
  minimum: [
    "Invalid",
    ({ value }, n: number) => (Number(value) < n ? `must be greater than or equal to ${n}` : undefined),
  ],
  maximum: [
    "Invalid",
    ({ value }, n: number) => (Number(value) > n ? `must be less than or equal to ${n}` : undefined),
  ],
  neq: [
    "Invalid",
    ({ value }, other: unknown) => (value === other ? `must not be equal to ${JSON.stringify(other)}` : undefined),
  ],
  pattern: [
    "Invalid",
    ({ value }, p: string) => (new RegExp(p, "u").test(String(value)) ? undefined : `must match the pattern ${p}`),
  ],
  minLength: [
    "TooShort",
    (spot, n: number) => (characters(spot) < n ? `must be at least ${plural(n, "character")}` : undefined),
  ],
  maxLength: [
    "TooLong",
    (spot, n: number) => (characters(spot) > n ? `may not be more than ${plural(n, "character")}` : undefined),
  ],
  maxBytes: [
    "TooLong",
    ({ value }, n: number) =>
      Buffer.byteLength(String(value)) > n ? `may not be more than ${plural(n, "byte")}` : undefined,
  ],
  minItems: ["TooFew", (spot, n: number) => (size(spot) < n ? `must have at least ${plural(n, "item")}` : undefined)],
  minProperties: [
    "TooFew",
    (spot, n: number) => (size(spot) < n ? `must have at least ${plural(n, "item")}` : undefined),
  ],
  maxItems: ["TooMany", (spot, n: number) => (size(spot) > n ? `must have at most ${plural(n, "item")}` : undefined)],
  maxProperties: [
    "TooMany",
    (spot, n: number) => (size(spot) > n ? `must have at most ${plural(n, "item")}` : undefined),
  ],
};

const validators: Partial<Record<ValueFormat, (path: string, value: string) => FieldError[]>> = {
  "k8s-short-name": formats.validateShortName,
  "k8s-label-key": formats.validateLabelKeyFormat,
  "k8s-label-value": formats.validateLabelValue,
};

/** Applies a rule that looks at nothing but the value and its old self. */
export function applyLimit(run: Run, spot: Spot, rule: Rule): void {
  const { path, value, old, type } = spot;
  const breach = breaches[rule.kind];
  if (breach !== undefined && "value" in rule) {
    const [errorType, detail] = breach;
    const found = detail(spot, rule.value as never);
    if (found !== undefined) tell(run, path, `FieldValue${errorType}`, found);
  } else if (rule.kind === "format") {
    for (const error of validators[rule.value]?.(path, String(value)) ?? []) tell(run, path, error.type, error.detail);
  } else if (rule.kind === "monotonic") {
    const decreased = run.update && typeof old === "number" && Number(value) < old;
    if (decreased) tell(run, path, "FieldValueInvalid", `may not be decreased from ${old}`);
  } else if (rule.kind === "unique" && type.kind === "array") {
    tellDuplicates(run, spot, type);
  } else {
    throw new Error(`the fixture has no ${rule.kind} here`);
  }
}

function tellDuplicates(run: Run, { path, value }: Spot, type: ArrayType): void {
  const known = items(value).map((item) => identity(run, type, item));
  for (const [index, key] of known.entries()) {
    if (known.indexOf(key) < index) tell(run, `${path}[${index}]`, "FieldValueDuplicate", "");
  }
}

/** Applies one limit of `+k8s:update`. */
export function applyUpdate(run: Run, spot: Spot, limit: string): void {
  if (!run.update) return;
  const { path, value, old } = spot;
  const now = isSet(spot);
  const before = isSet({ ...spot, value: old });
  const say = (detail: string): void => tell(run, path, "FieldValueInvalid", detail);
  if (limit === "NoSet" && now && !before) say("field cannot be set once created");
  if (limit === "NoUnset" && !now && before) say("field cannot be cleared once set");
  if (limit === "NoModify" && now && before) say("field cannot be modified once set");
  if (limit === "NoAddItem") {
    for (const place of missing(run, spot, value, old))
      tell(run, place, "FieldValueForbidden", "item may not be added");
  }
  if (limit === "NoRemoveItem") {
    for (const place of missing(run, spot, old, value)) {
      const where = spot.type.kind === "array" ? path : place;
      tell(run, where, "FieldValueForbidden", "item may not be removed");
    }
  }
}

/** Where things stand in one list or map that are not in another. */
function missing(run: Run, { type, path }: Spot, from: unknown, others: unknown): string[] {
  if (type.kind !== "array") {
    return keysOf(from).flatMap((key) => (keysOf(others).includes(key) ? [] : [`${path}[${key}]`]));
  }
  const known = items(others).map((item) => identity(run, type, item));
  return items(from).flatMap((item, index) => (known.includes(identity(run, type, item)) ? [] : [`${path}[${index}]`]));
}

const forms = {
  "date-time": checkTime,
  "micro-time": checkMicroTime,
  duration: checkDuration,
  quantity: checkQuantity,
};

/** Checks a string's own form. */
export function checkForm(run: Run, { type, path, value, presence }: Spot): void {
  if (type.kind !== "string") return;
  if (type.enum !== undefined) {
    const allowed = type.enum.filter(
      ({ excludedIf = [] }) => !excludedIf.some(({ option, enabled }) => run.options.get(option) === enabled),
    );
    const names = allowed.map((each) => each.value).toSorted();
    const detail = `supported values: ${names.map((name) => `"${name}"`).join(", ")}`;
    if (!names.includes(String(value))) tell(run, path, "FieldValueNotSupported", detail);
    return;
  }
  const isLeftOut = value === "" && (presence === "emptyAllowed" || presence === "defaulted");
  if (type.format === undefined || isLeftOut) return;
  if (type.format === "byte") {
    const isBase64 = Buffer.from(String(value), "base64").toString("base64") === value;
    if (!isBase64) tell(run, path, "FieldValueInvalid", "must be base64 as RFC 4648 has it");
    return;
  }
  const errors: FieldError[] = [];
  forms[type.format](path, String(value), { errors, update: run.update, options: run.options });
  for (const error of errors) tell(run, path, error.type, error.detail);
}

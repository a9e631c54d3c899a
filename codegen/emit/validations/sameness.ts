import type { Field, ListTopology, Type } from "../../model/model.ts";
import { abi, code, member } from "../code.ts";
import { looseTypeText, valueName } from "../naming.ts";
import type { Scope } from "./scope.ts";

/** A condition for two values of a type being the same. */
export function areSame(scope: Scope, type: Type, a: string, b: string): string {
  switch (type.kind) {
    case "string":
      return type.format === "quantity" ? `${abi("sameQuantity")}(${a}, ${b})` : `${a} === ${b}`;
    case "integer":
    case "number":
    case "boolean":
      return `${a} === ${b}`;
    case "array":
      return `${abi("sameList")}(${a}, ${b}, ${sameFunction(scope, type.items)})`;
    case "map":
      return `${abi("sameMap")}(${a}, ${b}, ${sameFunction(scope, type.values)})`;
    case "ref":
    case "wellKnown":
      return type.kind === "wellKnown" && type.name === "IntOrString"
        ? `${a} === ${b}`
        : `${sameFunction(scope, type)}(${a}, ${b})`;
  }
}

/** A condition for two values of a type being different. */
export function differ(scope: Scope, type: Type, a: string, b: string): string {
  const same = areSame(scope, type, a, b);
  return same === `${a} === ${b}` ? `${a} !== ${b}` : `!${same}`;
}

/** The name of a function that tells whether two values are the same. */
function sameFunction(scope: Scope, type: Type): string {
  switch (type.kind) {
    case "string":
      return abi(type.format === "quantity" ? "sameQuantity" : "sameScalar");
    case "integer":
    case "number":
    case "boolean":
      return abi("sameScalar");
    case "ref":
      return sameObject(scope, type.name);
    case "wellKnown":
      return abi(type.name === "IntOrString" ? "sameScalar" : "sameJson");
    case "array":
    case "map":
      return `(a, b) => ${areSame(scope, type, "a", "b")}`;
  }
}

function sameObject(scope: Scope, name: string): string {
  return scope.helper(`same${name}`, () => {
    const type = scope.type(name);
    const text = `${looseTypeText(type)} | undefined`;
    const [first = "true", ...others] = type.fields.map((field) => sameField(scope, field));
    return code`
      function same${name}(a: ${text}, b: ${text}): boolean {
        if (a === undefined || b === undefined) return a === b;
        return ${[first, ...others].join(" && ")};
      }`;
  });
}

function sameField(scope: Scope, { name, type }: Field): string {
  return areSame(scope, type, `a${member(name)}`, `b${member(name)}`);
}

/** The name of a function for what tells the items of a list apart. */
export function keyFunction(scope: Scope, items: Type, identity: ListTopology): string {
  if (items.kind !== "ref") return items.kind === "wellKnown" ? abi("canonicalKey") : abi("itself");
  if (identity.kind !== "map") return abi("canonicalKey");
  const type = scope.type(items.name);
  const keys = identity.keys.map((key) => `item${member(key)}`);
  const [only = "undefined"] = keys;
  const name = `${valueName(items.name)}By${identity.keys.map((key) => key.replace(/^./, upper)).join("And")}`;
  return scope.helper(
    name.replace(/\W/g, ""),
    () => code`
      function ${name.replace(/\W/g, "")}(item: ${looseTypeText(type)}): ${keys.length === 1 ? keyType : "string"} {
        return ${keys.length === 1 ? only : `JSON.stringify([${keys.join(", ")}])`};
      }`,
  );
}

const keyType = "string | number | boolean | undefined";

function upper(letter: string): string {
  return letter.toUpperCase();
}

import type { ApiModel, Field, GroupVersion, Kind, ObjectType } from "../model/model.ts";
import { abi, abiType, code, docComment, firstSentence, sourceFile, withArticle } from "./code.ts";
import type { GeneratedFile } from "./generated-file.ts";
import { kindOf, looseTypeText, outputPath, typeAliases, typeText } from "./naming.ts";
import { objectHasChecks } from "./validations/has-checks.ts";
import { looksItself } from "./validations/loops.ts";
import { fieldPlace, ownPath, type Place } from "./validations/place.ts";
import { newScope, type Scope } from "./validations/scope.ts";
import { guard, sequence } from "./validations/sequence.ts";
import { changedOnly, checksOf, valueCheck } from "./validations/value.ts";

/**
 * Writes `zz_generated.validations.ts`: one flat function per object type. The order of the checks, and which of them
 * an update runs, are those of https://kubernetes.io/docs/reference/using-api/declarative-validation/.
 */
export function emitValidations(model: ApiModel): GeneratedFile[] {
  return model.groupVersions.flatMap((groupVersion) => {
    if (groupVersion.off.includes("validation")) return [];
    const checked = groupVersion.types.filter(({ name }) => objectHasChecks(groupVersion, name));
    if (checked.length === 0) return [];
    const scope = newScope(groupVersion, checksOf);
    const functions = checked.flatMap((type) => typeFunctions(scope, type));
    const helpers = [...scope.helpers.values()];
    const constants = [...scope.constants].map(([name, text]) => `const ${name}${text};`);
    return [
      sourceFile(outputPath(groupVersion, "validations"), [
        typeAliases(groupVersion, [...functions, ...helpers]),
        constants.join("\n"),
        ...functions,
        ...helpers,
      ]),
    ];
  });
}

/** Whether objects of the kind are checked by generated code. */
export function hasValidation(groupVersion: GroupVersion, { name }: Kind): boolean {
  return !groupVersion.off.includes("validation") && objectHasChecks(groupVersion, name);
}

function typeFunctions(scope: Scope, type: ObjectType): string[] {
  const kind = kindOf(scope.groupVersion, type);
  return [...(kind === undefined ? [] : [kindFunction(scope.groupVersion, kind, type)]), checkFunction(scope, type)];
}

function kindFunction(groupVersion: GroupVersion, { name }: Kind, type: ObjectType): string {
  const usesOptions = JSON.stringify(groupVersion.types).match(/"kind":"ifOption"|"excludedIf":/) !== null;
  const text = typeText(type);
  return code`
    ${docComment(`What is wrong with ${withArticle(name)}; \`old\` is what an update replaces.`)}
    export function validate${name}(
      object: ${text},
      old: ${text} | undefined,
      ${usesOptions && `options?: ${abiType("ValidationOptions")},`}
    ): ${abiType("FieldError")}[] {
      const validation = ${abi("newValidation")}(old !== undefined${usesOptions ? ", options" : ""});
      check${name}("", object, old, validation);
      return validation.errors;
    }`;
}

function checkFunction(scope: Scope, type: ObjectType): string {
  const text = looseTypeText(type);
  const fields = type.fields.map((field) => scope.block(() => fieldText(scope, field))).filter((each) => each !== "");
  const place: Place = {
    type: { kind: "ref", name: type.name },
    value: "object",
    old: "old",
    path: ownPath,
    presence: "item",
    nullable: false,
    depth: 0,
  };
  const body = scope.block(() => guard(sequence(scope, checksOf(scope, type.rules, place), fields.join("\n\n"))));
  return code`
    ${docComment(`Checks ${withArticle(type.name)}; \`at\` stands before its fields' names in paths.`, firstSentence(type.doc))}
    function check${type.name}(at: string, object: ${text}, old: ${text} | undefined, validation: ${abiType("Validation")}): void {
      ${body}
    }`;
}

function fieldText(scope: Scope, field: Field): string {
  const owner = { value: "object", old: "old", depth: 0 };
  const place = fieldPlace(owner, "${at}", field);
  const checks = valueCheck(scope, place, field.rules);
  if (checks.text === "") return "";
  // An object's own fields pass over what has not changed.
  if (looksItself(scope, field.type, checks.text)) return guard(checks);
  return changedOnly(scope, place, "old", checks);
}

import { expect } from "vitest";
import { validateCidr, validateInterfaceAddress, validateIp } from "../../runtime/meta/addresses.ts";
import { byteLength } from "../../runtime/meta/byte-text.ts";
import { fieldErrorMessage, type FieldError } from "../../runtime/meta/field-error.ts";
import { validateFieldManager } from "../../runtime/meta/field-manager.ts";
import { validateAnnotations, validateLabels } from "../../runtime/meta/label-validation.ts";
import {
  checkDns1035Label,
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelKey,
  checkLabelValue,
  dns1035LabelName,
  dnsLabelName,
  dnsSubdomainName,
  generateName,
  pathSegmentName,
  type NameRule,
  type Problems,
} from "../../runtime/meta/names.ts";
import {
  checkCIdentifier,
  checkConfigMapKey,
  checkDnsSubdomainWithUnderscore,
  checkEnvVarName,
  checkHttpHeaderName,
  checkPercent,
  checkPortName,
  checkRelaxedEnvVarName,
  checkWildcardDnsSubdomain,
  validateDomainPrefixedKey,
  validateDomainPrefixedPath,
  validateFullyQualifiedDomainName,
  validateFullyQualifiedName,
} from "../../runtime/meta/text-rules.ts";
import type { VectorCase } from "./load.ts";
import { vectorSuite } from "./suite.ts";

interface Input {
  readonly value: string;
  readonly prefix?: boolean;
  readonly fieldPath: string;
  readonly base: string;
  readonly labels: Record<string, string> | null;
  readonly annotations: Record<string, string | { readonly repeat: string; readonly count: number }> | null;
}

interface Expectation {
  readonly messages: readonly string[];
  readonly errors: readonly { readonly message: string }[];
  readonly totalBytes: number;
  readonly prefix: string;
  readonly length: number;
  readonly suffixLength: number;
  readonly suffixAlphabet: string;
}

const messages: Record<string, (value: string) => Problems> = {
  IsCIdentifier: checkCIdentifier,
  IsConfigMapKey: checkConfigMapKey,
  IsDNS1035Label: checkDns1035Label,
  IsDNS1123Label: checkDnsLabel,
  IsDNS1123Subdomain: checkDnsSubdomain,
  IsDNS1123SubdomainWithUnderscore: checkDnsSubdomainWithUnderscore,
  IsEnvVarName: checkEnvVarName,
  IsHTTPHeaderName: checkHttpHeaderName,
  IsQualifiedName: checkLabelKey,
  IsRelaxedEnvVarName: checkRelaxedEnvVarName,
  IsValidLabelValue: checkLabelValue,
  IsValidPercent: checkPercent,
  IsValidPortName: checkPortName,
  IsWildcardDNS1123Subdomain: checkWildcardDnsSubdomain,
};

const nameRules: Record<string, NameRule> = {
  NameIsDNS1035Label: dns1035LabelName,
  NameIsDNSLabel: dnsLabelName,
  NameIsDNSSubdomain: dnsSubdomainName,
  ValidatePathSegmentName: pathSegmentName,
};

const validations: Record<string, (field: string, value: string) => readonly FieldError[]> = {
  IsDomainPrefixedKey: validateDomainPrefixedKey,
  IsDomainPrefixedPath: validateDomainPrefixedPath,
  IsFullyQualifiedDomainName: validateFullyQualifiedDomainName,
  IsFullyQualifiedName: validateFullyQualifiedName,
  IsValidCIDR: validateCidr,
  IsValidIP: validateIp,
  IsValidInterfaceAddress: validateInterfaceAddress,
  ValidateFieldManager: validateFieldManager,
};

function checkErrors(errors: readonly FieldError[], expected: Expectation): void {
  expect(errors.map(fieldErrorMessage).toSorted()).toEqual(expected.errors.map(({ message }) => message));
}

function checkName(fn: string, input: Input, expected: Expectation): void {
  const message = messages[fn];
  const rule = nameRules[fn];
  const validation = validations[fn];
  if (message !== undefined) expect(message(input.value)).toEqual(expected.messages);
  else if (rule !== undefined) {
    expect((input.prefix === true ? rule.prefix : rule.name)(input.value)).toEqual(expected.messages);
  } else if (validation !== undefined) checkErrors(validation(input.fieldPath, input.value), expected);
  else throw new Error(`no check for ${fn}`);
}

function annotationsOf({ annotations }: Input): Record<string, string> {
  const texts = Object.entries(annotations ?? {}).map(([key, value]): [string, string] => [
    key,
    typeof value === "string" ? value : value.repeat.repeat(value.count),
  ]);
  return Object.fromEntries(texts);
}

function checkGeneratedName({ base }: Input, expected: Expectation): void {
  for (let draw = 0; draw < 27; draw++) {
    const name = generateName(base, (max) => draw % max);
    const suffix = name.slice(-expected.suffixLength);
    expect(name).toBe(expected.prefix + suffix);
    expect(name.length).toBe(expected.length);
    expect(suffix).toBe((expected.suffixAlphabet[draw] ?? "").repeat(expected.suffixLength));
  }
}

vectorSuite("names", ({ fn = "", ...vector }: VectorCase) => {
  const input = vector["in"] as Input;
  const expected = vector["expect"] as Expectation;
  switch (fn) {
    case "GenerateName":
      return checkGeneratedName(input, expected);
    case "ValidateLabels":
      return checkErrors(validateLabels(input.fieldPath, input.labels ?? undefined), expected);
    case "ValidateAnnotations": {
      const annotations = annotationsOf(input);
      const bytes = Object.entries(annotations).reduce((sum, [k, v]) => sum + byteLength(k) + byteLength(v), 0);
      expect(bytes).toBe(expected.totalBytes);
      return checkErrors(validateAnnotations(input.fieldPath, annotations), expected);
    }
    default:
      return checkName(fn, input, expected);
  }
});

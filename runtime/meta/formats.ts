import { byteLength } from "./byte-text.ts";
import { invalid, tooLongBytes, type FieldError } from "./field-error.ts";
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelKey,
  checkLabelValue,
  checkPathSegment,
  labelBytesMax,
  subdomainBytesMax,
  type Problems,
} from "./names.ts";
import { checkCIdentifier, checkDnsSubdomainCaseless } from "./text-rules.ts";

/**
 * The formats that `+k8s:format` names, one function each: what is wrong with `value`, which stands at `field`.
 * https://kubernetes.io/docs/reference/using-api/declarative-validation/ and
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/api/validate
 */
type Validation = (field: string, value: string) => FieldError[];

function validation(check: (value: string) => Problems): Validation {
  return (field, value) => check(value).map((problem) => invalid(field, value, problem));
}

/** `k8s-short-name`: a DNS label. */
export const validateShortName = validation((value) => checkDnsLabel(value, "bytes"));

/** `k8s-long-name`: a DNS subdomain. */
export const validateLongName = validation((value) => checkDnsSubdomain(value, "bytes"));

/** `k8s-long-name-caseless`: a DNS subdomain in any case. */
export const validateLongNameCaseless = validation(checkDnsSubdomainCaseless);

/** `k8s-label-key`: a qualified name. */
export const validateLabelKeyFormat = validation(checkLabelKey);

/** `k8s-prefixed-label-key`: a qualified name that has its optional prefix. */
export const validatePrefixedLabelKey = validation((value) => {
  const problems = checkLabelKey(value);
  return problems.length > 0 || value.includes("/") ? problems : ["must include a prefix (e.g. 'example.com/key')"];
});

/** `k8s-label-value`: the value of a label. */
export const validateLabelValue = validation(checkLabelValue);

/** `k8s-path-segment-name`: a name that fits a URL. */
export const validatePathSegmentName = validation(checkPathSegment);

/** `k8s-uuid`: a UUID in lower case. */
export const validateUuid = validation((value) =>
  /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(value) ? [] : ["must be a lowercase UUID in 8-4-4-4-12 format"],
);

/** `k8s-extended-resource-name`: the name of a resource of nodes that Kubernetes does not define, as quota takes it. */
export const validateExtendedResourceName = validation((value) => [
  ...(value.includes("/") ? [] : ["a name must be a domain-prefixed path, such as 'example.com/my-prop'"]),
  ...(value.includes("kubernetes.io/") ? [`must not have "kubernetes.io/" domain`] : []),
  ...(value.startsWith("requests.") ? [`must not have "requests." prefix`] : []),
  ...checkLabelKey(`requests.${value}`),
]);

/** `k8s-resource-pool-name`: DNS subdomains joined by slashes. */
export function validateResourcePoolName(field: string, value: string): FieldError[] {
  const errors = byteLength(value) > subdomainBytesMax ? [tooLongBytes(field, subdomainBytesMax)] : [];
  // Every error may show the whole value, so what is longer by far is not looked at further.
  if (value.length > 4 * subdomainBytesMax) return errors;
  for (const [i, segment] of value.split("/").entries()) {
    if (segment === "") errors.push(invalid(field, value, `segment ${i}: must not be empty`));
    else errors.push(...prefixedLongName(field, segment, `segment ${i}: `));
  }
  return errors;
}

const deviceNameBytesMax = 32;

/** `k8s-resource-fully-qualified-name`: a C identifier after a DNS subdomain and a slash. */
export function validateResourceFullyQualifiedName(field: string, value: string): FieldError[] {
  const [first = "", second, ...more] = value.split("/");
  if (second === undefined) {
    return [
      ...validateDeviceName(field, first),
      invalid(field, value, "a fully qualified name must be a domain and a name separated by a slash"),
    ];
  }
  // Upstream looks no closer at values with more slashes.
  if (more.length > 0) return [];
  const errors = byteLength(first) > labelBytesMax ? [tooLongBytes(field, labelBytesMax)] : [];
  errors.push(
    ...(first === "" ? [invalid(field, "", "prefix must not be empty")] : prefixedLongName(field, first, "prefix: ")),
    ...(second === "" ? [invalid(field, "", "name must not be empty")] : validateDeviceName(field, second)),
  );
  return errors;
}

function prefixedLongName(field: string, value: string, prefix: string): FieldError[] {
  return checkDnsSubdomain(value, "bytes").map((problem) => invalid(field, value, `${prefix}${problem}`));
}

function validateDeviceName(field: string, value: string): FieldError[] {
  return [
    ...(byteLength(value) > deviceNameBytesMax ? [tooLongBytes(field, deviceNameBytesMax)] : []),
    ...checkCIdentifier(value).map((problem) => invalid(field, value, problem)),
  ];
}

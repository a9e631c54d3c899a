import { byteLength } from "./byte-text.ts";
import { invalid, required, type FieldError } from "./field-error.ts";
import {
  checkDnsLabel,
  checkDnsSubdomain,
  checkLabelKey,
  dnsSubdomainFormat,
  lengthProblem,
  noProblems,
  regexProblem,
  subdomainBytesMax,
  type Problems,
} from "./names.ts";

/**
 * Rules for texts other than names, each from https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation.
 * A check gives what is wrong as sentences, a validation as field errors.
 */
interface Rule {
  readonly pattern: RegExp;
  readonly problem: string;
}

function rule(format: string, problem: string, ...examples: readonly string[]): Rule {
  return { pattern: new RegExp(`^${format}$`), problem: regexProblem(problem, format, examples) };
}

function check({ pattern, problem }: Rule, value: string): Problems {
  return pattern.test(value) ? noProblems : [problem];
}

const cIdentifier = rule(
  "[A-Za-z_][A-Za-z0-9_]*",
  "a valid C identifier must start with alphabetic character or '_', " +
    "followed by a string of alphanumeric characters or '_'",
  "my_name",
  "MY_NAME",
  "MyName",
);

/** A C identifier. */
export function checkCIdentifier(value: string): Problems {
  return check(cIdentifier, value);
}

const underscoreLabelFormat = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const underscoreSubdomain = rule(
  `${underscoreLabelFormat}(\\.${underscoreLabelFormat})*`,
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', " +
    "and must start and end with an alphanumeric character",
  "example.com",
);

/** A DNS subdomain whose labels may also have underscores. */
export function checkDnsSubdomainWithUnderscore(value: string): Problems {
  return [...checkSubdomainLength(value), ...check(underscoreSubdomain, value)];
}

const caselessSubdomain = rule(
  dnsSubdomainFormat,
  "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', " +
    "and must start and end with an alphanumeric character",
  "Example.com",
);

/** A DNS subdomain in any case. */
export function checkDnsSubdomainCaseless(value: string): Problems {
  const problems = check(caselessSubdomain, value.toLowerCase());
  return byteLength(value) > subdomainBytesMax ? [lengthProblem(subdomainBytesMax, "bytes"), ...problems] : problems;
}

const wildcardSubdomain = rule(
  `\\*\\.${dnsSubdomainFormat}`,
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, " +
    "which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
  "*.example.com",
);

/** A DNS subdomain after `*.`. */
export function checkWildcardDnsSubdomain(value: string): Problems {
  return [...checkSubdomainLength(value), ...check(wildcardSubdomain, value)];
}

function checkSubdomainLength(value: string): Problems {
  return byteLength(value) > subdomainBytesMax ? [lengthProblem(subdomainBytesMax, "characters")] : noProblems;
}

const configMapKey = rule(
  "[-._a-zA-Z0-9]+",
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
  "key.name",
  "KEY_NAME",
  "key-name",
);

/** A key of a ConfigMap or Secret, which can become a file's name. */
export function checkConfigMapKey(value: string): Problems {
  return [...checkSubdomainLength(value), ...check(configMapKey, value), ...checkNotParentFolder(value)];
}

const environmentName = rule(
  "[-._a-zA-Z][-._a-zA-Z0-9]*",
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', " +
    "and must not start with a digit",
  "my.env-name",
  "MY_ENV.NAME",
  "MyEnvName1",
);

/** The name of an environment variable that every shell can have. */
export function checkEnvVarName(value: string): Problems {
  return [...check(environmentName, value), ...checkNotParentFolder(value)];
}

function checkNotParentFolder(value: string): Problems {
  if (value === "." || value === "..") return [`must not be '${value}'`];
  return value.startsWith("..") ? ["must not start with '..'"] : noProblems;
}

/** The name of an environment variable that some program may have: printable ASCII but `=`. */
export function checkRelaxedEnvVarName(value: string): Problems {
  if (value === "") return ["environment variable name must be non-empty"];
  return /^[ -<>-~]+$/.test(value)
    ? noProblems
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

const httpHeaderName = rule(
  "[-A-Za-z0-9]+",
  "a valid HTTP header must consist of alphanumeric characters or '-'",
  "X-Header-Name",
);

/** The name of an HTTP header. */
export function checkHttpHeaderName(value: string): Problems {
  return check(httpHeaderName, value);
}

const percent = rule(
  "[0-9]+%",
  "a valid percent string must be a numeric string followed by an ending '%'",
  "1%",
  "93%",
);

/** A percentage such as `93%`. */
export function checkPercent(value: string): Problems {
  return check(percent, value);
}

const portNameBytesMax = 15;

/** The name of a port, as registered with IANA. */
export function checkPortName(value: string): Problems {
  return [
    ...(byteLength(value) > portNameBytesMax ? [lengthProblem(portNameBytesMax, "characters")] : []),
    ...(/^[-a-z0-9]+$/.test(value) ? [] : ["must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"]),
    ...(/[a-z]/.test(value) ? [] : ["must contain at least one letter (a-z)"]),
    ...(value.includes("--") ? ["must not contain consecutive hyphens"] : []),
    ...(value.startsWith("-") || value.endsWith("-") ? ["must not begin or end with a hyphen"] : []),
  ];
}

/** A DNS subdomain of three labels or more. */
export function validateFullyQualifiedName(field: string, value: string): FieldError[] {
  if (value === "") return [required(field)];
  const problems = checkDnsSubdomain(value);
  if (problems.length > 0) return [invalid(field, value, problems.join(","))];
  return value.split(".").length >= 3
    ? []
    : [invalid(field, value, "should be a domain with at least three segments separated by dots")];
}

/** A DNS subdomain of two labels or more, none too long for DNS; it may end in a dot. */
export function validateFullyQualifiedDomainName(field: string, value: string): FieldError[] {
  if (value === "") return [required(field)];
  const name = value.endsWith(".") ? value.slice(0, -1) : value;
  const problems = checkDnsSubdomain(name);
  if (problems.length > 0) return [invalid(field, name, problems.join(","))];
  const labels = name.split(".");
  if (labels.length < 2) {
    return [invalid(field, name, "should be a domain with at least two segments separated by dots")];
  }
  const wrong = labels.find((label) => checkDnsLabel(label).length > 0);
  return wrong === undefined ? [] : [invalid(field, wrong, checkDnsLabel(wrong).join(","))];
}

const httpPath = rule("[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+", "Invalid path");

/** A path of a URL after a domain, such as `example.com/foo`. */
export function validateDomainPrefixedPath(field: string, value: string): FieldError[] {
  if (value === "") return [required(field)];
  const slash = value.indexOf("/");
  const host = value.slice(0, Math.max(slash, 0));
  const path = value.slice(slash + 1);
  if (host === "" || path === "") {
    return [invalid(field, value, `must be a domain-prefixed path (such as "acme.io/foo")`)];
  }
  return [
    ...checkDnsSubdomain(host).map((problem) => invalid(field, host, problem)),
    ...check(httpPath, path).map((problem) => invalid(field, path, problem)),
  ];
}

/** A label key that has its optional prefix. */
export function validateDomainPrefixedKey(field: string, value: string): FieldError[] {
  if (value === "") return [required(field)];
  const problems = checkLabelKey(value);
  if (problems.length > 0) return problems.map((problem) => invalid(field, value, problem));
  return value.includes("/") ? [] : [invalid(field, value, `must be a domain-prefixed key (such as "acme.io/foo")`)];
}

import { byteLength, truncateToBytes } from "./byte-text.ts";

/**
 * The rules for names, labels and path segments. A check gives what is wrong, as sentences; nothing if all is well.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation
 */
export type Problems = readonly string[];

/** What a check of a right value gives; shared, so that the usual case allocates nothing. */
export const noProblems: Problems = [];

const alphanumericEnds = "and must start and end with an alphanumeric character";

const dnsLabelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const dnsLabelPattern = new RegExp(`^${dnsLabelFormat}$`);
const dnsLabelText = regexProblem(
  `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', ${alphanumericEnds}`,
  dnsLabelFormat,
  ["my-name", "123-abc"],
);

/** The pattern of DNS subdomains as error texts show it, not anchored. */
export const dnsSubdomainFormat = `${dnsLabelFormat}(\\.${dnsLabelFormat})*`;
const dnsSubdomainPattern = new RegExp(`^${dnsSubdomainFormat}$`);
const dnsSubdomainText = regexProblem(
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', ${alphanumericEnds}`,
  dnsSubdomainFormat,
  ["example.com"],
);

const dns1035LabelFormat = "[a-z]([-a-z0-9]*[a-z0-9])?";
const dns1035LabelPattern = new RegExp(`^${dns1035LabelFormat}$`);
const dns1035LabelText = regexProblem(
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', " +
    "start with an alphabetic character, and end with an alphanumeric character",
  dns1035LabelFormat,
  ["my-name", "abc-123"],
);

const labelNameFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const labelNamePattern = new RegExp(`^${labelNameFormat}$`);
const labelNameText = regexProblem(
  `must consist of alphanumeric characters, '-', '_' or '.', ${alphanumericEnds}`,
  labelNameFormat,
  ["MyName", "my.name", "123-abc"],
);
const labelValueText = regexProblem(
  `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', ${alphanumericEnds}`,
  `(${labelNameFormat})?`,
  ["MyValue", "my_value", "12345"],
);

/** Longest DNS label, label name and label value, in bytes. */
export const labelBytesMax = 63;
/** Longest DNS subdomain, in bytes. */
export const subdomainBytesMax = 253;

/** Whether limits are told in characters, as the older texts do, or in the bytes that are counted either way. */
type LengthUnit = "bytes" | "characters";

/** An RFC 1123 label: up to 63 lower-case letters, digits and inner dashes. */
export function checkDnsLabel(value: string, unit: LengthUnit = "characters"): Problems {
  const tooLong = byteLength(value) > labelBytesMax;
  const fits = dnsLabelPattern.test(value);
  if (!tooLong && fits) return noProblems;
  const problems = tooLong ? [lengthProblem(labelBytesMax, unit)] : [];
  if (!fits) problems.push(dnsSubdomainPattern.test(value) ? "must not contain dots" : dnsLabelText);
  return problems;
}

/** An RFC 1123 subdomain: labels joined by dots, up to 253 bytes. */
export function checkDnsSubdomain(value: string, unit: LengthUnit = "characters"): Problems {
  const tooLong = byteLength(value) > subdomainBytesMax;
  const fits = dnsSubdomainPattern.test(value);
  if (!tooLong && fits) return noProblems;
  return [...(tooLong ? [lengthProblem(subdomainBytesMax, unit)] : []), ...(fits ? [] : [dnsSubdomainText])];
}

/** An RFC 1035 label: like an RFC 1123 one, but its first character is a letter. */
export function checkDns1035Label(value: string): Problems {
  const tooLong = byteLength(value) > labelBytesMax;
  const fits = dns1035LabelPattern.test(value);
  if (!tooLong && fits) return noProblems;
  return [...(tooLong ? [lengthProblem(labelBytesMax, "characters")] : []), ...(fits ? [] : [dns1035LabelText])];
}

/**
 * A qualified name: the key of a label or annotation, or a finalizer, such as `example.com/name` or `name`.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export function checkLabelKey(value: string): Problems {
  const slash = value.indexOf("/");
  if (slash !== value.lastIndexOf("/")) {
    return [
      `a valid label key ${labelNameText} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = value.slice(slash + 1);
  const prefixProblems = slash < 0 ? noProblems : checkLabelKeyPrefix(value.slice(0, slash));
  const fits = labelNamePattern.test(name);
  const tooLong = byteLength(name) > labelBytesMax;
  if (fits && !tooLong) return prefixProblems;
  const problems = [...prefixProblems];
  if (name === "") problems.push("name part must be non-empty");
  if (tooLong) problems.push(`name part ${lengthProblem(labelBytesMax, "bytes")}`);
  if (!fits) problems.push(`name part ${labelNameText}`);
  return problems;
}

function checkLabelKeyPrefix(prefix: string): Problems {
  if (prefix === "") return ["prefix part must be non-empty"];
  const problems = checkDnsSubdomain(prefix, "bytes");
  return problems.length === 0 ? noProblems : problems.map((problem) => `prefix part ${problem}`);
}

/** The value of a label: empty, or up to 63 letters, digits and inner `-`, `_` and `.`. */
export function checkLabelValue(value: string): Problems {
  const tooLong = byteLength(value) > labelBytesMax;
  const fits = value === "" || labelNamePattern.test(value);
  if (!tooLong && fits) return noProblems;
  return [...(tooLong ? [lengthProblem(labelBytesMax, "bytes")] : []), ...(fits ? [] : [labelValueText])];
}

/** A name that can stand between two slashes of a URL. Neither emptiness nor length is checked. */
export function checkPathSegment(value: string): Problems {
  return value === "." || value === ".." ? [`may not be '${value}'`] : checkPathSegmentPrefix(value);
}

const unpairedSurrogate = /\p{Surrogate}/u;

function checkPathSegmentPrefix(value: string): Problems {
  const slash = value.includes("/");
  const percent = value.includes("%");
  // JSON can name half a surrogate pair; as bytes, and so in a key, all such halves are the same.
  const unpaired = unpairedSurrogate.test(value);
  if (!slash && !percent && !unpaired) return noProblems;
  return [
    ...(slash ? ["may not contain '/'"] : []),
    ...(percent ? ["may not contain '%'"] : []),
    ...(unpaired ? ["must be Unicode text"] : []),
  ];
}

/** How the names of a kind are checked. A prefix is a generateName, which gets random characters appended. */
export interface NameRule {
  readonly name: (value: string) => Problems;
  readonly prefix: (value: string) => Problems;
}

/** Names that are DNS subdomains: what most kinds have. */
export const dnsSubdomainName: NameRule = {
  name: checkDnsSubdomain,
  prefix: (value) => checkDnsSubdomain(withoutTrailingDash(value)),
};

/** Names that are DNS labels, such as those of namespaces. */
export const dnsLabelName: NameRule = {
  name: checkDnsLabel,
  prefix: (value) => checkDnsLabel(withoutTrailingDash(value)),
};

/** Names that are RFC 1035 labels, such as those of services. */
export const dns1035LabelName: NameRule = {
  name: checkDns1035Label,
  prefix: (value) => checkDns1035Label(withoutTrailingDash(value)),
};

/** Names that only need to fit a URL. */
export const pathSegmentName: NameRule = { name: checkPathSegment, prefix: checkPathSegmentPrefix };

// A prefix may end in a dash, as something follows. Upstream takes its last two characters for one letter, and so do we.
function withoutTrailingDash(prefix: string): string {
  return prefix.length > 1 && prefix.endsWith("-") && prefix.charCodeAt(prefix.length - 2) < 0x80
    ? `${prefix.slice(0, -2)}a`
    : prefix;
}

const generatedNameBytesMax = 63;
const suffixLength = 5;
// Neither vowels nor what looks like them, so that no words come out.
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/**
 * The name that a generateName becomes: cut so that the whole has at most 63 bytes, and five random characters.
 * `randomInt` gives a whole number from 0 up to, but not including, `max`, as that of `node:crypto` does.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#generated-values
 */
export function generateName(base: string, randomInt: (max: number) => number): string {
  let name = truncateToBytes(base, generatedNameBytesMax - suffixLength);
  for (let i = 0; i < suffixLength; i++) name += suffixAlphabet.charAt(randomInt(suffixAlphabet.length));
  return name;
}

/** `must be no more than 63 bytes`. */
export function lengthProblem(max: number, unit: LengthUnit): string {
  return `must be no more than ${max} ${unit}`;
}

/** A sentence on what a text must look like, with examples and the regular expression. */
export function regexProblem(text: string, format: string, examples: readonly string[] = []): string {
  const regex = `regex used for validation is '${format}'`;
  if (examples.length === 0) return `${text} (${regex})`;
  // The two blanks before each "or" are what clients know.
  return `${text} (e.g. ${examples.map((example) => `'${example}', `).join(" or ")}${regex})`;
}

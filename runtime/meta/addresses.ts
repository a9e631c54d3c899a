import { goQuote, invalid, type FieldError } from "./field-error.ts";

/** An IP address: 4 or 16 bytes, and whether it was written with zeros that other software takes for octal. */
interface Address {
  readonly bytes: readonly number[];
  readonly leadingZeros: boolean;
}

/** A range of addresses, or an address in its network. */
interface Cidr extends Address {
  readonly prefixLength: number;
}

/**
 * What is wrong with an IP address, of either version, which has to be in its canonical form.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsValidIP
 */
export function validateIp(field: string, value: string): FieldError[] {
  const address = parseAddress(value);
  const refuse = (detail: string): FieldError[] => [invalid(field, value, detail)];
  if (address === undefined) return refuse("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
  if (address.leadingZeros) return refuse("must not have leading 0s");
  if (isMapped(address.bytes)) return refuse("must not be an IPv4-mapped IPv6 address");
  return validateCanonical(field, value, formatAddress(address.bytes));
}

/**
 * What is wrong with a range of IP addresses such as `10.9.8.0/24`, which has to be in its canonical form.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsValidCIDR
 */
export function validateCidr(field: string, value: string): FieldError[] {
  const cidr = parseCidr(value);
  const refuse = (detail: string): FieldError[] => [invalid(field, value, detail)];
  if (cidr === undefined) return refuse("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
  if (cidr.leadingZeros) return refuse("must not have leading 0s in IP or prefix length");
  if (isMapped(cidr.bytes)) return refuse("must not have an IPv4-mapped IPv6 address");
  if (hasBitsBeyond(cidr)) return refuse("must not have bits set beyond the prefix length");
  return validateCanonical(field, value, `${formatAddress(cidr.bytes)}/${cidr.prefixLength}`);
}

/**
 * What is wrong with the address of an interface in its network, such as `10.9.8.7/24`, which has to be canonical.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsValidInterfaceAddress
 */
export function validateInterfaceAddress(field: string, value: string): FieldError[] {
  const cidr = parseCidr(value);
  if (cidr === undefined) {
    return [invalid(field, value, "must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)")];
  }
  const { bytes, prefixLength } = cidr;
  const shown = isMapped(bytes) && prefixLength > 32 ? prefixLength - 96 : prefixLength;
  return validateCanonical(field, value, `${formatAddress(bytes)}/${shown}`);
}

function validateCanonical(field: string, value: string, canonical: string): FieldError[] {
  return value === canonical ? [] : [invalid(field, value, `must be in canonical form (${goQuote(canonical)})`)];
}

function parseAddress(text: string): Address | undefined {
  return text.includes(":") ? parseVersion6(text) : parseVersion4(text);
}

function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const length = text.slice(slash + 1);
  const address = slash < 0 || !/^\d+$/.test(length) ? undefined : parseAddress(text.slice(0, slash));
  if (address === undefined || Number(length) > address.bytes.length * 8) return undefined;
  const leadingZeros = address.leadingZeros || /^0\d/.test(length);
  return { bytes: address.bytes, leadingZeros, prefixLength: Number(length) };
}

function parseVersion4(text: string): Address | undefined {
  const parts = text.split(".");
  const right = parts.length === 4 && parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255);
  return right ? { bytes: parts.map(Number), leadingZeros: parts.some((part) => /^0\d/.test(part)) } : undefined;
}

/** Groups of up to four hexadecimal digits; one run of zero groups may be left out, and IPv4 may stand at the end. */
function parseVersion6(text: string): Address | undefined {
  const dot = text.indexOf(".");
  const tailStart = dot < 0 ? text.length : text.lastIndexOf(":", dot) + 1;
  const tail = dot < 0 ? { bytes: [], leadingZeros: false } : parseVersion4(text.slice(tailStart));
  // Two zero groups stand in for the IPv4 address while the rest is read.
  const halves = (dot < 0 ? text : `${text.slice(0, tailStart)}0:0`).split("::");
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [left = [], right] = groups;
  const count = groups.flat().length;
  if (tail === undefined || halves.length > 2 || (right === undefined ? count !== 8 : count > 7)) return undefined;
  if (!groups.flat().every((group) => /^[\da-fA-F]+$/.test(group) && Number.parseInt(group, 16) <= 0xffff)) {
    return undefined;
  }
  const gap = Array.from({ length: 8 - count }, () => "0");
  const bytes = [...left, ...gap, ...(right ?? [])].flatMap(bytesOfGroup);
  bytes.splice(16 - tail.bytes.length, tail.bytes.length, ...tail.bytes);
  return { bytes, leadingZeros: tail.leadingZeros || groups.flat().some((group) => group.length > 4) };
}

function bytesOfGroup(group: string): [number, number] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.length === 16 && bytes.slice(0, 12).every((byte, i) => byte === (i < 10 ? 0 : 0xff));
}

function hasBitsBeyond({ bytes, prefixLength }: Cidr): boolean {
  return bytes.some((byte, i) => {
    const kept = Math.min(Math.max(prefixLength - i * 8, 0), 8);
    return (byte & (0xff >> kept)) !== 0;
  });
}

/** The canonical form: RFC 5952 for version 6, and IPv4-mapped addresses as the IPv4 addresses that they map. */
function formatAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join(".");
  if (isMapped(bytes)) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const text = groups.join(":");
  // The first of the longest runs of two zero groups or more.
  const runs = text.match(/\b0(:0)+\b/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), "");
  if (longest === "") return text;
  const at = text.search(new RegExp(`\\b${longest}\\b`));
  return `${text.slice(0, at).replace(/:$/, "")}::${text.slice(at + longest.length).replace(/^:/, "")}`;
}

import { isIPv6 } from "node:net";

/** Where a request came from, as its headers and its connection tell. */
export interface RequestOrigin {
  /** The value of `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined;
  /** The value of `X-Real-Ip`. */
  readonly realIp: string | undefined;
  /** The address of the other end of the connection. */
  readonly peer: string | undefined;
}

/** So many addresses of one request are told: clients can name as many as fit into a header. */
const sourceIpsMax = 64;

/**
 * The addresses that a request passed on its way, the client's own first; all but the last are what others say of them.
 * https://pkg.go.dev/k8s.io/apimachinery/pkg/util/net#SourceIPs
 */
export function sourceIps({ forwardedFor, realIp, peer }: RequestOrigin): string[] {
  const addresses = (forwardedFor ?? "")
    .split(",", sourceIpsMax)
    .map((text) => canonicalIp(text.trim()))
    .filter((address) => address !== undefined);
  const real = canonicalIp(realIp ?? "");
  if (real !== undefined && !addresses.includes(real)) addresses.push(real);
  const remote = canonicalIp(peer ?? "");
  if (remote !== undefined && addresses.at(-1) !== remote) addresses.push(remote);
  return addresses;
}

/** An address as Go writes it; undefined for what is none. */
function canonicalIp(text: string): string | undefined {
  const four = canonicalIpv4(text);
  if (four !== undefined) return four;
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const six = new URL(`http://[${text}]`).hostname.slice(1, -1);
  return mappedIpv4(six) ?? six;
}

const ipv4 = /^(\d{1,10})\.(\d{1,10})\.(\d{1,10})\.(\d{1,10})$/;

// Leading zeros do not make a number octal here, as they do for URLs.
function canonicalIpv4(text: string): string | undefined {
  const numbers = ipv4.exec(text)?.slice(1).map(Number);
  return numbers === undefined || numbers.some((each) => each > 255) ? undefined : numbers.join(".");
}

const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/;

function mappedIpv4(text: string): string | undefined {
  const halves = mapped
    .exec(text)
    ?.slice(1)
    .map((half) => Number.parseInt(half, 16));
  return halves?.flatMap((half) => [half >> 8, half & 255]).join(".");
}

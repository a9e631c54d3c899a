/** What went wrong between a server and a webhook, in the words of Go's libraries where people know those. */
export function transportError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A name with several addresses has failed at each of them.
  if (error instanceof AggregateError) return transportError(error.errors.at(-1));
  const { code = "", address = "", port = "", hostname = "" } = error as NetworkError;
  const at = `dial tcp ${address.includes(":") ? `[${address}]` : address}:${port}: connect:`;
  switch (code) {
    case "ECONNREFUSED":
      return `${at} connection refused`;
    case "EHOSTUNREACH":
      return `${at} no route to host`;
    case "ENETUNREACH":
      return `${at} network is unreachable`;
    case "ETIMEDOUT":
      return `${at} connection timed out`;
    case "ENOTFOUND":
      return `dial tcp: lookup ${hostname}: no such host`;
    case "ECONNRESET":
      return "EOF";
    default:
      return certificates.has(code) ? `tls: failed to verify certificate: ${verification(code, error)}` : error.message;
  }
}

/** The errors of Node's network have more fields than its types tell. */
interface NetworkError extends Error {
  readonly code?: string;
  readonly address?: string;
  readonly port?: number;
  readonly hostname?: string;
}

const unknownAuthority = "x509: certificate signed by unknown authority";
const outOfDate = "x509: certificate has expired or is not yet valid";

const certificates: ReadonlyMap<string, string> = new Map([
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT", unknownAuthority],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", unknownAuthority],
  ["SELF_SIGNED_CERT_IN_CHAIN", unknownAuthority],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", unknownAuthority],
  ["CERT_HAS_EXPIRED", outOfDate],
  ["CERT_NOT_YET_VALID", outOfDate],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "x509: "],
]);

function verification(code: string, error: Error): string {
  const known = certificates.get(code) ?? "";
  return known === "x509: " ? known + error.message : known;
}

import { TLSSocket, type DetailedPeerCertificate } from "node:tls";
import type { ClientCertificate } from "../auth/authenticator.ts";
import type { RequestStream } from "./request-state.ts";

/** A client's certificate, and when it runs out. */
export interface PresentedCertificate extends ClientCertificate {
  /** In milliseconds since 1970. */
  readonly notAfterMs: number;
}

/** The certificates of clients, read once for each connection. */
export class PeerCertificates {
  readonly #byConnection = new WeakMap<object, PresentedCertificate | "none">();

  /** The certificate that the client of a request presented; one that has run out since is no longer verified. */
  of(request: RequestStream, nowMs: number): PresentedCertificate | undefined {
    const connection = request.stream?.session ?? request.socket;
    let presented = this.#byConnection.get(connection);
    if (presented === undefined) {
      presented = read(request.socket) ?? "none";
      this.#byConnection.set(connection, presented);
    }
    if (presented === "none") return undefined;
    return nowMs <= presented.notAfterMs ? presented : { ...presented, verified: false };
  }
}

/** The type of a subject's part that holds a user id: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates */
const uidType = "1.3.6.1.4.1.57683.2";

function read(socket: object): PresentedCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Empty where none was presented, null once the connection is gone.
  const certificate: Partial<DetailedPeerCertificate> | null = socket.getPeerCertificate(true);
  if (certificate?.raw === undefined || certificate.subject === undefined) return undefined;
  const subject: { readonly [type: string]: string | string[] | undefined } = { ...certificate.subject };
  return {
    verified: socket.authorized,
    commonName: namesOf(subject["CN"]).at(-1) ?? "",
    organizations: namesOf(subject["O"]),
    uids: namesOf(subject[uidType]),
    der: certificate.raw,
    issuers: issuersOf(certificate),
    notAfterMs: Date.parse(certificate.valid_to ?? ""),
  };
}

const issuersMax = 8;

/** Node finds them by name alone, among what the client has sent and what the server trusts. */
function issuersOf(leaf: Partial<DetailedPeerCertificate>): readonly Uint8Array[] {
  const issuers: Uint8Array[] = [];
  // The certificate of a root has itself for its issuer.
  for (let last = leaf; last.issuerCertificate !== undefined && issuers.length < issuersMax;) {
    const { issuerCertificate: issuer } = last;
    if (issuer === last) break;
    issuers.push(issuer.raw);
    last = issuer;
  }
  return issuers;
}

function namesOf(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

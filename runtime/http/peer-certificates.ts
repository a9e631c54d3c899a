import { TLSSocket, type PeerCertificate } from "node:tls";
import type { ClientCertificate } from "../auth/authenticator.ts";
import type { RequestStream } from "./request-state.ts";

interface Presented extends ClientCertificate {
  readonly notAfterMs: number;
}

/** The certificates of clients, read once for each connection. */
export class PeerCertificates {
  readonly #byConnection = new WeakMap<object, Presented | "none">();

  /** The certificate that the client of a request presented; one that has run out since is no longer verified. */
  of(request: RequestStream, nowMs: number): ClientCertificate | undefined {
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

function read(socket: object): Presented | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  // Empty where none was presented, null once the connection is gone.
  const certificate: Partial<PeerCertificate> | null = socket.getPeerCertificate();
  if (certificate?.raw === undefined || certificate.subject === undefined) return undefined;
  return {
    verified: socket.authorized,
    commonName: namesOf(certificate.subject.CN).at(-1) ?? "",
    organizations: namesOf(certificate.subject.O),
    der: certificate.raw,
    notAfterMs: Date.parse(certificate.valid_to ?? ""),
  };
}

function namesOf(value: string | string[] | undefined): readonly string[] {
  return value === undefined ? [] : [value].flat();
}

import { X509Certificate } from "node:crypto";
import type { ClientCertificate } from "./authenticator.ts";

/** In milliseconds since 1970. */
interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

const never: Validity = { fromMs: Infinity, untilMs: -Infinity };
const pathLengthMax = 8;
const certificatePattern = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Authorities of client certificates. A listener that trusts several bundles tells only that a certificate is of one of
 * them; a bundle tells which are its own, whatever else the listener trusts and whatever the client has sent along.
 */
export class CaBundle {
  /** All the authorities. */
  readonly pem: string;
  readonly #authorities: readonly X509Certificate[];
  // All requests of a connection bring the same certificate: signatures are verified once.
  readonly #vouchedFor = new WeakMap<ClientCertificate, Validity>();

  /** Throws where there is no certificate in the text, or one that cannot be read. */
  constructor(pem: string) {
    this.pem = pem;
    this.#authorities = Array.from(pem.matchAll(certificatePattern), ([text]) => new X509Certificate(text));
    if (this.#authorities.length === 0) throw new Error("there is no certificate in it");
  }

  /** Whether a certificate that TLS has verified was issued by one of these authorities, and all on the way are valid. */
  vouchesFor(certificate: ClientCertificate, nowMs: number): boolean {
    if (!certificate.verified) return false;
    let validity = this.#vouchedFor.get(certificate);
    if (validity === undefined) {
      validity = this.#pathValidity(certificate);
      this.#vouchedFor.set(certificate, validity);
    }
    return nowMs >= validity.fromMs && nowMs <= validity.untilMs;
  }

  #pathValidity({ der, issuers }: ClientCertificate): Validity {
    const sent = issuers.map((issuer) => new X509Certificate(issuer));
    let last = new X509Certificate(der);
    let validity = validityOf(last);
    for (let length = 0; length < pathLengthMax; length++) {
      const current = last;
      const anchor = this.#anchorOf(current);
      if (anchor !== undefined) return overlap(validity, validityOf(anchor));
      const next = sent.find((issuer) => isIssuedBy(current, issuer));
      if (next === undefined) return never;
      sent.splice(sent.indexOf(next), 1);
      validity = overlap(validity, validityOf(next));
      last = next;
    }
    return never;
  }

  /** The one that lasts longest: authorities are renewed under the same key. */
  #anchorOf(certificate: X509Certificate): X509Certificate | undefined {
    return this.#authorities
      .filter((authority) => authority.raw.equals(certificate.raw) || isIssuedBy(certificate, authority))
      .sort((a, b) => validityOf(b).untilMs - validityOf(a).untilMs)[0];
  }
}

/** Names and key ids first, which are cheap to compare. They prove nothing. */
function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // A key of a kind that is not known has signed nothing.
    return false;
  }
}

function validityOf({ validFrom, validTo }: X509Certificate): Validity {
  return { fromMs: Date.parse(validFrom), untilMs: Date.parse(validTo) };
}

function overlap(a: Validity, b: Validity): Validity {
  return { fromMs: Math.max(a.fromMs, b.fromMs), untilMs: Math.min(a.untilMs, b.untilMs) };
}

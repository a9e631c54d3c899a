import { X509Certificate } from "node:crypto";

/** What the cluster has of a deployment's certificates, in PEM. */
export interface LiveCertificates {
  /** The authorities that an APIService trusts. */
  readonly caBundle: string;
  /** What the Secret says the server shows. */
  readonly certificate: string;
  /** When that Secret last changed. */
  readonly changedAt: Date;
}

/** How long a pod may go on with what its Secret said before: kubelets look once a minute, and servers soon after. */
const settledMs = 10 * 60_000;

/**
 * The authorities that an APIService is to trust when it gets those of `caBundle`: with them, while servers may still
 * show what none of them has signed, those that it trusts now. So nobody is cut off by a new authority, however often
 * there is one, and wherever it was made.
 */
export function overlappingBundle(caBundle: string, live: LiveCertificates | undefined, now: Date): string {
  if (live === undefined) return caBundle;
  const wanted = certificatesIn(caBundle);
  const trusted = certificatesIn(live.caBundle).filter((one) => !wanted.some((other) => isSame(one, other)));
  const needed = isSettled(live, now) ? signersOf(live.certificate, trusted, wanted) : trusted;
  const fresh = needed.filter((one) => new Date(one.validTo) > now);
  return [...wanted, ...fresh].map((certificate) => certificate.toString()).join("");
}

function isSettled({ changedAt }: LiveCertificates, now: Date): boolean {
  return now.getTime() - changedAt.getTime() > settledMs;
}

function signersOf(
  certificate: string,
  trusted: readonly X509Certificate[],
  wanted: readonly X509Certificate[],
): readonly X509Certificate[] {
  const [shown] = certificatesIn(certificate);
  if (shown === undefined || wanted.some((authority) => hasSigned(authority, shown))) return [];
  return trusted.filter((authority) => hasSigned(authority, shown));
}

/** Whether an authority has signed a certificate: by its name, and by its key. */
export function hasSigned(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function isSame(one: X509Certificate, other: X509Certificate): boolean {
  return one.raw.equals(other.raw);
}

/** The certificates in a text; what cannot be read is none. */
export function certificatesIn(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

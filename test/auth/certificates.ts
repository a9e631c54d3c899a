// The library's decorators need this to be loaded before it.
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { ClientCertificate } from "../../runtime/auth/authenticator.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const hourMs = 3600 * 1000;

/** A certificate and its key, to show and to sign with. */
export interface Issued {
  readonly pem: string;
  readonly keyPem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** What to issue; a client's certificate for an hour unless it says otherwise. */
export interface Wanted {
  readonly subject: x509.JsonName;
  /** Signs itself if unset. */
  readonly issuer?: Issued;
  readonly isAuthority?: boolean;
  /** A key that is there already. */
  readonly keys?: webcrypto.CryptoKeyPair;
  readonly usage?: "client" | "server";
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** Made to look as if it had this key. */
  readonly pretendedKeyId?: Issued;
}

const usages = { client: x509.ExtendedKeyUsage.clientAuth, server: x509.ExtendedKeyUsage.serverAuth };

/** Issues a certificate. */
export async function issue(wanted: Wanted): Promise<Issued> {
  const { subject, issuer, isAuthority = false } = wanted;
  const keys = wanted.keys ?? (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]));
  const name = new x509.Name(subject).toString();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(8).toString("hex")}`,
    subject: name,
    issuer: issuer?.certificate.subject ?? name,
    notBefore: wanted.notBefore ?? new Date(Date.now() - hourMs),
    notAfter: wanted.notAfter ?? new Date(Date.now() + hourMs),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      ...(isAuthority
        ? [await x509.SubjectKeyIdentifierExtension.create((wanted.pretendedKeyId?.keys ?? keys).publicKey)]
        : [new x509.ExtendedKeyUsageExtension([usages[wanted.usage ?? "client"]])]),
      ...(issuer === undefined ? [] : [await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey)]),
    ],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return {
    pem: `${certificate.toString("pem")}\n`,
    keyPem: key.export({ format: "pem", type: "pkcs8" }).toString(),
    certificate,
    keys,
  };
}

/** Issues an authority that signs itself. */
export function issueRoot(name: string, more: Partial<Wanted> = {}): Promise<Issued> {
  return issue({ subject: [{ CN: [name] }], isAuthority: true, ...more });
}

/** A certificate as a listener tells of it that trusts all authorities. */
export function presented(leaf: Issued, commonName: string, issuers: readonly Issued[] = []): ClientCertificate {
  return {
    verified: true,
    commonName,
    organizations: [],
    der: Buffer.from(leaf.certificate.rawData),
    issuers: issuers.map(({ certificate }) => Buffer.from(certificate.rawData)),
  };
}

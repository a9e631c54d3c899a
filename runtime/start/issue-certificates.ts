// The library's decorators need this to be loaded before it.
import "reflect-metadata";
import { createPrivateKey, randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import * as x509 from "@peculiar/x509";
import type { KeyPair } from "./key-pair.ts";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 24 * 3600 * 1000;
const authorityDays = 3650;
const leafDays = 365;

/** Makes an authority that signs the certificates of one local server. */
export async function issueAuthority(now: Date): Promise<KeyPair> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=apiserver-ts-local-ca@${Math.floor(now.getTime() / 1000)}`,
    ...validity(now, authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await exportKey(keys) };
}

/** Makes a serving certificate for localhost, the loopback addresses and `host`, an IP address or a DNS name. */
export async function issueServing(authority: KeyPair, host: string, now: Date): Promise<KeyPair> {
  const hosts = [...new Set(["localhost", "127.0.0.1", "::1", host])];
  return issueLeaf(authority, [{ CN: ["apiserver-ts"] }], now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(hosts.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value }))),
  ]);
}

/** Makes a client certificate: the common name is the user, each organisation a group. */
export async function issueClient(
  authority: KeyPair,
  user: { readonly name: string; readonly group: string | readonly string[] },
  now: Date,
): Promise<KeyPair> {
  const groups = typeof user.group === "string" ? [user.group] : user.group;
  return issueLeaf(authority, [...groups.map((group) => ({ O: [group] })), { CN: [user.name] }], now, [
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
  ]);
}

async function issueLeaf(
  authority: KeyPair,
  subject: x509.JsonName,
  now: Date,
  extensions: x509.Extension[],
): Promise<KeyPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject,
    issuer: issuer.subject,
    ...validity(now, leafDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...extensions,
    ],
  });
  return { certificate: pem(certificate), key: await exportKey(keys) };
}

async function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function exportKey(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return (
    createPrivateKey({ key: der, format: "der", type: "pkcs8" })
      // Which every client reads: some know PKCS #8 for RSA alone.
      .export({ format: "pem", type: "sec1" })
      .toString()
  );
}

async function importKey(text: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(text).export({ format: "der", type: "pkcs8" });
  return webcrypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"]);
}

/** A minute of the past is included, for clients whose clocks lag. */
function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - 60_000), notAfter: new Date(now.getTime() + days * dayMs) };
}

/** Positive, as X.509 wants it: the first bit is cleared. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  return bytes.toString("hex");
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

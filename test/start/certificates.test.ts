import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localCertificates, type NamedFile, readKeyPair } from "../../runtime/start/certificates.ts";

const now = new Date("2026-03-01T12:00:00Z");
const later = (days: number): Date => new Date(now.getTime() + days * 24 * 3600 * 1000);
const flagged = (certificate: string, key: string): [NamedFile, NamedFile] => [
  { flag: "--tls-cert-file", file: certificate },
  { flag: "--tls-private-key-file", file: key },
];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "certificates-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("certificates are made once, by an authority of their own, and keys are private", async () => {
  const made = await localCertificates(folder, "127.0.0.1", now);
  const authority = new X509Certificate(made.authority);
  const serving = new X509Certificate(made.serving.certificate);
  expect(authority.ca).toBe(true);
  expect(serving.checkIssued(authority)).toBe(true);
  expect(serving.checkHost("localhost")).toBe("localhost");
  expect(serving.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(serving.checkIP("::1")).toBe("::1");
  expect(new X509Certificate(made.client.certificate).subject).toBe("O=system:masters\nCN=local-admin");
  for (const name of ["ca.key", "apiserver.key", "client.key"]) {
    expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  }
  expect(await localCertificates(folder, "127.0.0.1", later(1))).toEqual(made);
});

test("near its end a certificate is made anew, by the same authority", async () => {
  const before = await localCertificates(folder, "127.0.0.1", now);
  const after = await localCertificates(folder, "127.0.0.1", later(340));
  expect(after.authority).toBe(before.authority);
  expect(after.serving.certificate).not.toBe(before.serving.certificate);
});

test("a serving certificate that does not cover the address is made anew", async () => {
  const made = await localCertificates(folder, "127.0.0.9", now);
  expect(new X509Certificate(made.serving.certificate).checkIP("127.0.0.9")).toBe("127.0.0.9");
});

test("a file cut short is made anew", async () => {
  await writeFile(join(folder, "apiserver.crt"), "-----BEGIN CERT");
  const made = await localCertificates(folder, "127.0.0.1", now);
  expect(new X509Certificate(made.serving.certificate).checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(await readFile(join(folder, "apiserver.crt"), "utf8")).toBe(made.serving.certificate);
});

test.each([
  ["a missing file", "none.crt", "apiserver.key", /^--tls-cert-file: cannot read .*none\.crt/],
  ["a key in the certificate's place", "apiserver.key", "apiserver.key", /holds no certificate in PEM form$/],
  ["a certificate in the key's place", "apiserver.crt", "apiserver.crt", /holds no private key in PEM form$/],
  ["another certificate's key", "apiserver.crt", "client.key", /does not belong to the certificate/],
])("%s is refused in one line that says which flag", async (_, certificate, key, message) => {
  await localCertificates(folder, "127.0.0.1", now);
  const reading = readKeyPair(...flagged(join(folder, certificate), join(folder, key)), now);
  await expect(reading).rejects.toThrow(message);
});

test("an expired certificate is refused, with its date", async () => {
  await localCertificates(folder, "127.0.0.1", now);
  const files = flagged(join(folder, "apiserver.crt"), join(folder, "apiserver.key"));
  const reading = readKeyPair(...files, later(5000));
  await expect(reading).rejects.toThrow(/expired on .*; renew it$/);
});

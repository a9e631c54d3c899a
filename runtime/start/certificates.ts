import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { KeyPair } from "./key-pair.ts";
import { StartError } from "./start-error.ts";
import { readIfExists, writePrivately } from "./files.ts";

/** What a server in local mode needs: an authority of its own, and one certificate each for server and client. */
export interface LocalCertificates {
  readonly authority: string;
  readonly serving: KeyPair;
  readonly client: KeyPair;
}

/** The user that the local client certificate names. Its group may do everything. */
const localUser = { name: "local-admin", group: "system:masters" };

const renewWithinMs = 30 * 24 * 3600 * 1000;
const names = { authority: "ca", serving: "apiserver", client: "client" };

/**
 * Gives the certificates under `folder`, making those that are missing, near their end, or do not cover `host`.
 * The authority is made once; as long as it stays, kubeconfigs made earlier go on working.
 */
export async function localCertificates(folder: string, host: string, now: Date): Promise<LocalCertificates> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stored = {
    authority: await readPair(folder, names.authority),
    serving: await readPair(folder, names.serving),
    client: await readPair(folder, names.client),
  };
  const authorityStands = stored.authority !== undefined && isFresh(stored.authority, now);
  if (
    authorityStands &&
    stored.authority !== undefined &&
    isIssued(stored.serving, stored.authority, now) &&
    new X509Certificate(stored.serving.certificate).checkIP(host) !== undefined &&
    isIssued(stored.client, stored.authority, now)
  ) {
    return { authority: stored.authority.certificate, serving: stored.serving, client: stored.client };
  }
  // Only the first start pays for loading the library that makes certificates.
  const issue = await import("./issue-certificates.ts");
  const authority = authorityStands ? stored.authority : await issue.issueAuthority(now);
  if (authority === undefined) throw new Error("unreachable: an authority that stands is one that was read");
  const serving = await issue.issueServing(authority, host, now);
  const client = await issue.issueClient(authority, localUser, now);
  if (!authorityStands) await writePair(folder, names.authority, authority);
  await writePair(folder, names.serving, serving);
  await writePair(folder, names.client, client);
  return { authority: authority.certificate, serving, client };
}

/** A file, and the flag that names it. */
export interface NamedFile {
  readonly flag: string;
  readonly file: string;
}

/** Reads the certificate and key that flags name; throws a StartError that says what is wrong with them. */
export async function readKeyPair(certFile: NamedFile, keyFile: NamedFile, now: Date): Promise<KeyPair> {
  const pair = { certificate: await readNamed(certFile), key: await readNamed(keyFile) };
  const certificate = parse(certFile, "certificate", () => new X509Certificate(pair.certificate));
  const key = parse(keyFile, "private key", () => createPrivateKey(pair.key));
  if (!certificate.checkPrivateKey(key)) {
    throw new StartError(
      `the key in ${keyFile.file} does not belong to the certificate in ${certFile.file}; give the two that were made together`,
    );
  }
  if (new Date(certificate.validTo) <= now) {
    throw new StartError(`the certificate in ${certFile.file} expired on ${certificate.validTo}; renew it`);
  }
  return pair;
}

/** Reads the certificates of authorities that a flag names; throws a StartError where there are none. */
export async function readAuthorities(from: NamedFile): Promise<string> {
  const text = await readNamed(from);
  parse(from, "certificate", () => new X509Certificate(text));
  return text;
}

async function readNamed({ flag, file }: NamedFile): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new StartError(`${flag}: cannot read ${file}: ${reason(error)}`);
  }
}

function parse<T>({ flag, file }: NamedFile, what: string, read: () => T): T {
  try {
    return read();
  } catch {
    throw new StartError(`${flag}: ${file} holds no ${what} in PEM form`);
  }
}

async function readPair(folder: string, name: string): Promise<KeyPair | undefined> {
  const certificate = await readIfExists(join(folder, `${name}.crt`));
  const key = await readIfExists(join(folder, `${name}.key`));
  return certificate === undefined || key === undefined ? undefined : { certificate, key };
}

async function writePair(folder: string, name: string, pair: KeyPair): Promise<void> {
  await writePrivately(join(folder, `${name}.key`), pair.key);
  await writePrivately(join(folder, `${name}.crt`), pair.certificate);
}

/** Whether the pair can be used, and for a while; an unreadable one counts as not. */
function isFresh(pair: KeyPair, now: Date): boolean {
  try {
    const certificate = new X509Certificate(pair.certificate);
    const remainingMs = new Date(certificate.validTo).getTime() - now.getTime();
    return remainingMs > renewWithinMs && certificate.checkPrivateKey(createPrivateKey(pair.key));
  } catch {
    return false;
  }
}

function isIssued(pair: KeyPair | undefined, authority: KeyPair, now: Date): pair is KeyPair {
  return (
    pair !== undefined &&
    isFresh(pair, now) &&
    new X509Certificate(pair.certificate).verify(new X509Certificate(authority.certificate).publicKey)
  );
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { X509Certificate } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DeployedCertificates, Deployment } from "./deployment.ts";
import { privateFolder } from "./manifests.ts";

type LocalCertificates = Extract<DeployedCertificates, { kind: "local" }>;

const files = { bundle: "ca.crt", authorityKey: "ca.key", certificate: "tls.crt", key: "tls.key" };
const renewWithinMs = 30 * 24 * 3600 * 1000;

/** What is asked of the certificates. */
interface CertificateRequest {
  readonly server: Pick<Deployment, "name" | "namespace">;
  /** Whether to make a new authority; clients trust the one before as well, so that nobody is cut off meanwhile. */
  readonly rotate: boolean;
  /** Whether to leave the files as they are; certificates that are missing are then made and forgotten. */
  readonly dryRun: boolean;
  readonly now: Date;
}

/**
 * The serving certificate of `config/certificates/`, and the authorities that it is trusted by, newest first. Makes what
 * is missing, near its end, or for another name; with `rotate` an authority and a certificate in any case.
 */
export async function localCertificates(root: string, request: CertificateRequest): Promise<LocalCertificates> {
  const { server, rotate, dryRun, now } = request;
  const folder = join(root, privateFolder);
  const name = `${server.name}.${server.namespace}.svc`;
  const stored = read(folder);
  if (stored !== undefined && !rotate && isGood(stored, name, now)) return { kind: "local", ...stored };
  // Only whoever makes certificates loads the library for them.
  const { issueAuthority, issueServing } = await import("../../runtime/start/issue-certificates.ts");
  const authority =
    stored === undefined || rotate || !isFresh(firstOf(stored.caBundle), now)
      ? await issueAuthority(now)
      : { certificate: firstOf(stored.caBundle), key: stored.authorityKey };
  const serving = await issueServing(authority, name, now);
  const trusted = new Set([authority.certificate, ...(stored === undefined ? [] : [firstOf(stored.caBundle)])]);
  const made = {
    caBundle: [...trusted].join(""),
    authorityKey: authority.key,
    certificate: serving.certificate,
    key: serving.key,
  };
  if (!dryRun) write(folder, made);
  return { kind: "local", ...made };
}

interface Stored extends Omit<LocalCertificates, "kind"> {
  readonly authorityKey: string;
}

function read(folder: string): Stored | undefined {
  const names = Object.values(files);
  if (!names.every((name) => existsSync(join(folder, name)))) return undefined;
  const text = (name: string): string => readFileSync(join(folder, name), "utf8");
  return {
    caBundle: text(files.bundle),
    authorityKey: text(files.authorityKey),
    certificate: text(files.certificate),
    key: text(files.key),
  };
}

function write(folder: string, made: Stored): void {
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Private keys are for the cluster's Secret, never for a repository.
  writeFileSync(join(folder, ".gitignore"), "*\n");
  const put = (name: string, text: string): void => writeFileSync(join(folder, name), text, { mode: 0o600 });
  put(files.authorityKey, made.authorityKey);
  put(files.bundle, made.caBundle);
  put(files.key, made.key);
  put(files.certificate, made.certificate);
}

function isGood({ caBundle, certificate }: Stored, name: string, now: Date): boolean {
  const leaf = new X509Certificate(certificate);
  return (
    isFresh(certificate, now) &&
    isFresh(firstOf(caBundle), now) &&
    leaf.checkHost(name) !== undefined &&
    leaf.verify(new X509Certificate(firstOf(caBundle)).publicKey)
  );
}

function isFresh(certificate: string, now: Date): boolean {
  return new Date(new X509Certificate(certificate).validTo).getTime() - now.getTime() > renewWithinMs;
}

/** The first certificate of a bundle. */
function firstOf(bundle: string): string {
  const end = "-----END CERTIFICATE-----\n";
  const index = bundle.indexOf(end);
  return index === -1 ? bundle : bundle.slice(0, index + end.length);
}

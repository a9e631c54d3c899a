import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { stringify } from "yaml";
import type { LocalCertificates } from "./certificates.ts";
import { readIfExists, writePrivately } from "./files.ts";
import { StartError } from "./start-error.ts";

const context = "apiserver-ts-local";
const header = "# Written by apiserver-ts for its local server; made anew at each start.\n";

/** Where a local server is, and how a client gets in. */
export interface LocalAccess {
  readonly host: string;
  readonly port: number;
  /** The certificate that the server shows. */
  readonly servingCertificate: string;
  readonly certificates: LocalCertificates;
}

/**
 * Writes a kubeconfig that only its owner can read. Refuses, with a StartError, to overwrite one that is not ours.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function writeKubeconfig(file: string, access: LocalAccess): Promise<void> {
  const existing = await readIfExists(file);
  if (existing !== undefined && !existing.startsWith(header)) {
    throw new StartError(`${file} exists and is not this server's; move it, or give --write-kubeconfig another file`);
  }
  await writePrivately(file, header + stringify(kubeconfig(access)));
}

function kubeconfig({ host, port, servingCertificate, certificates }: LocalAccess): object {
  const ours = servingCertificate === certificates.serving.certificate;
  const serverName = nameOf(servingCertificate, host);
  const cluster = {
    server: `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`,
    // A certificate that was given stands for its own authority.
    "certificate-authority-data": base64(ours ? certificates.authority : servingCertificate),
    ...(serverName === undefined ? {} : { "tls-server-name": serverName }),
  };
  const user = {
    "client-certificate-data": base64(certificates.client.certificate),
    "client-key-data": base64(certificates.client.key),
  };
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: context, cluster }],
    users: [{ name: context, user }],
    contexts: [{ name: context, context: { cluster: context, user: context, namespace: "default" } }],
    "current-context": context,
  };
}

/** The name that clients must ask for where the certificate does not cover the address. */
function nameOf(pem: string, host: string): string | undefined {
  const certificate = new X509Certificate(pem);
  if (certificate.checkIP(host) !== undefined) return undefined;
  return /(?:DNS|IP Address):([^,\s]+)/.exec(certificate.subjectAltName ?? "")?.[1];
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

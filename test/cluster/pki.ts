import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueAuthority, issueClient, issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";

/** The authorities of a cluster, and what its programs read from files. */
export interface ClusterPki {
  /** Signs the serving certificates of the control plane, and the certificates of users. */
  readonly authority: KeyPair;
  /** Signs the certificate with which kube-apiserver speaks for users to aggregated servers, and nothing else. */
  readonly frontProxyAuthority: KeyPair;
  /** That certificate and its key. */
  readonly frontProxy: KeyPair;
  readonly files: PkiFiles;
}

/** Paths of PEM files. https://kubernetes.io/docs/setup/best-practices/certificates/ */
export interface PkiFiles {
  readonly ca: string;
  readonly servingCertificate: string;
  readonly servingKey: string;
  readonly frontProxyCa: string;
  readonly frontProxyCertificate: string;
  readonly frontProxyKey: string;
  readonly serviceAccountKey: string;
}

/** The only common name that may speak for users. */
export const frontProxyName = "front-proxy-client";

/** Issues all that a control plane on the loopback address needs, into a folder. */
export async function issueClusterPki(folder: string): Promise<ClusterPki> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const frontProxyAuthority = await issueAuthority(now);
  const serving = await issueServing(authority, "kubernetes.default.svc", now);
  const frontProxy = await issueClient(frontProxyAuthority, { name: frontProxyName, group: [] }, now);
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const files = {
    ca: await write("ca.crt", authority.certificate),
    servingCertificate: await write("apiserver.crt", serving.certificate),
    servingKey: await write("apiserver.key", serving.key),
    frontProxyCa: await write("front-proxy-ca.crt", frontProxyAuthority.certificate),
    frontProxyCertificate: await write("front-proxy-client.crt", frontProxy.certificate),
    frontProxyKey: await write("front-proxy-client.key", frontProxy.key),
    serviceAccountKey: await write("service-account.key", serviceAccountKey()),
  };
  return { authority, frontProxyAuthority, frontProxy, files };
}

function serviceAccountKey(): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // kube-apiserver knows a key that is to verify by this form alone.
  return privateKey.export({ format: "pem", type: "sec1" }).toString();
}

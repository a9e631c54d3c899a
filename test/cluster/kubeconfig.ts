import { writeFile } from "node:fs/promises";
import { stringify } from "yaml";

/** How a user proves who he is: a client certificate as PEM texts, a token, or a file that has one. */
export type ClusterCredential =
  { readonly certificate: string; readonly key: string } | { readonly token: string } | { readonly tokenFile: string };

/** Writes a kubeconfig of one cluster and one user. https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/ */
export async function writeKubeconfig(
  file: string,
  cluster: { readonly url: string; readonly ca: string },
  credential: ClusterCredential,
): Promise<void> {
  const name = "test";
  const text = stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server: cluster.url, "certificate-authority-data": base64(cluster.ca) } }],
    users: [{ name, user: userOf(credential) }],
    contexts: [{ name, context: { cluster: name, user: name, namespace: "default" } }],
    "current-context": name,
  });
  await writeFile(file, text, { mode: 0o600 });
}

function userOf(credential: ClusterCredential): object {
  if (!("certificate" in credential)) return credential;
  const { certificate, key } = credential;
  return { "client-certificate-data": base64(certificate), "client-key-data": base64(key) };
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

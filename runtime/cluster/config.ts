import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { parse } from "yaml";
import { fieldsOf } from "./cluster-error.ts";

/** A text of the configuration: given outright, or in a file that is read again as it changes. */
export type TextSource = { readonly text: string } | { readonly file: string };

/** Where the kube-apiserver is, and what proves who is who. */
export interface ClusterConfig {
  /** With `https:`, and perhaps a path that all others start with. */
  readonly server: URL;
  /** The name that the server's certificate must be for; that of the URL if unset. */
  readonly serverName?: string;
  /** The authorities, in PEM, of which one has signed the server's certificate; those of Node if unset. */
  readonly authority?: TextSource;
  readonly token?: TextSource;
  readonly clientCertificate?: { readonly certificate: TextSource; readonly key: TextSource };
}

/** A configuration that cannot be used; the message says what is wrong with it, and where. */
export class ClusterConfigError extends Error {}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads how to reach a cluster from the current context of a kubeconfig. Throws a ClusterConfigError for a file that
 * cannot be read, and for anything in it that would not be heeded or is not safe.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function configFromKubeconfig(file: string): Promise<ClusterConfig> {
  const from = (why: string): ClusterConfigError => new ClusterConfigError(`${file}: ${why}`);
  let kubeconfig: Fields;
  try {
    kubeconfig = fieldsOf(parse(await readFile(file, "utf8")));
  } catch (error) {
    throw from(`cannot be read as a kubeconfig: ${reason(error)}`);
  }
  try {
    return currentConfig(kubeconfig, dirname(resolve(file)));
  } catch (error) {
    throw from(reason(error));
  }
}

function currentConfig(kubeconfig: Fields, folder: string): ClusterConfig {
  const current = textOf(kubeconfig, "current-context");
  if (current === undefined) throw new Error("current-context is not set; `kubectl config use-context NAME` sets it");
  const context = named(kubeconfig, "contexts", "context", current);
  const clusterName = textOf(context, "cluster");
  const userName = textOf(context, "user");
  const cluster = named(kubeconfig, "clusters", "cluster", clusterName ?? "");
  const user = userName === undefined ? {} : named(kubeconfig, "users", "user", userName);
  return { ...clusterConfig(cluster, folder), ...credential(user, folder) };
}

function clusterConfig(cluster: Fields, folder: string): ClusterConfig {
  if ((cluster["insecure-skip-tls-verify"] ?? false) !== false) {
    throw new Error("insecure-skip-tls-verify is refused; give certificate-authority, and tls-server-name if need be");
  }
  if (textOf(cluster, "proxy-url") !== undefined) throw new Error("proxy-url is not supported");
  const serverName = textOf(cluster, "tls-server-name");
  const authority = sourceOf(cluster, "certificate-authority", folder);
  return {
    server: serverUrl(textOf(cluster, "server") ?? ""),
    ...(serverName === undefined ? {} : { serverName }),
    ...(authority === undefined ? {} : { authority }),
  };
}

const unsupported = ["exec", "auth-provider", "username", "password", "as", "as-uid", "as-groups", "as-user-extra"];

function credential(user: Fields, folder: string): Pick<ClusterConfig, "token" | "clientCertificate"> {
  for (const field of unsupported) {
    if (user[field] !== undefined) {
      throw new Error(`${field} is not supported; use a client certificate, token or tokenFile`);
    }
  }
  const certificate = sourceOf(user, "client-certificate", folder);
  const key = sourceOf(user, "client-key", folder);
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error("client-certificate and client-key go together; give both or neither");
  }
  // As client-go has it: what the file says is newer than what stands in the kubeconfig.
  const file = textOf(user, "tokenFile");
  const text = textOf(user, "token");
  const token = file === undefined ? (text === undefined ? undefined : { text }) : { file: resolve(folder, file) };
  return {
    ...(token === undefined ? {} : { token }),
    ...(certificate === undefined || key === undefined ? {} : { clientCertificate: { certificate, key } }),
  };
}

/** What `NAME-data` says, or else the file that `NAME` does; relative ones are from the folder of the kubeconfig. */
function sourceOf(fields: Fields, name: string, folder: string): TextSource | undefined {
  const data = textOf(fields, `${name}-data`);
  if (data !== undefined) return { text: Buffer.from(data, "base64").toString("utf8") };
  const file = textOf(fields, name);
  return file === undefined ? undefined : { file: resolve(folder, file) };
}

function named(kubeconfig: Fields, list: string, field: string, name: string): Fields {
  const entries: unknown = kubeconfig[list];
  const found = Array.isArray(entries) ? entries.find((entry) => fieldsOf(entry)["name"] === name) : undefined;
  if (found === undefined) throw new Error(`${list} has none of the name "${name}"`);
  return fieldsOf(fieldsOf(found)[field]);
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value !== "string") throw new Error(`${name} is not a string`);
  return value;
}

function serverUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.protocol !== "https:" || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new Error(`server "${text}" is not a URL such as https://10.0.0.1:6443`);
  }
  return url;
}

/** What the kubelet tells a container of the cluster. */
export interface PodEnvironment {
  readonly KUBERNETES_SERVICE_HOST?: string | undefined;
  readonly KUBERNETES_SERVICE_PORT?: string | undefined;
}

/** Where the kubelet puts the credentials of a pod's service account. */
export const serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * How a pod reaches its cluster: the service account's token and authorities in `folder`, the address from the environment.
 * Throws a ClusterConfigError where it is no pod's, or has no token.
 * https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
 */
export async function inClusterConfig(environment: PodEnvironment, folder: string): Promise<ClusterConfig> {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = environment;
  if (host === "" || port === "") {
    throw new ClusterConfigError("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; this is no pod");
  }
  const token = { file: join(folder, "token") };
  const authority = { file: join(folder, "ca.crt") };
  for (const { file } of [token, authority]) {
    try {
      await readFile(file);
    } catch (error) {
      throw new ClusterConfigError(`the service account's credentials cannot be read: ${reason(error)}`);
    }
  }
  return { server: new URL(`https://${host.includes(":") ? `[${host}]` : host}:${port}`), authority, token };
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

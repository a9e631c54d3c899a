import { readFile } from "node:fs/promises";
import type { ClusterClient } from "../cluster/client.ts";
import { fieldsOf } from "../cluster/cluster-error.ts";
import { reflect, type Reflected } from "../cluster/reflector.ts";
import { CaBundle } from "./ca-bundle.ts";
import {
  readAuthenticationData,
  requestHeaderConfig,
  type RequestHeaderConfig,
  type RequestHeaderNames,
} from "./request-header-config.ts";

/** Whose certificates are trusted for what, as files and the cluster have it now. */
export interface AuthenticationConfig {
  /** Undefined where no front proxy is trusted. */
  requestHeader(): RequestHeaderConfig | undefined;
  /** The authorities of users; undefined where there are none. */
  clientCa(): CaBundle | undefined;
  /** All authorities together, in PEM, for the listener; empty where there are none. */
  bundle(): string;
  /** Calls a listener after each change of the bundle. */
  onChange(listener: () => void): void;
  /** What is looked up in the cluster; undefined where nothing is. */
  readonly lookup: Pick<Reflected<unknown>, "hasSynced" | "synced" | "trouble"> | undefined;
  close(): void;
}

/** Where the configuration is. */
export interface AuthenticationSources {
  readonly clientCaFile?: string | undefined;
  readonly requestHeader?: { readonly caFile: string; readonly names: RequestHeaderNames } | undefined;
  /** What the files do not say is looked up with this; unset where it is not to be. */
  readonly client?: ClusterClient | undefined;
  /** Called with a line when something cannot be read any more, and what was read last stays. */
  readonly tell: (line: string) => void;
}

/**
 * Reads the files, and begins to look up in the cluster what they do not say: the ConfigMap that the kube-apiserver keeps
 * for aggregated servers. Both are followed from then on. Throws for a file that cannot be used.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
 */
export async function authenticationConfig(sources: AuthenticationSources): Promise<AuthenticationConfig> {
  const config = new CurrentConfig(sources);
  await config.readFiles();
  config.follow();
  return config;
}

const filesEveryMs = 10_000;
const namespace = "kube-system";
const configMapName = "extension-apiserver-authentication";

class CurrentConfig implements AuthenticationConfig {
  readonly #sources: AuthenticationSources;
  readonly #listeners: (() => void)[] = [];
  #clientCa: CaBundle | undefined;
  #requestHeader: RequestHeaderConfig | undefined;
  #bundle = "";
  #timer: NodeJS.Timeout | undefined;
  #told = "";
  lookup: Reflected<Readonly<Record<string, unknown>>> | undefined;

  constructor(sources: AuthenticationSources) {
    this.#sources = sources;
  }

  requestHeader(): RequestHeaderConfig | undefined {
    return this.#requestHeader;
  }

  clientCa(): CaBundle | undefined {
    return this.#clientCa;
  }

  bundle(): string {
    return this.#bundle;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    this.lookup?.close();
  }

  async readFiles(): Promise<void> {
    const { clientCaFile, requestHeader } = this.#sources;
    try {
      if (clientCaFile !== undefined) this.#clientCa = await readBundle(clientCaFile, this.#clientCa);
      if (requestHeader === undefined) return;
      const authorities = await readBundle(requestHeader.caFile, this.#requestHeader?.authorities);
      this.#requestHeader = requestHeaderConfig(authorities, requestHeader.names);
    } finally {
      this.#rebundle();
    }
  }

  follow(): void {
    const { clientCaFile, requestHeader, client, tell } = this.#sources;
    if (clientCaFile !== undefined || requestHeader !== undefined) {
      this.#timer = setInterval(() => void this.#readFilesAgain(), filesEveryMs).unref();
    }
    if (client === undefined || (clientCaFile !== undefined && requestHeader !== undefined)) return;
    this.lookup = reflect(client, {
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      query: `fieldSelector=metadata.name%3D${configMapName}`,
      what: `the ConfigMap ${namespace}/${configMapName}`,
      tell,
      decode: (object) => fieldsOf(fieldsOf(object)["data"]),
      changed: () => this.#readConfigMap(),
    });
  }

  async #readFilesAgain(): Promise<void> {
    try {
      await this.readFiles();
      this.#told = "";
    } catch (error) {
      this.#tellOnce(messageOf(error));
    }
  }

  /** Where something is missing or cannot be read, what was read last stays. */
  #readConfigMap(): void {
    const data = this.lookup?.get(`${namespace}/${configMapName}`);
    if (data === undefined) return;
    try {
      const { clientCa, requestHeaderCa, requestHeaderNames } = readAuthenticationData(data);
      if (clientCa !== undefined && this.#sources.clientCaFile === undefined) {
        this.#clientCa = bundleOf(clientCa, this.#clientCa);
      }
      if (requestHeaderCa !== undefined && this.#sources.requestHeader === undefined) {
        const authorities = bundleOf(requestHeaderCa, this.#requestHeader?.authorities);
        this.#requestHeader = requestHeaderConfig(authorities, requestHeaderNames);
      }
    } catch (error) {
      this.#tellOnce(`the ConfigMap ${namespace}/${configMapName} cannot be used: ${messageOf(error)}`);
    }
    this.#rebundle();
  }

  #rebundle(): void {
    const parts = [this.#clientCa?.pem, this.#requestHeader?.authorities.pem].filter((pem) => pem !== undefined);
    const bundle = parts.join("\n");
    if (bundle === this.#bundle) return;
    this.#bundle = bundle;
    for (const listener of this.#listeners) listener();
  }

  #tellOnce(line: string): void {
    if (line !== this.#told) this.#sources.tell(line);
    this.#told = line;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function readBundle(file: string, before: CaBundle | undefined): Promise<CaBundle> {
  try {
    return bundleOf(await readFile(file, "utf8"), before);
  } catch (cause) {
    throw new Error(`${file} holds no certificates of authorities that can be read: ${messageOf(cause)}`, { cause });
  }
}

/** The same bundle for the same text, which remembers the certificates that it has seen. */
function bundleOf(pem: string, before: CaBundle | undefined): CaBundle {
  return before?.pem === pem ? before : new CaBundle(pem);
}

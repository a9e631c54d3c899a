import { clusterClient, type ClusterClient } from "../cluster/client.ts";
import {
  ClusterConfigError,
  configFromKubeconfig,
  inClusterConfig,
  serviceAccountFolder,
  type ClusterConfig,
  type PodEnvironment,
} from "../cluster/config.ts";
import { StartError } from "./start-error.ts";

/** A flag that may name a kubeconfig. */
export interface KubeconfigFlag {
  readonly flag: string;
  readonly file: string | undefined;
}

/** The connections to kube-apiservers that one server has; those of the same kubeconfig are one. */
export interface ClusterClients {
  /**
   * By the kubeconfig of the flag; without one by that of `--kubeconfig`; without either as a pod of its cluster.
   * Undefined for what is no pod. Throws a StartError for a configuration that cannot be used.
   */
  open(flag: KubeconfigFlag): Promise<ClusterClient | undefined>;
  close(): void;
}

/** Opens connections as they are asked for. */
export function clusterClients(kubeconfig: string | undefined, environment: PodEnvironment): ClusterClients {
  const clients = new Map<string, ClusterClient>();
  return {
    async open({ flag, file }) {
      const chosen = file === undefined ? { flag: "--kubeconfig", file: kubeconfig } : { flag, file };
      const key = chosen.file ?? "";
      const open = clients.get(key);
      if (open !== undefined) return open;
      const config = await readConfig(chosen, environment);
      if (config === undefined) return undefined;
      const client = clients.get(key) ?? clusterClient(config);
      clients.set(key, client);
      return client;
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

async function readConfig(
  { flag, file }: KubeconfigFlag,
  environment: PodEnvironment,
): Promise<ClusterConfig | undefined> {
  try {
    if (file !== undefined) return await configFromKubeconfig(file);
    if ((environment.KUBERNETES_SERVICE_HOST ?? "") === "") return undefined;
    return await inClusterConfig(environment, serviceAccountFolder);
  } catch (error) {
    if (!(error instanceof ClusterConfigError)) throw error;
    throw new StartError(file === undefined ? error.message : `${flag}: ${error.message}`);
  }
}

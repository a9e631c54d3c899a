import type { KubeConfig } from "@kubernetes/client-node";
import type { Cat } from "../../apis/animal/v1alpha1/cat_types.ts";
import { scheme } from "../../generated/index.ts";
import { kubeClient, type KubeClient } from "../../runtime/controller/kube-client.ts";
import { kubeConfigFor } from "../../runtime/controller/kube-config-for.ts";
import type { Resource } from "../../runtime/controller/resource.ts";
import { resourceClient, type ResourceClient } from "../../runtime/controller/resource-client.ts";
import { createServer } from "../../runtime/server.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { startTcpProxy, type TcpProxy } from "../e2e/tcp-proxy.ts";

/** The resource of the tests' objects. */
export const cats: Resource = { group: "animal.skai.io", version: "v1alpha1", plural: "cats" };

/** A server of this repository, for controllers to talk to. */
export interface CatCluster {
  readonly storage: Storage;
  /** Leads through the proxy. */
  readonly kubeConfig: KubeConfig;
  readonly client: KubeClient;
  /** Straight to the server. */
  readonly cats: ResourceClient<Cat>;
  readonly proxy: TcpProxy;
  close(): Promise<void>;
}

const tester = { name: "tester", uid: "", groups: ["system:masters", "system:authenticated"], extra: {} };

/** Starts one, in the clear, with objects in memory; its history can be compacted, and connections to it cut. */
export async function startCatCluster(): Promise<CatCluster> {
  const storage = memoryStorage();
  const server = createServer({
    scheme,
    storage,
    authenticators: [() => tester],
    authorizer: () => ({ allowed: true }),
    version: "test",
    port: 0,
    standsAlone: true,
  });
  const port = await server.listen("127.0.0.1", 0);
  const proxy = await startTcpProxy(port);
  const kubeConfig = kubeConfigFor(`http://127.0.0.1:${proxy.port}`);
  const client = kubeClient(kubeConfig);
  const direct = kubeClient(kubeConfigFor(`http://127.0.0.1:${port}`));
  return {
    storage,
    kubeConfig,
    client,
    cats: resourceClient<Cat>(direct, cats, { fieldManager: "test" }),
    proxy,
    async close() {
      client.close();
      direct.close();
      await proxy.close();
      await server.close();
      await storage.close();
    },
  };
}

/** A cat as one creates it. */
export function newCat(name: string, spec: Partial<Cat["spec"]> = {}, metadata: Partial<Cat["metadata"]> = {}): Cat {
  const whole = {
    apiVersion: "animal.skai.io/v1alpha1",
    kind: "Cat",
    metadata: { name, namespace: "default", ...metadata },
    spec: { name, ...spec },
  };
  // A status is what the server adds.
  return whole as Cat;
}

import { scheme } from "../../generated/index.ts";
import { clusterPluginNames } from "../../runtime/admission/cluster-plugin-names.ts";
import { clusterPlugins } from "../../runtime/admission/cluster-plugins.ts";
import type { LookupFailure } from "../../runtime/admission/cluster-lookup.ts";
import { authenticateClientCertificate } from "../../runtime/auth/client-certificate.ts";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import { clusterClient } from "../../runtime/cluster/client.ts";
import { configFromKubeconfig } from "../../runtime/cluster/config.ts";
import { createServer } from "../../runtime/server.ts";
import { issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { ControlPlane } from "../cluster/control-plane.ts";
import { RestClient } from "./rest-client.ts";

/** A server of cats whose admission looks into a cluster. */
export interface AdmittingServer {
  /** Asks it as the user. */
  readonly client: RestClient;
  readonly told: string[];
  close(): Promise<void>;
}

/** Starts one that a user of the cluster asks directly, and that itself is to the cluster whom the kubeconfig names. */
export async function startAdmittingServer(
  { pki }: ControlPlane,
  user: KeyPair,
  kubeconfig: string,
  lookupFailure: LookupFailure = "fail",
): Promise<AdmittingServer> {
  const told: string[] = [];
  const client = clusterClient(await configFromKubeconfig(kubeconfig));
  const enabled = new Set(clusterPluginNames);
  const plugins = clusterPlugins({ client, scheme, enabled, lookupFailure, tell: (line) => told.push(line) });
  const storage = memoryStorage();
  const serving = await issueServing(pki.authority, "127.0.0.1", new Date());
  const ca = pki.authority.certificate;
  const server = createServer({
    scheme,
    storage,
    tls: { key: serving.key, cert: serving.certificate, clientCa: ca },
    authenticators: [authenticateClientCertificate],
    authorizer: authorizeLocally,
    version: "test",
    port: 0,
    admission: () => plugins.around([]),
  });
  const port = await server.listen("127.0.0.1", 0);
  return {
    client: new RestClient(port, { ca, cert: user.certificate, key: user.key }),
    told,
    async close() {
      await server.close();
      plugins.close();
      client.close();
      await storage.close();
    },
  };
}

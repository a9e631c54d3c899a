import type { AdmissionPlugin } from "../admission/admission.ts";
import type { ClusterPlugins } from "../admission/cluster-plugins.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import { authenticateClientCertificate } from "../auth/client-certificate.ts";
import { authorizeLocally } from "../auth/local-authorizer.ts";
import type { PodEnvironment } from "../cluster/config.ts";
import { informerSync, type HealthCheck, type SyncedCopy } from "../http/health.ts";
import type { ServerMetrics } from "../http/metrics/server-metrics.ts";
import { webhookMetrics } from "../http/metrics/webhook-metrics.ts";
import type { TlsOptions } from "../http/listener-tls.ts";
import type { Scheme } from "../scheme/scheme.ts";
import { openAdmission, type AdmissionFlags } from "./admission-flags.ts";
import { openAuthentication, type AuthenticationFlags, type OpenAuthentication } from "./authentication-flags.ts";
import { openAuthorization, type AuthorizationFlags } from "./authorization-flags.ts";
import { clusterClients, type ClusterClients } from "./cluster-clients.ts";

/** Who is let in, who may do what, and who judges writes. */
export interface Access {
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  /** The authorities of client certificates. */
  readonly clientCa: NonNullable<TlsOptions["clientCa"]>;
  /** All admission plugins, with an author's own among them. */
  admission(own: readonly AdmissionPlugin[]): readonly AdmissionPlugin[];
  readonly checks: readonly HealthCheck[];
  close(): void;
}

/** What flags say of a server in a cluster. */
export type AccessFlags = AuthenticationFlags & AuthorizationFlags & AdmissionFlags;

/** Whether a cluster is asked who users are and what they may do: where flags name one, and in a pod. */
export function isDelegated(flags: AccessFlags, environment: PodEnvironment): boolean {
  const named = [flags.kubeconfig, flags.authenticationKubeconfig, flags.authorizationKubeconfig];
  return named.some((file) => file !== undefined) || (environment.KUBERNETES_SERVICE_HOST ?? "") !== "";
}

/** The access of a server that stands alone: whoever has a certificate of its own authority, with that one's rights. */
export function localAccess(authority: string): Access {
  return {
    authenticators: [authenticateClientCertificate],
    authorizer: authorizeLocally,
    clientCa: authority,
    admission: (own) => own,
    checks: [],
    close: () => undefined,
  };
}

/** What the access of a server in a cluster is made with. */
export interface AccessOptions {
  readonly scheme: Scheme;
  readonly metrics: ServerMetrics;
  /** Takes a line of the log. */
  readonly tell: (line: string) => void;
}

/**
 * The access of a server in a cluster: the front proxy and the cluster say who users are, the cluster what they may do,
 * and its namespaces and webhooks judge writes. Throws a StartError where the cluster cannot be asked.
 */
export async function delegatedAccess(
  flags: AccessFlags,
  environment: PodEnvironment,
  options: AccessOptions,
): Promise<Access> {
  const clients = clusterClients(flags.kubeconfig, environment);
  try {
    return await openAccess(flags, clients, options);
  } catch (error) {
    clients.close();
    throw error;
  }
}

async function openAccess(flags: AccessFlags, clients: ClusterClients, options: AccessOptions): Promise<Access> {
  const { scheme, metrics, tell } = options;
  const authorizing = await clients.open({ flag: "--authorization-kubeconfig", file: flags.authorizationKubeconfig });
  const admitting = await clients.open({ flag: "--kubeconfig", file: undefined });
  const authentication = await openAuthentication(flags, clients, tell);
  const plugins =
    admitting === undefined
      ? undefined
      : await openAdmission(flags, admitting, { scheme, tell, observe: webhookMetrics(metrics) });
  return {
    authenticators: authentication.authenticators,
    authorizer: openAuthorization(flags, authorizing),
    clientCa: authentication.config,
    admission: (own) => plugins?.around(own) ?? own,
    checks: [informerSync(copiesOf(authentication, plugins))],
    close() {
      plugins?.close();
      authentication.close();
      clients.close();
    },
  };
}

/** What is copied of the cluster, by what it is. */
function copiesOf({ config }: OpenAuthentication, plugins: ClusterPlugins | undefined): Map<string, SyncedCopy> {
  const { lookup } = config;
  return new Map([...(lookup === undefined ? [] : [["authentication", lookup] as const]), ...(plugins?.copies ?? [])]);
}

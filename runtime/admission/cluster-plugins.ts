import type { LookupFunction } from "node:net";
import type { ClusterClient } from "../cluster/client.ts";
import { reflect, type Reflected } from "../cluster/reflector.ts";
import type { Scheme } from "../scheme/scheme.ts";
import type { AdmissionPlugin } from "./admission.ts";
import { clusterLookup, onceInAWhile, type LookupFailure } from "./cluster-lookup.ts";
import { namespaceLifecycle } from "./namespace-lifecycle.ts";
import type { ClusterPluginName } from "./cluster-plugin-names.ts";
import { clusterNamespaces } from "./namespaces.ts";
import type { WebhookObserver } from "./webhook/asked-webhook.ts";
import { configurationOf, type WebhookConfiguration } from "./webhook/configuration.ts";
import { webhookEndpoints } from "./webhook/endpoint.ts";
import { mutatingWebhooks } from "./webhook/mutating-webhooks.ts";
import { validatingWebhooks } from "./webhook/validating-webhooks.ts";
import { webhookSource } from "./webhook/webhook-source.ts";

/** What the plugins are made of. */
export interface ClusterPluginOptions {
  readonly client: ClusterClient;
  readonly scheme: Scheme;
  /** Those that are wanted. */
  readonly enabled: ReadonlySet<ClusterPluginName>;
  /** What becomes of writes while the cluster cannot be looked into. */
  readonly lookupFailure: LookupFailure;
  /** Takes a line of the log. */
  readonly tell: (line: string) => void;
  /** Hears how it went to ask each webhook; nobody if unset. */
  readonly observe?: WebhookObserver;
  /** Finds the addresses of webhooks; as Node does if unset. */
  readonly lookup?: LookupFunction;
  /** How long writes wait for the first look into the cluster; ten seconds if unset. */
  readonly waitMs?: number;
}

/** The plugins of a cluster, at work until they are closed. */
export interface ClusterPlugins {
  /** All plugins in their order, with an author's own among them: after the lifecycle, before the webhooks. */
  around(own: readonly AdmissionPlugin[]): readonly AdmissionPlugin[];
  /**
   * The copies without which writes fail, by what they are of: a server is ready once they are there. There are none where
   * writes pass without them.
   */
  readonly copies: ReadonlyMap<string, Pick<Reflected<unknown>, "hasSynced" | "trouble">>;
  /** Ends the watches, and closes the connections to webhooks. */
  close(): void;
}

/**
 * Begins to watch what admission needs of a cluster. The client stays the caller's.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
export function clusterPlugins(options: ClusterPluginOptions): ClusterPlugins {
  const { client, scheme, enabled, lookupFailure, waitMs } = options;
  if (enabled.size === 0) return { around: (own) => own, copies: new Map(), close: () => undefined };
  const wait = waitMs === undefined ? {} : { waitMs };
  const lookup = clusterLookup({ failure: lookupFailure, tell: options.tell, ...wait });
  const endpoints = webhookEndpoints(options.lookup);
  const namespaces = clusterNamespaces(client, options.tell);
  const tell = onceInAWhile(options.tell);
  const copies = new Map<string, Reflected<unknown>>([["namespaces", namespaces.copy]]);
  const shared = { namespaces, lookup, scheme, tell, observe: options.observe };
  const sourceOf = (what: string): ReturnType<typeof webhookSource> => {
    const copy = configurations(options, what);
    copies.set(what, copy);
    return webhookSource(copy, scheme, endpoints);
  };
  const first: AdmissionPlugin[] = [];
  if (enabled.has("NamespaceLifecycle")) first.push(namespaceLifecycle({ namespaces, lookup }));
  const last: AdmissionPlugin[] = [];
  if (enabled.has("MutatingAdmissionWebhook")) {
    last.push(mutatingWebhooks({ ...shared, source: sourceOf("mutatingwebhookconfigurations") }));
  }
  if (enabled.has("ValidatingAdmissionWebhook")) {
    last.push(validatingWebhooks({ ...shared, source: sourceOf("validatingwebhookconfigurations") }));
  }
  return {
    around: (own) => [...first, ...own, ...last],
    copies: lookupFailure === "ignore" ? new Map() : copies,
    close() {
      for (const copy of copies.values()) copy.close();
      endpoints.close();
    },
  };
}

function configurations({ client, tell }: ClusterPluginOptions, what: string): Reflected<WebhookConfiguration> {
  const path = `/apis/admissionregistration.k8s.io/v1/${what}`;
  return reflect(client, { path, what, tell, decode: configurationOf });
}

import type { Scheme } from "../../scheme/scheme.ts";
import type { ClusterLookup } from "../cluster-lookup.ts";
import type { Namespaces } from "../namespaces.ts";
import type { WebhookObserver } from "./asked-webhook.ts";
import type { WebhookSource } from "./webhook-source.ts";

/** What a plugin that asks webhooks needs. */
export interface WebhookPluginOptions {
  readonly source: WebhookSource;
  readonly namespaces: Namespaces;
  readonly lookup: ClusterLookup;
  readonly scheme: Scheme;
  /** Takes a line of the log. */
  readonly tell: (line: string) => void;
  readonly observe?: WebhookObserver | undefined;
}

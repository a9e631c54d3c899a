import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { Webhook } from "./webhook.ts";

/** That a webhook is to be asked about a write, and in which version. */
export interface Invocation {
  readonly webhook: Webhook;
  /** The version of the resource that its rule names. */
  readonly resource: ResourceDescriptor;
  /** The kind of the objects that it is shown. */
  readonly kind: ResourceDescriptor;
}

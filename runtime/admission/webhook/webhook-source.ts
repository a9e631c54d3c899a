import type { Reflected } from "../../cluster/reflector.ts";
import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { Scheme } from "../../scheme/scheme.ts";
import type { WebhookConfiguration } from "./configuration.ts";
import type { Endpoints } from "./endpoint.ts";
import { ruleConcerns } from "./rules.ts";
import { compileWebhooks, type Webhook } from "./webhook.ts";

/** What may be asked about the writes of one resource. */
interface Concerned {
  /** In their order; mostly none. */
  readonly webhooks: readonly Webhook[];
  /** The other versions of the resource, which are the same objects. */
  readonly equivalents: readonly ResourceDescriptor[];
}

/** The webhooks of one kind, as they are configured now. */
export interface WebhookSource {
  readonly copy: Reflected<WebhookConfiguration>;
  /** What a resource has to do with; remembered until a configuration changes, so that mostly it costs one look-up. */
  concerned(descriptor: ResourceDescriptor): Concerned;
}

/** The webhooks of configurations that are copied from the cluster. */
export function webhookSource(
  copy: Reflected<WebhookConfiguration>,
  scheme: Scheme,
  endpoints: Endpoints,
): WebhookSource {
  let generation: number | undefined;
  let webhooks: readonly Webhook[] = [];
  let memo = new Map<ResourceDescriptor, Concerned>();
  return {
    copy,
    concerned(descriptor) {
      if (generation !== copy.generation) {
        generation = copy.generation;
        webhooks = compileWebhooks(copy.list(), endpoints);
        memo = new Map();
      }
      let found = memo.get(descriptor);
      if (found === undefined) {
        found = concernedBy(webhooks, descriptor, scheme);
        memo.set(descriptor, found);
      }
      return found;
    },
  };
}

function concernedBy(webhooks: readonly Webhook[], descriptor: ResourceDescriptor, scheme: Scheme): Concerned {
  const { gvk } = descriptor;
  return {
    webhooks: webhooks.filter(({ spec }) => spec.rules?.some((rule) => ruleConcerns(rule, descriptor)) === true),
    equivalents: scheme.groupVersions
      .flatMap(({ resources }) => resources)
      .filter((other) => other !== descriptor && other.gvk.group === gvk.group && other.gvk.kind === gvk.kind),
  };
}

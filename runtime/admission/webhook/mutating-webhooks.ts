import { sameJson } from "../../meta/equality.ts";
import type { KubeObject } from "../../meta/v1.ts";
import type { AdmissionPlugin, Reinvocation } from "../admission.ts";
import { ask } from "./ask.ts";
import { heedFailurePolicy } from "./failure-policy.ts";
import type { Invocation } from "./invocation.ts";
import { invocationOf, type Matching } from "./match.ts";
import { patchedObject } from "./patched-object.ts";
import { versionsOf } from "./versions.ts";
import type { Webhook } from "./webhook.ts";
import type { WebhookPluginOptions } from "./webhook-plugin.ts";

const plugin = "MutatingAdmissionWebhook";
const mutationPrefix = "mutation.webhook.admission.k8s.io/";
const patchPrefix = "patch.webhook.admission.k8s.io/";

/**
 * Has webhooks change what is to be stored, one after the other, each seeing what those before have made of it.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#mutatingadmissionwebhook
 */
export function mutatingWebhooks(options: WebhookPluginOptions): AdmissionPlugin {
  const { source, namespaces, lookup, scheme, observe } = options;
  const copies = [source.copy, namespaces.copy];
  const rounds = new WeakMap<Reinvocation, Rounds>();
  return {
    name: plugin,
    mayChange: (descriptor) => source.concerned(descriptor).webhooks.length > 0,
    async admit(write, context) {
      const ready = source.copy.hasSynced && namespaces.copy.hasSynced;
      if (!ready && !(await lookup.wait(plugin, copies, write, context))) return;
      const { webhooks, equivalents } = source.concerned(write.descriptor);
      if (webhooks.length === 0) return;
      const versions = versionsOf(write, scheme);
      const matching = { write, context, versions, equivalents, namespaces, lookup, plugin, observe };
      const state = rounds.get(write.reinvocation) ?? { seen: new Set(), due: new Set(), left: undefined };
      rounds.set(write.reinvocation, state);
      // Plugins between the rounds may have changed what the webhooks had left.
      if (write.reinvocation.again && !sameJson(state.left, write.object)) makeDue(state);
      for (const webhook of webhooks) await admitBy(webhook, matching, state, options);
      versions.finish();
      state.left = write.reinvocation.again ? undefined : structuredClone(write.object);
    },
  };
}

/** What is known from one round of a write to the next. Webhooks are told apart by configuration, name and place. */
interface Rounds {
  /** Those that have been asked, and want to be asked again after others have changed the object. */
  readonly seen: Set<string>;
  /** Those that are to be asked in the second round. */
  readonly due: Set<string>;
  /** What the webhooks have left. */
  left: KubeObject | undefined;
}

function makeDue({ seen, due }: Rounds): void {
  for (const key of seen) due.add(key);
  seen.clear();
}

async function admitBy(
  webhook: Webhook,
  matching: Matching,
  rounds: Rounds,
  options: WebhookPluginOptions,
): Promise<void> {
  const { write, context } = matching;
  const { reinvocation } = write;
  const invocation = await invocationOf(webhook, matching);
  const key = `${webhook.configuration}/${webhook.index}`;
  if (invocation === undefined || (reinvocation.again && !rounds.due.has(key))) return;
  const round = `round_${reinvocation.again ? 1 : 0}_index_${webhook.index}`;
  let mutated = false;
  try {
    mutated = await mutateBy(invocation, matching, patchPrefix + round);
    if (mutated) {
      makeDue(rounds);
      reinvocation.wanted = true;
    }
  } catch (error) {
    heedFailurePolicy(error, webhook, matching, {
      annotation: `failed-open.${mutationPrefix}${round}`,
      tell: options.tell,
    });
  } finally {
    if (webhook.spec.reinvocationPolicy === "IfNeeded") rounds.seen.add(key);
    context.annotate?.(mutationPrefix + round, annotation(webhook, { mutated }), "Metadata");
  }
}

/** Whether the webhook has changed the object. */
async function mutateBy(invocation: Invocation, matching: Matching, annotationKey: string): Promise<boolean> {
  const { versions, context } = matching;
  const { webhook, kind } = invocation;
  const response = await ask(invocation, matching, "mutating");
  const before = versions.in(kind);
  const patched = patchedObject(webhook.spec.name, response, before);
  if (patched === undefined) return false;
  const { patchType } = response;
  const patch: unknown = JSON.parse(response.patch.toString("utf8"));
  context.annotate?.(annotationKey, annotation(webhook, { patch, patchType }), "Request");
  const changed = !sameJson(before.object, patched);
  versions.replace(kind, patched);
  return changed;
}

function annotation({ configuration, spec }: Webhook, more: object): string {
  return JSON.stringify({ configuration, webhook: spec.name, ...more });
}

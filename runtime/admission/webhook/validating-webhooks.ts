import { timeout } from "../../meta/status-error.ts";
import type { AdmissionPlugin } from "../admission.ts";
import { ask } from "./ask.ts";
import { heedFailurePolicy } from "./failure-policy.ts";
import type { Invocation } from "./invocation.ts";
import { invocationOf, type Matching } from "./match.ts";
import { versionsOf } from "./versions.ts";
import type { WebhookPluginOptions } from "./webhook-plugin.ts";

const plugin = "ValidatingAdmissionWebhook";
const failedOpenPrefix = "failed-open.validating.webhook.admission.k8s.io/";

/**
 * Has webhooks judge what is to be stored, all at once; of several that refuse, the first in their order is told.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#validatingadmissionwebhook
 */
export function validatingWebhooks({
  source,
  namespaces,
  lookup,
  scheme,
  tell,
  observe,
}: WebhookPluginOptions): AdmissionPlugin {
  const copies = [source.copy, namespaces.copy];
  return {
    name: plugin,
    async validate(write, context) {
      const ready = source.copy.hasSynced && namespaces.copy.hasSynced;
      if (!ready && !(await lookup.wait(plugin, copies, write, context))) return;
      const { webhooks, equivalents } = source.concerned(write.descriptor);
      if (webhooks.length === 0) return;
      const versions = versionsOf(write, scheme);
      const matching = { write, context, versions, equivalents, namespaces, lookup, plugin, observe };
      const invocations: Invocation[] = [];
      for (const webhook of webhooks) {
        const invocation = await invocationOf(webhook, matching);
        if (invocation !== undefined) invocations.push(invocation);
      }
      if (invocations.length === 0) return;
      if (context.signal.aborted) throw timeout("request did not complete within requested timeout", 0);
      await judgeByAll(invocations, matching, tell);
    },
  };
}

/** None is left alone with what it does outside: all have answered before one refusal is told. */
async function judgeByAll(
  invocations: readonly Invocation[],
  matching: Matching,
  tell: (line: string) => void,
): Promise<void> {
  const outcomes = await Promise.allSettled(
    invocations.map(async (invocation, index) => {
      try {
        await ask(invocation, matching, "validating");
      } catch (error) {
        const annotation = `${failedOpenPrefix}round_0_index_${index}`;
        heedFailurePolicy(error, invocation.webhook, matching, { annotation, tell });
      }
    }),
  );
  for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
}

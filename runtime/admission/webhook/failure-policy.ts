import { internalError, timeout } from "../../meta/status-error.ts";
import { WebhookFailure } from "./ask.ts";
import type { Matching } from "./match.ts";
import type { Webhook } from "./webhook.ts";

/** What a failure that is ignored is told with. */
interface Ignoring {
  /** The key of the audit annotation that says so. */
  readonly annotation: string;
  readonly tell: (line: string) => void;
}

/**
 * Does with an error what the webhook's failure policy says: a failure to call it passes where that is to be ignored, and
 * is 500 else; what the webhook refuses is thrown as it is.
 */
export function heedFailurePolicy(
  error: unknown,
  { spec, ignoresFailures }: Webhook,
  { context, plugin }: Matching,
  { annotation, tell }: Ignoring,
): void {
  if (!(error instanceof WebhookFailure)) throw error;
  if (!ignoresFailures) throw internalError(error.message, error);
  tell(`${plugin}: ${error.message}; the write passes, as its failure policy says`);
  context.annotate?.(annotation, spec.name, "Metadata");
  if (context.signal.aborted) throw timeout("request did not complete within requested timeout", 0);
}

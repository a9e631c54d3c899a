/** How it went to ask a webhook about a write, for what counts such things. */
export interface AskedWebhook {
  /** Of the webhook. */
  readonly name: string;
  readonly type: "admit" | "validating";
  /** Such as `CREATE`. */
  readonly operation: string;
  readonly seconds: number;
  /** `failed open` is that of one that could not be asked, and may be ignored. */
  readonly outcome: "allowed" | "refused" | "failed" | "failed open";
  /** The HTTP code that a refusal has, 200 for what is allowed, or 0. */
  readonly code: number;
}

/** Hears how it went to ask each webhook. */
export type WebhookObserver = (asked: AskedWebhook) => void;

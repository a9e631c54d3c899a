import type { UserInfo } from "../meta/user-info.ts";

/** What the layers below HTTP know of the request they serve. */
export interface RequestContext {
  readonly user: UserInfo;
  /** The namespace in the URL; empty for cluster-scoped kinds and lists across namespaces. */
  readonly namespace: string;
  /** Aborts when the client goes away or the request's time is up. */
  readonly signal: AbortSignal;
  /** Now, by the server's clock. */
  readonly now: () => Date;
  /** Adds a `Warning` header to the answer; for people, one sentence. */
  readonly warn: (text: string) => void;
}

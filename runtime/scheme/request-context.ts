import type { UserInfo } from "../meta/user-info.ts";
import type { KubeObject } from "../meta/v1.ts";

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
  /** Adds an annotation to the request's audit event, from that level on; unset where nobody audits. */
  readonly annotate?: (key: string, value: string, level: "Metadata" | "Request") => void;
  /** Hears of the object in the request's body, before it is changed; unset where nobody audits. */
  readonly sent?: (object: KubeObject) => void;
}

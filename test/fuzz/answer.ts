/** An answer as its client has read it. */
export interface Answer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Whether the client has stopped reading before the end, as it does with watches. */
  readonly cut: boolean;
}

/** What came of a request. */
export type Outcome =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** The connection was closed without an answer. */
  | { readonly kind: "closed" }
  /** Nothing more happened for so long that nothing will. */
  | { readonly kind: "hung" };

/** How long a client waits for anything to happen, in milliseconds. */
export const patienceMs = 10_000;

/** How long a client reads of a watch, in milliseconds. */
export const watchedMs = 20;

/** Whether the answer to a request for this may be a watch, which nobody waits for the end of. */
export function mayWatch(target: string): boolean {
  return target.includes("watch");
}

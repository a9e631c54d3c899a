/** What a rule comes to: a test that fails with an error, a condition that ends the checks in silence, or statements. */
export type Check =
  | (Loud & { readonly kind: "test"; readonly fails: string; readonly error: string })
  | (Loud & { readonly kind: "statements"; readonly text: string })
  | { readonly kind: "silent"; readonly holds: string };

/** What can fail with an error. */
interface Loud {
  /** Whether nothing else runs once it has failed. */
  readonly ends: boolean;
  /** Whether it can only run, and fail, where the value is set. */
  readonly needsValue: boolean;
}

/** Statements that run where every condition holds. */
export interface Guarded {
  readonly conditions: readonly string[];
  readonly text: string;
}

import type { FieldError } from "../meta/field-error.ts";
import type { NameRule } from "../meta/names.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "./request-context.ts";

/**
 * What an author may add to a kind's behaviour; every hook is optional. They are listed in the order they run.
 * Metadata, generation, and the separation of spec and status are the registry's work, never a hook's.
 * The counterpart of https://pkg.go.dev/k8s.io/apiserver/pkg/registry/rest#RESTCreateStrategy and its update twin.
 */
export interface Strategy<T extends KubeObject = KubeObject> {
  /**
   * Sets defaults that no tag can give. Runs after those that tags give, whenever an object is read from a request or from
   * the storage, before anything else. Must not fail; running it again must change nothing.
   */
  setDefaults?(object: T): void;
  /** Runs after defaulting, before validation. May change the object; must not fail. */
  prepareForCreate?(object: T, context: RequestContext): void;
  /** Runs on update after defaulting, before validation. May change `object`; must not fail. */
  prepareForUpdate?(object: T, old: Readonly<T>, context: RequestContext): void;
  /** Runs on create and on update, beside the validation that the tags generate. Must not change the object. */
  validate?(object: Readonly<T>, context: RequestContext): readonly FieldError[];
  /** Runs on update only, after `validate`. Must not change either object. */
  validateUpdate?(object: Readonly<T>, old: Readonly<T>, context: RequestContext): readonly FieldError[];
  /** Sentences for people, sent as `Warning` headers; runs once the object is known to be valid. */
  warnings?(object: Readonly<T>, old: Readonly<T> | undefined, context: RequestContext): readonly string[];
  /** Brings a valid object into its normal form; the last hook before storage. */
  canonicalize?(object: T): void;
  /** What names objects may have. `dnsSubdomainName`, which nearly all kinds of Kubernetes want, if unset. */
  readonly names?: NameRule;
  /** Whether PUT may create an object that does not exist. False if unset. */
  readonly allowCreateOnUpdate?: boolean;
  /** Whether an update without a resourceVersion overwrites whatever is stored. True if unset. */
  readonly allowUnconditionalUpdate?: boolean;
}

/** Gives a strategy its type; the default export of a kind's `…_strategy.ts`. */
export function defineStrategy<T extends KubeObject>(strategy: Strategy<T>): Strategy<T> {
  return strategy;
}

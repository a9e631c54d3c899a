import type { DecodeReport } from "../meta/decode.ts";
import type { FieldError } from "../meta/field-error.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { Conversion } from "./conversion.ts";
import type { Strategy } from "./strategy.ts";

/** Names a kind: the group without version of the core API is empty. */
export interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The names under which a kind is asked for. */
export interface ResourceNames {
  /** The resource: lower-case, in URLs. */
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly listKind: string;
}

/** A column of `kubectl get`; the same fields as a CRD's additionalPrinterColumns. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "number" | "boolean" | "date";
  /** Where the cell's value stands, such as `.spec.lives`. */
  readonly jsonPath: string;
  readonly description: string;
  readonly format: string;
  /** 0 is always shown, more only with `-o wide`. */
  readonly priority: number;
}

/** Parts of an object with an endpoint of their own. */
export interface Subresources {
  readonly status?: true;
  readonly scale?: ScalePaths;
}

/** Where a kind keeps what the scale subresource shows, such as `.spec.replicas`. */
export interface ScalePaths {
  readonly specReplicasPath: string;
  readonly statusReplicasPath: string;
  readonly labelSelectorPath?: string;
}

/** In which releases a version of a kind came, is to be left, and goes. `1.36` style. */
export interface Lifecycle {
  readonly introduced: string;
  readonly deprecated?: string;
  readonly removed?: string;
  readonly replacement?: GroupVersionKind;
  /** Shown instead of the usual sentence. */
  readonly warning?: string;
}

/** OpenAPI schemas by definition name. */
export type Definitions = { readonly [name: string]: object };

/** The schemas of one group version, as both generations of OpenAPI need them. */
export interface OpenApiDefinitions {
  readonly v2: Definitions;
  readonly v3: Definitions;
}

/**
 * Everything the runtime knows about one served version of one kind. Generated; never written by hand.
 * Per-request work is code (decode, applyDefaults, validate, deepCopy); the rest is data.
 */
export interface ResourceDescriptor<T extends KubeObject = KubeObject> {
  readonly gvk: GroupVersionKind;
  readonly names: ResourceNames;
  readonly scope: "Namespaced" | "Cluster";
  /** The version of the group in which objects of this kind are stored. */
  readonly storageVersion: string;
  readonly subresources: Subresources;
  /** Columns beside Name; empty means Name and Age. */
  readonly columns: readonly PrinterColumn[];
  /** Field selectors beyond metadata.name and metadata.namespace, such as `spec.breed`. */
  readonly selectableFields: readonly string[];
  readonly lifecycle?: Lifecycle;
  /** The name of the kind's schema among the definitions, such as `io.skai.animal.v1alpha1.Cat`. */
  readonly definition: string;
  /**
   * Makes an object out of JSON, in place: drops and reports fields that the type does not have, reports the first
   * value of a wrong JSON type, drops nulls, and gives required strings, lists, maps and objects their zero value.
   */
  decode(value: object, report: DecodeReport): T;
  /** Sets the defaults that `+default` tags give. Running it again changes nothing. */
  applyDefaults(object: T): void;
  /**
   * Checks what the types and tags demand; `old` on update, where unchanged fields are not checked again. `options` are
   * the states of the options that `+k8s:ifEnabled` and `+k8s:ifDisabled` name; one that is missing is an error.
   */
  validate(object: T, old: T | undefined, options?: ReadonlyMap<string, boolean>): FieldError[];
  deepCopy(object: T): T;
  /** Set on versions other than the storage version. */
  readonly conversion?: Conversion<T>;
  readonly strategy: Strategy<T>;
}

/** A group version as generated code registers it. */
export interface GroupVersionRegistration {
  readonly group: string;
  readonly version: string;
  // Method bivariance lets descriptors of particular kinds stand here.
  readonly resources: readonly ResourceDescriptor[];
  readonly openApi: OpenApiDefinitions;
}

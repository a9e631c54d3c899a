/**
 * The meta types that API authors build on, as JSON has them.
 * Published as `apiserver-ts/meta/v1`; defined by https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1.
 */

declare const format: unique symbol;
/** Marks a primitive with its wire format; it exists for the compiler and the generator only. */
type Format<Name extends string> = { readonly [format]?: Name };

/** A whole number of 32 bits. */
export type Int32 = number & Format<"int32">;
/** A whole number of 64 bits; JSON numbers are exact here up to 2^53. */
export type Int64 = number & Format<"int64">;
/** A number of single precision. */
export type Float32 = number & Format<"float">;
/** A number of double precision. */
export type Float64 = number & Format<"double">;
/** An amount such as `100m` or `1.5Gi`. */
export type Quantity = string & Format<"quantity">;
/** A moment in RFC 3339, to the second, such as `2026-01-02T15:04:05Z`. */
export type Time = string & Format<"date-time">;
/** A moment in RFC 3339, to the microsecond. */
export type MicroTime = string & Format<"micro-time">;
/** A length of time in Go's notation, such as `1h30m`. */
export type Duration = string & Format<"duration">;
/** Bytes in base64. */
export type Base64Bytes = string & Format<"byte">;
/** A whole number, or a string such as a port name or a percentage. */
export type IntOrString = number | string;
/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
/** A JSON object whose content the server keeps as it is. */
export type RawExtension = { [key: string]: Json };

/** The two fields that tell an object's type. */
export interface TypeMeta {
  apiVersion?: string;
  kind?: string;
}

/** Metadata that every stored object has. */
export interface ObjectMeta {
  name?: string;
  generateName?: string;
  namespace?: string;
  selfLink?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: Int64;
  creationTimestamp?: Time | null;
  deletionTimestamp?: Time;
  deletionGracePeriodSeconds?: Int64;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: ManagedFieldsEntry[];
}

/** Names an object that owns this one; the garbage collector follows it. */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** What one field manager owns of an object. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: "Apply" | "Update" | "";
  apiVersion?: string;
  time?: Time;
  fieldsType?: string;
  fieldsV1?: RawExtension;
  subresource?: string;
}

/** Metadata of a list: where it stands in the store's history, and how to go on. */
export interface ListMeta {
  selfLink?: string;
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: Int64;
}

/** An object that the API serves; authors' kinds extend it. */
export interface KubeObject extends TypeMeta {
  metadata: ObjectMeta;
}

/** A list of objects of one kind. */
export interface KubeList<T extends KubeObject = KubeObject> extends TypeMeta {
  metadata: ListMeta;
  items: readonly T[];
}

/**
 * One aspect of an object's state.
 * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.36/#condition-v1-meta
 */
export interface Condition {
  /**
   * type of condition in CamelCase or in foo.example.com/CamelCase.
   * +k8s:maxLength=316
   */
  type: string;
  /** status of the condition, one of True, False, Unknown. */
  status: "True" | "False" | "Unknown";
  /**
   * observedGeneration represents the .metadata.generation that the condition was set based upon.
   * +k8s:minimum=0
   */
  observedGeneration?: Int64;
  /** lastTransitionTime is the last time the condition transitioned from one status to another. */
  lastTransitionTime: Time;
  /**
   * reason contains a programmatic identifier indicating the reason for the condition's last transition.
   * +k8s:maxLength=1024
   */
  reason: string;
  /**
   * message is a human readable message indicating details about the transition. It may be empty.
   * +k8s:minLength=0
   * +k8s:maxLength=32768
   */
  message: string;
}

/** A reference to the parts of a label selector, as objects carry it. */
export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorRequirement[];
}

/** One requirement of a LabelSelector. */
export interface LabelSelectorRequirement {
  key: string;
  operator: string;
  values?: string[];
}

/** What a request that returns no object, or fails, answers. */
export interface Status extends TypeMeta {
  metadata: ListMeta;
  status?: "Success" | "Failure";
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code?: Int32;
}

/** More about the reason of a Status. */
export interface StatusDetails {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: StatusCause[];
  retryAfterSeconds?: Int32;
}

/** One cause of a failure; for invalid objects one a field. */
export interface StatusCause {
  reason?: string;
  message?: string;
  field?: string;
}

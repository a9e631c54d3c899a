import type {
  Base64Bytes,
  Duration,
  Float32,
  Float64,
  Int32,
  Int64,
  IntOrString,
  Json,
  KubeObject,
  MicroTime,
  ObjectMeta,
  Quantity,
  RawExtension,
  Time,
} from "apiserver-ts/meta/v1";

export interface Owner {
  name: string;
}

/**
 * Presences are what an absent field may mean.
 * A second line of the paragraph.
 *
 * A second paragraph.
 *   - an indented line
 * TODO: not for users.
 * @deprecated the tags below are read all the same
 * ---
 * Only for developers.
 *
 * +structType=atomic
 */
export interface Presences {
  optionalText?: string;
  requiredText: string;
  /** +k8s:minLength=0 */
  emptyText: string;
  /** +k8s:optional */
  absentText: string;
  /** +optional */
  absentList: string[];
  /** +kubebuilder:validation:Optional */
  absentMap: Record<string, string>;
  /** +k8s:minItems=0 */
  emptyList: string[];
  /** +k8s:minProperties=0 */
  emptyMap: Record<string, string>;
  requiredList: string[];
  requiredNumber: Int32;
  requiredFlag: boolean;
  defaultedObject: Owner;
  /** +k8s:required */
  requiredObject: Owner;
  /** +required */
  requiredAnyway: string;
  /** +kubebuilder:validation:Required */
  requiredOnce: string;
  optionalObject?: Owner;
  /** +k8s:forbidden */
  gone?: string;
  nullableText?: string | null;
  /** +nullable */
  nullableObject: Owner | null;
  emptyChoice: "" | "A";
}

/** Scalars are the types with a width or a form. */
export interface Scalars {
  int32: Int32;
  int64: Int64;
  float32: Float32;
  float64: Float64;
  flag: boolean;
  quantity: Quantity;
  time: Time;
  microTime?: MicroTime;
  duration?: Duration;
  bytes?: Base64Bytes;
  port?: IntOrString;
  anything?: Json;
  /** +kubebuilder:validation:XIntOrString */
  targetPort?: IntOrString;
  /** +kubebuilder:validation:EmbeddedResource */
  template?: RawExtension;
  /** +kubebuilder:pruning:PreserveUnknownFields */
  extra?: RawExtension;
  /** +kubebuilder:validation:XPreserveUnknownFields */
  more?: RawExtension;
  metadata?: ObjectMeta;
  "dashed-name"?: string;
}

/** +default=7 */
export type Luck = Int32;

export interface Defaults {
  /** +default="x" # a comment */
  text?: string;
  /** +default=3 */
  number: Int32;
  /** +default=1.5 */
  share?: Float64;
  /** +default=true */
  flag: boolean;
  /** +default=["a", "b"] */
  list?: string[];
  /** +default={"a": "b"} */
  map?: Record<string, string>;
  /** +default={"name": "Ann"} */
  owner?: Owner;
  /** +kubebuilder:default=Bare */
  bare?: string;
  /** +kubebuilder:default={a,b} */
  braces?: string[];
  luck?: Luck;
  /** +default="1Gi" */
  size?: Quantity;
  /** +default="80%" */
  port?: IntOrString;
}

export interface Pet extends KubeObject {
  spec: { presences: Presences; scalars: Scalars; defaults: Defaults };
}

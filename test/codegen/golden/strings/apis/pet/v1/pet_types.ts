import type { Int32, Int64, KubeObject } from "apiserver-ts/meta/v1";

/**
 * Mode has documented members.
 * +k8s:enum
 */
export type Mode =
  /** Indoor pets stay in. */
  | "Indoor"
  /** Outdoor pets roam. */
  | "Outdoor"
  /** +k8s:ifDisabled(SpacePets)=+k8s:enumExclude
   *  Orbital pets need an option. */
  | "Orbital"
  /** +k8s:ifEnabled("Calm")=+k8s:enumExclude */
  | "Wild"
  /** +k8s:enumExclude */
  | "Never";

/** +enum */
export type Wider = Mode | "Any";

/** Name has rules of its own. */
/**
 * +k8s:maxLength=10
 * +k8s:format=k8s-short-name
 */
export type Name = string;

export interface PetSpec {
  mode?: Mode;
  wider?: Wider;
  inline?: "A" | "B";
  single?: "Only";
  open?: "A" | (string & {});
  /** +kubebuilder:validation:Enum=a;b;"c" */
  listed?: string;
  name?: Name;
  /**
   * Rules come sorted, short-circuiting ones first.
   * +k8s:minLength=2
   * +k8s:maxLength=5
   * +k8s:maxBytes=9
   * +k8s:immutable
   * +k8s:neq="none"
   * +k8s:format="k8s-uuid"
   */
  sized?: string;
  /** +kubebuilder:validation:Pattern=`^/\*[a-z]\*\/$` */
  pattern?: string;
  /** +k8s:validation:pattern="^a$" */
  quoted?: string;
  /** +kubebuilder:validation:Pattern=^\d{4}$ */
  bare?: string;
  /**
   * +k8s:minimum=-5
   * +k8s:maximum=0x10
   * +k8s:neq=0
   * +k8s:monotonic
   */
  number?: Int32;
  /** +k8s:neq=false */
  flag?: boolean;
  /** +kubebuilder:validation:Minimum=1
   *  +kubebuilder:validation:Maximum=9007199254740991 */
  large?: Int64;
  /** +k8s:validation:minimum=1
   *  +k8s:validation:maximum=2 */
  older?: Int64;
  /** +kubebuilder:validation:MinLength=1
   *  +kubebuilder:validation:MaxLength=3 */
  text?: string;
  /** +k8s:validation:minLength=1
   *  +k8s:validation:maxLength=3 */
  olderText?: string;
}

export interface Pet extends KubeObject {
  spec: PetSpec;
}

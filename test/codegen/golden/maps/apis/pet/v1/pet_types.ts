import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/** +k8s:format=k8s-label-key */
export type LabelKey = string;

/** +mapType=atomic */
export type Labels = Record<LabelKey, string>;

export interface Toy {
  name: string;
  size?: Int32;
}

/** +k8s:immutable */
export type Fixed = string;

export interface PetSpec {
  labels?: Labels;
  signature?: { [name: string]: Int32 };
  partial?: Partial<Record<string, Int32>>;
  /** +k8s:eachKey=+k8s:maxLength=3
   *  +k8s:eachVal=+k8s:maximum=5
   *  +k8s:minProperties=1
   *  +k8s:maxProperties=9
   *  +k8s:update=NoUnset
   *  +mapType=granular */
  tagged?: Record<string, Int32>;
  toys?: Record<string, Toy>;
  lists?: Record<string, string[]>;
  inline?: Record<string, { a: string }>;
  /** +kubebuilder:validation:MinProperties=1
   *  +kubebuilder:validation:MaxProperties=2 */
  few?: Record<string, string>;
  /** +k8s:validation:minProperties=1
   *  +k8s:validation:maxProperties=2 */
  older?: Record<string, string>;
  /** +structType=atomic
   *  +k8s:subfield(name)=+k8s:immutable
   *  +k8s:subfield(size)=+k8s:minimum=2
   *  +k8s:subfield(size)=+k8s:maximum=3 */
  toy?: Toy;
  /** +k8s:opaqueType */
  opaque?: Toy;
  /** +k8s:eachVal=+k8s:opaqueType */
  opaqueItems?: Fixed[];
  /** +k8s:eachVal=+k8s:opaqueType */
  opaqueValues?: Record<string, Toy>;
  /** +k8s:opaqueType */
  opaqueText?: Fixed;
  fixed?: Fixed;
}

export interface Pet extends KubeObject {
  spec: PetSpec;
}

import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/** +k8s:maxLength=3 */
export type Short = string;

/** +structType=atomic */
export interface Pair {
  a: string;
}

export interface Toy {
  name: string;
  /** +default="a" */
  group?: string;
  size?: Int32;
}

/**
 * Names is a list with tags of its own.
 * +k8s:listType=set
 * +k8s:maxItems=4
 * +k8s:eachVal=+k8s:minLength=1
 */
export type Names = Short[];

export interface PetSpec {
  plain?: string[];
  readonly constant?: readonly string[];
  generic?: Array<Short>;
  names?: Names;
  /** +k8s:listType=atomic */
  asList?: Names;
  /**
   * +k8s:listType=map
   * +k8s:listMapKey=name
   * +k8s:minItems=1
   * +k8s:maxItems=8
   * +k8s:item(name: "laser")=+k8s:immutable
   * +k8s:item(name: "laser")=+k8s:subfield(size)=+k8s:minimum=1
   * +k8s:eachVal=+k8s:update=NoModify
   * +k8s:update=NoAddItem
   * +k8s:update=NoRemoveItem
   */
  toys?: Toy[];
  /**
   * +listType=map
   * +listMapKey=name
   * +listMapKey=group
   * +k8s:item(name: "x", group: "y")=+k8s:immutable
   */
  twoKeys?: Toy[];
  /**
   * +k8s:listType=atomic
   * +k8s:unique=map
   * +k8s:listMapKey=name
   */
  unique?: Toy[];
  /**
   * +k8s:listType=atomic
   * +k8s:unique=set
   */
  uniqueSet?: string[];
  /**
   * +k8s:listType=set
   * +k8s:customUnique
   */
  custom?: string[];
  /** +listType=set */
  pairs?: Pair[];
  /**
   * +patchStrategy=replace
   * +k8s:listType=map
   * +k8s:listMapKey=name
   */
  replaced?: Toy[];
  /**
   * +patchStrategy=merge
   * +patchMergeKey=size
   */
  merged?: Toy[];
  /** +patchStrategy=retainKeys */
  retained?: Toy;
  /** +kubebuilder:validation:items:MaxLength=4
   *  +kubebuilder:validation:items:Pattern=`^a` */
  items?: string[];
  /** +kubebuilder:validation:MinItems=1
   *  +kubebuilder:validation:MaxItems=2 */
  few?: string[];
  /** +k8s:validation:minItems=1
   *  +k8s:validation:maxItems=2 */
  older?: string[];
  inline?: { x?: Int32; deep?: { y: string }[] }[];
}

export interface Pet extends KubeObject {
  spec: PetSpec;
}

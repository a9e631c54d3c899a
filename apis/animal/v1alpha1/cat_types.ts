import type { Condition, Int32, KubeObject, Quantity } from "apiserver-ts/meta/v1";

/** CatMode says where a cat may go. */
export type CatMode =
  /** Indoor cats stay in. */
  | "Indoor"
  /** Outdoor cats roam. */
  | "Outdoor";

/** Toy is something to chase. */
export interface Toy {
  /**
   * name identifies the toy in the list.
   * +k8s:format=k8s-short-name
   */
  name: string;
  /**
   * squeaks is how often it squeaks when bitten.
   * +k8s:minimum=0
   * +k8s:maximum=100
   * +default=1
   */
  squeaks?: Int32;
}

/** CatSpec is what one wishes of a cat. */
export interface CatSpec {
  /**
   * name is what the cat is called, though it may not come.
   * +k8s:maxLength=64
   */
  name: string;
  /**
   * breed of the cat. It cannot change.
   * +k8s:maxLength=64
   * +k8s:immutable
   */
  breed?: string;
  /**
   * mode says whether the cat leaves the house.
   * +default="Indoor"
   */
  mode?: CatMode;
  /**
   * lives that the cat has left.
   * +k8s:minimum=0
   * +k8s:maximum=9
   * +default=9
   */
  lives?: Int32;
  /** weight of the cat, such as 4500m or 4.5. */
  weight?: Quantity;
  /**
   * toys of the cat, each of another name.
   * +k8s:listType=map
   * +k8s:listMapKey=name
   * +k8s:maxItems=16
   */
  toys?: Toy[];
  /**
   * nicknames that the cat may answer to.
   * +k8s:listType=set
   * +k8s:maxItems=16
   * +k8s:eachVal=+k8s:maxLength=63
   */
  nicknames?: string[];
  /**
   * quirks that a sitter should know, by name.
   * +k8s:maxProperties=32
   */
  quirks?: Record<string, string>;
}

/** CatStatus is what was seen of a cat. */
export interface CatStatus {
  /**
   * conditions of the cat, such as Fed or Asleep.
   * +k8s:listType=map
   * +k8s:listMapKey=type
   */
  conditions?: Condition[];
  /**
   * observedGeneration is the generation that the conditions are about.
   * +k8s:minimum=0
   */
  observedGeneration?: Int32;
}

/**
 * Cat is a cat.
 *
 * +genclient
 * +kubebuilder:resource:path=cats,singular=cat,shortName=ct,categories=all;animals,scope=Namespaced
 * +kubebuilder:storageversion
 * +kubebuilder:subresource:status
 * +kubebuilder:selectablefield:JSONPath=`.spec.breed`
 * +kubebuilder:printcolumn:name="Called",type=string,JSONPath=`.spec.name`
 * +kubebuilder:printcolumn:name="Lives",type=integer,JSONPath=`.spec.lives`
 * +kubebuilder:printcolumn:name="Breed",type=string,JSONPath=`.spec.breed`,priority=1
 * +kubebuilder:printcolumn:name="Mode",type=string,JSONPath=`.spec.mode`,priority=1
 * +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
 */
export interface Cat extends KubeObject {
  /** spec is what one wishes of the cat. */
  spec: CatSpec;
  /** status is what was seen of the cat. */
  status: CatStatus;
}

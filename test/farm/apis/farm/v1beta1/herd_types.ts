import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/** Stall is where a part of the herd spends the night. */
export interface Stall {
  /**
   * stall identifies it in the list.
   * +k8s:format=k8s-short-name
   */
  stall: string;
  /**
   * capacity of the stall.
   * +k8s:minimum=1
   * +default=10
   */
  capacity?: Int32;
  /** litter on its floor. */
  litter?: string;
}

/** HerdSpec is what one wishes of a herd. */
export interface HerdSpec {
  /**
   * size that the herd is to have.
   * +k8s:minimum=0
   * +default=1
   */
  size?: Int32;
  /**
   * breed of the animals.
   * +k8s:maxLength=64
   */
  breed: string;
  /**
   * pastureName is where the herd spends the day.
   * +k8s:minLength=1
   */
  pastureName?: string;
  /**
   * pastureFenced says whether the herd stays there by itself.
   * +k8s:dependentRequired("pastureName")
   */
  pastureFenced?: boolean;
  /**
   * stalls of the herd, each of another name.
   * +k8s:listType=map
   * +k8s:listMapKey=stall
   * +k8s:maxItems=16
   */
  stalls?: Stall[];
  /**
   * keepers who look after the herd, in no order.
   * +k8s:listType=set
   * +k8s:maxItems=16
   */
  keepers?: string[];
  /**
   * route that the herd takes, gate by gate.
   * +k8s:listType=atomic
   */
  route?: string[];
  /**
   * feed by the time of the day.
   * +k8s:maxProperties=8
   */
  feed?: Record<string, string>;
}

/** HerdStatus is what was seen of a herd. */
export interface HerdStatus {
  /**
   * size that was counted.
   * +k8s:minimum=0
   */
  size?: Int32;
  /** selector of the labels that the animals wear. */
  selector?: string;
}

/**
 * Herd is a number of animals that stay together, as it was first thought of.
 *
 * +genclient
 * +kubebuilder:resource:path=herds,shortName=hd,categories=livestock,scope=Namespaced
 * +kubebuilder:subresource:status
 * +kubebuilder:subresource:scale:specpath=.spec.size,statuspath=.status.size,selectorpath=.status.selector
 * +kubebuilder:selectablefield:JSONPath=`.spec.breed`
 * +kubebuilder:printcolumn:name="Breed",type=string,JSONPath=`.spec.breed`
 * +kubebuilder:printcolumn:name="Size",type=integer,JSONPath=`.spec.size`
 * +k8s:prerelease-lifecycle-gen:introduced=1.0
 * +k8s:prerelease-lifecycle-gen:deprecated=1.30
 * +k8s:prerelease-lifecycle-gen:removed=1.40
 * +k8s:prerelease-lifecycle-gen:replacement=farm.example.dev,v1,Herd
 */
export interface Herd extends KubeObject {
  /** spec is what one wishes of the herd. */
  spec: HerdSpec;
  /** status is what was seen of the herd. */
  status: HerdStatus;
}

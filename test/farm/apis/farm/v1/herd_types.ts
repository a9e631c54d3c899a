import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/** Temper says how a herd takes strangers. */
export type Temper =
  /** Calm herds may be walked up to. */
  | "Calm"
  /** Wild herds may not. */
  | "Wild";

/** Pen is where a part of the herd spends the night. */
export interface Pen {
  /**
   * name identifies the pen in the list.
   * +k8s:format=k8s-short-name
   */
  name: string;
  /**
   * places there are in the pen.
   * +k8s:minimum=1
   * +default=10
   */
  places?: Int32;
  /** litter on its floor. */
  litter?: string;
}

/** Pasture is where the herd spends the day. */
export interface Pasture {
  /** name of the pasture. */
  name: string;
  /** fenced says whether the herd stays there by itself. */
  fenced?: boolean;
}

/** HerdSpec is what one wishes of a herd. */
export interface HerdSpec {
  /**
   * animals that the herd is to have.
   * +k8s:minimum=0
   * +default=1
   */
  animals?: Int32;
  /**
   * breed of the animals.
   * +k8s:maxLength=64
   */
  breed: string;
  /** temper of the herd. */
  temper?: Temper;
  /** pasture of the herd. */
  pasture?: Pasture;
  /**
   * pens of the herd, each of another name.
   * +k8s:listType=map
   * +k8s:listMapKey=name
   * +k8s:maxItems=16
   */
  pens?: Pen[];
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
   * animals that were counted.
   * +k8s:minimum=0
   */
  animals?: Int32;
  /** selector of the labels that the animals wear. */
  selector?: string;
}

/**
 * Herd is a number of animals that stay together.
 *
 * +genclient
 * +kubebuilder:resource:path=herds,shortName=hd,categories=livestock,scope=Namespaced
 * +kubebuilder:storageversion
 * +kubebuilder:subresource:status
 * +kubebuilder:subresource:scale:specpath=.spec.animals,statuspath=.status.animals,selectorpath=.status.selector
 * +kubebuilder:selectablefield:JSONPath=`.spec.breed`
 * +kubebuilder:printcolumn:name="Breed",type=string,JSONPath=`.spec.breed`
 * +kubebuilder:printcolumn:name="Animals",type=integer,JSONPath=`.spec.animals`
 * +kubebuilder:printcolumn:name="Pasture",type=string,JSONPath=`.spec.pasture.name`,priority=1
 * +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
 */
export interface Herd extends KubeObject {
  /** spec is what one wishes of the herd. */
  spec: HerdSpec;
  /** status is what was seen of the herd. */
  status: HerdStatus;
}

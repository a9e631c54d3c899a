import type {
  Base64Bytes,
  Condition,
  Duration,
  Float64,
  Int32,
  Int64,
  IntOrString,
  Json,
  KubeObject,
  LabelSelector,
  MicroTime,
  ObjectMeta,
  Quantity,
  RawExtension,
  Time,
} from "apiserver-ts/meta/v1";

/**
 * ShortName is a name that fits a DNS label.
 * +k8s:format=k8s-short-name
 */
export type ShortName = string;

/** Diet says what an animal eats. */
export type Diet =
  /** Plants only. */
  | "Herbivore"
  /** Meat only. */
  | "Carnivore"
  /**
   * Anything, where the kitchen offers it.
   * +k8s:ifDisabled(WideKitchen)=+k8s:enumExclude
   */
  | "Omnivore";

/** Home is where an animal lives: one of several, named by type. */
export type Home = { type: "Cage"; cage: Cage } | { type: "Pond"; pond: { liters: Int64 } };

/** Cage has bars. */
export interface Cage {
  /**
   * bars of the cage.
   * +k8s:minimum=1
   */
  bars: Int32;
  /** +default=true */
  locked?: boolean;
}

/**
 * Meal is what is eaten at some hour.
 */
export interface Meal {
  /** +k8s:minimum=0
   *  +k8s:maximum=23 */
  hour: Int32;
  dish: ShortName;
  /**
   * portions served.
   * +default=1
   */
  portions?: Int32;
  /** +k8s:immutable */
  cook?: string;
}

/** Feeding says how meals are given. */
export interface Feeding {
  /** +k8s:modeDiscriminator */
  mode: "Hand" | "Automat";
  /**
   * +k8s:ifMode("Hand")=+k8s:required
   * +k8s:ifMode("Hand")=+k8s:maxLength=20
   */
  keeper?: string;
  /** +k8s:ifMode("Automat")=+k8s:optional */
  slots?: string[];
}

/** Transport is how an animal may travel; at most one way is chosen. */
export interface Transport {
  /** +k8s:zeroOrOneOfMember */
  road?: string;
  /** +k8s:zeroOrOneOfMember */
  rail?: string;
  /** +k8s:dependentRequired("escort") */
  night?: boolean;
  escort?: string;
  /** +k8s:dependentForbidden("escort") */
  alone?: boolean;
}

/** Shop has one till, or another. */
export interface Shop {
  /** +k8s:unionMember */
  coins?: string[];
  /** +k8s:unionMember */
  cards?: Record<string, string>;
}

/** Task is a step of a plan. */
export interface Task {
  name: string;
  /** +k8s:maxLength=8 */
  state?: string;
}

/** Node is part of a family tree. */
export interface FamilyNode {
  name: string;
  children?: FamilyNode[];
}

/** AnimalSpec is what one wishes of an animal. */
export interface AnimalSpec {
  /**
   * species of the animal, in Latin; it may be unknown.
   * +k8s:minLength=0
   * +k8s:maxLength=64
   * +k8s:immutable
   */
  species: string;
  diet: Diet;
  /**
   * +k8s:update=NoUnset
   * +k8s:update=NoModify
   */
  chip?: string;
  /**
   * tag is engraved.
   * +kubebuilder:validation:Pattern=`^[A-Z]{2}-\d+$`
   */
  tag?: string;
  /**
   * +k8s:neq="zero"
   * +k8s:maxBytes=32
   */
  "nick-name"?: string;
  /** +k8s:beta=+k8s:minimum=0 */
  legs?: Int32;
  /** +k8s:alpha=+k8s:maxLength=3 */
  motto?: string;
  /** +k8s:monotonic */
  visits?: Int64;
  /** +default=1.5 */
  height?: Float64;
  vegetarian: boolean;
  weight: Quantity;
  budget?: Quantity;
  born?: Time;
  seen?: MicroTime;
  nap?: Duration;
  photo?: Base64Bytes;
  door?: IntOrString;
  notes?: Json;
  extra?: RawExtension;
  /** +nullable */
  alias?: string | null;
  /** +nullable */
  verdict: string | null;
  home?: Home;
  feeding?: Feeding;
  transport?: Transport;
  shop?: Shop;
  family?: FamilyNode;
  visitors?: LabelSelector;
  /** box is packed for a journey. */
  box?: {
    metadata: ObjectMeta;
    /** +k8s:minItems=1 */
    straps: string[];
  };
  /**
   * meals by hour and dish.
   * +k8s:listType=map
   * +k8s:listMapKey=hour
   * +k8s:listMapKey=dish
   * +k8s:maxItems=24
   * +k8s:update=NoRemoveItem
   */
  meals?: Meal[];
  /**
   * +k8s:listType=set
   * +k8s:eachVal=+k8s:format=k8s-label-value
   * +k8s:update=NoAddItem
   */
  badges?: string[];
  /**
   * +k8s:listType=atomic
   * +k8s:unique=set
   * +k8s:eachVal=+k8s:minimum=0
   */
  scores?: Int32[];
  /** +k8s:listType=atomic */
  moods: ("Calm" | "Wild")[];
  /**
   * tasks that were planned.
   * +k8s:listType=map
   * +k8s:listMapKey=name
   * +k8s:item(name: "inspect")=+k8s:immutable
   * +k8s:item(name: "done")=+k8s:unionMember
   * +k8s:item(name: "failed")=+k8s:unionMember
   */
  tasks?: Task[];
  /**
   * +k8s:eachKey=+k8s:format=k8s-label-key
   * +k8s:eachVal=+k8s:maxLength=63
   * +k8s:maxProperties=8
   * +k8s:minProperties=1
   */
  labels?: Record<string, string>;
  /** +k8s:update=NoAddItem */
  rooms?: Record<string, Cage>;
  /** +k8s:subfield(bars)=+k8s:maximum=99 */
  spare?: Cage;
  /** +k8s:ifEnabled(Fences)=+k8s:maxLength=5 */
  fence?: string;
  doses?: Record<string, Quantity>;
  schedule?: Time[];
  groups?: Record<string, ShortName[]>;
  /** +default={"bars": 3} */
  crate?: Cage;
}

/** AnimalStatus is what was seen of an animal. */
export interface AnimalStatus {
  /**
   * +k8s:listType=map
   * +k8s:listMapKey=type
   */
  conditions?: Condition[];
  replicas?: Int32;
}

/**
 * Animal is an animal.
 *
 * +kubebuilder:resource:path=animals,shortName=an
 * +kubebuilder:subresource:status
 * +kubebuilder:subresource:scale:specpath=.spec.legs,statuspath=.status.replicas
 */
export interface Animal extends KubeObject {
  /** spec is what one wishes of the animal. */
  spec: AnimalSpec;
  /** status is what was seen of the animal. */
  status?: AnimalStatus;
}

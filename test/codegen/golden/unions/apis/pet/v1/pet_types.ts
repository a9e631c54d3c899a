import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

/** Home is told apart by its type. */
export type Home =
  /** House is a home on land. */
  | { /* the discriminator */ type: "House"; note?: string; house: { rooms: Int32 } }
  /** Boat is a home at sea. */
  | { type: "Boat"; note?: string; boat: { berth: string } }
  | { type: "None"; note?: string };

export interface Inner {
  a: string;
}
export interface Outer {
  b: string;
  c?: string;
}

/** Pick has one of two. */
export type Pick2 = { inner: Inner; outer?: never } | { outer: Outer; inner?: never };
export type Loose = { left: Inner } | { right: Outer };
/** Maybe has at most one. */
export type Maybe = { x?: string; y?: never } | { x?: never; y?: Int32 };

/** Modes share fields between variants. */
export type Schedule =
  | { mode: "Daily"; hour: Int32 }
  | { mode: "Weekly"; hour: Int32; day: string }
  | { mode: "Never" | "Once"; reason?: string };

export type Toggle = { on: true; level: Int32 } | { on: false };
export type Same = { kind: "A"; text: string } | { kind: "B"; text: string };
export type Either<A, B> = { first: A; second?: never } | { second: B; first?: never };

export interface Task {
  name: string;
}

/** +kubebuilder:validation:ExactlyOneOf=one;two */
export interface Listed {
  one?: string;
  two?: string;
}

/** +kubebuilder:validation:AtMostOneOf={one,two} */
export interface AtMost {
  one?: string;
  two?: string;
}

/** Tagged says by tags what the others say by type. */
export interface Tagged {
  /** +k8s:unionDiscriminator(union: "u") */
  choice?: "M1" | "Second";
  /** +k8s:unionMember(union: "u") */
  m1?: Inner;
  /** +k8s:unionMember(union: "u", memberName: "Second") */
  m2?: Inner;
  /** +k8s:zeroOrOneOfMember */
  z1?: string;
  /** +k8s:zeroOrOneOfMember */
  z2?: string;
  /** +k8s:modeDiscriminator */
  mode?: "A" | "B";
  /** +k8s:ifMode("A")=+k8s:required
   *  +k8s:ifMode("A")=+k8s:maxLength=5
   *  +k8s:ifMode("B")=+k8s:optional */
  moded?: string;
  /** +k8s:modeDiscriminator(modality: "Flag") */
  flag?: boolean;
  /** +k8s:ifMode(modality: "Flag", mode: "true")=+k8s:required */
  flagged?: string;
  /** +k8s:dependentRequired("m2")
   *  +k8s:dependentForbidden("z1") */
  trigger?: string;
}

/**
 * +k8s:listType=map
 * +k8s:listMapKey=name
 * +k8s:item(name: "a")=+k8s:zeroOrOneOfMember
 * +k8s:item(name: "b")=+k8s:zeroOrOneOfMember
 */
export type Tasks = Task[];

export interface PetSpec {
  home?: Home;
  homes?: Home[];
  pick?: Pick2;
  loose?: Loose;
  maybe?: Maybe;
  schedule?: Schedule;
  toggle?: Toggle;
  same?: Same;
  either?: Either<Inner, { z: string }>;
  listed?: Listed;
  atMost?: AtMost;
  tagged?: Tagged;
  inline?: { a: Inner } | { b: { c: string } };
  /**
   * +k8s:listType=map
   * +k8s:listMapKey=name
   * +k8s:item(name: "succeeded")=+k8s:unionMember
   * +k8s:item(name: "failed")=+k8s:unionMember
   */
  tasks?: Task[];
  aliased?: Tasks;
  /** +k8s:subfield(a)=+k8s:immutable */
  sub?: Inner;
  /** +k8s:subfield(b)=+k8s:unionMember
   *  +k8s:subfield(c)=+k8s:unionMember */
  outside?: Outer;
}

export interface Pet extends KubeObject {
  spec: PetSpec;
}

import type { Condition, Int32, KubeObject, LabelSelector, ObjectMeta, TypeMeta } from "apiserver-ts/meta/v1";
import type { Shared } from "../../shared.ts";

/** +k8s:maxLength=3 */
export type Name = string;
/** +k8s:minLength=1 */
export type Renamed = Name;

export interface Box<T> {
  /** value is boxed. */
  value: T;
  others?: T[];
}

/** Base is inherited. */
export interface Base {
  /** first comes first. */
  first: Name;
}

/** Pair has two parameters, one with a default. */
export interface Pair<A, B = Int32> {
  a: A;
  b?: B;
}

export interface NameBox extends Box<Name> {
  label?: string;
}

export type IntBox = Box<Int32>;

export type Both = Base & { second: Renamed };

/** Node reaches itself. */
export interface Node {
  name: string;
  children?: Node[];
  byName?: Record<string, Node>;
}

export interface PetSpec extends Base {
  renamed?: Renamed;
  nameBox?: NameBox;
  intBox?: IntBox;
  box?: Box<Name>;
  stringBox?: Box<string>;
  listPair?: Pair<Int32[]>;
  pair?: Pair<Base, Record<string, Name>>;
  both?: Both;
  tree?: Node;
  inline?: { x: string; deeper?: { y: Int32 } };
  partial?: Partial<Both>;
  picked?: Pick<Node, "name">;
  omitted?: Omit<Both, "first">;
  keyed?: Record<"a" | "b", Name>;
  mapped?: { [K in "c" | "d"]?: Int32 };
  indexed?: Base["first"];
  frozen?: Readonly<Base>;
  shared?: Shared;
  selector?: LabelSelector;
}

export interface Pet extends KubeObject {
  spec: PetSpec;
  status?: { conditions?: Condition[] };
}

/** Toy is a kind by its two metas. */
export interface Toy extends TypeMeta {
  metadata: ObjectMeta;
  owner?: Base;
}

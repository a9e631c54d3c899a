import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

export interface Toy {
  name: string;
  /** +k8s:ifEnabled(Choice)=+k8s:unionMember */
  a?: string;
  /** +k8s:ifEnabled(Choice)=+k8s:unionMember */
  b?: string;
}

export interface PetSpec {
  /** +k8s:update=NoSet
   *  +k8s:update=NoUnset
   *  +k8s:update=NoModify */
  chip?: string;
  /** +k8s:ifEnabled(Limits)=+k8s:maximum=5
   *  +k8s:ifDisabled(Limits)=+k8s:immutable
   *  +k8s:alpha(since: "1.35")=+k8s:minimum=1
   *  +k8s:beta=+k8s:neq=3 */
  number?: Int32;
  /** +k8s:alpha=+k8s:ifEnabled(X)=+k8s:eachVal=+k8s:maxLength=4
   *  +k8s:eachVal=+k8s:beta=+k8s:minLength=2
   *  +k8s:beta(since: "1.36")=+k8s:maxItems=4 */
  list?: string[];
  /** +k8s:ifEnabled(X)=+k8s:subfield(name)=+k8s:immutable
   *  +k8s:alpha=+k8s:required */
  toy?: Toy;
}

/** +k8s:immutable */
export interface Pet extends KubeObject {
  /** +k8s:immutable */
  spec: PetSpec;
}

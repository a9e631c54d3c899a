import type { DeleteOptions, WriteOptions } from "../meta/options.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";

/** What admission is told of a write. https://pkg.go.dev/k8s.io/apiserver/pkg/admission#Attributes */
interface Write {
  readonly descriptor: ResourceDescriptor;
  /** Empty for the resource itself, else such as `status`. */
  readonly subresource: string;
  /** As in the URL; on create as in the object, empty where a name is to be generated. Empty for collections. */
  readonly name: string;
}

/** A write that admission is asked about; its object is what is to be stored. */
export type AdmissionRequest = Write &
  (
    | { readonly operation: "CREATE"; readonly object: KubeObject; readonly options: WriteOptions }
    | {
        readonly operation: "UPDATE";
        readonly object: KubeObject;
        readonly old: KubeObject;
        readonly options: WriteOptions;
      }
    | { readonly operation: "DELETE"; readonly old: KubeObject; readonly options: DeleteOptions }
  );

/** A write that may still be changed. */
export type MutableRequest = Exclude<AdmissionRequest, { readonly operation: "DELETE" }>;

/**
 * Those who may change a write or refuse it, after it is known who makes it and before it is stored.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/
 */
export interface Admission {
  /** Runs before the strategy, once an attempt. May change the object: gives the one to go on with. */
  mutate(request: MutableRequest, context: RequestContext): Promise<KubeObject>;
  /** Runs last, once an attempt, for deletions too. Refuses by throwing a StatusError; must not change the objects. */
  validate(request: AdmissionRequest, context: RequestContext): Promise<void>;
}

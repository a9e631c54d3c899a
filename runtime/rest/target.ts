import type { RestStorage } from "../registry/rest-storage.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import type { Scheme } from "../scheme/scheme.ts";
import type { Admission } from "../admission/admission.ts";
import type { KindSchemas } from "./kind-schemas.ts";

/** The resource, or subresource, that a request is about: all that a verb needs beside the request itself. */
export interface ResourceTarget {
  readonly scheme: Scheme;
  /** The served version of the kind; a subresource has its parent's. */
  readonly descriptor: ResourceDescriptor;
  /** Empty for the resource itself, else such as `status`. */
  readonly subresource: string;
  /** What bodies and answers are of, where that is not the descriptor's own kind, such as Scale. */
  readonly body?: BodyKind;
  readonly storage: RestStorage;
  /** Undefined where nobody is to be asked. */
  readonly admission?: Admission;
  /** Undefined where nobody keeps track of who owns which field; then there is no apply, and no strategic merge. */
  readonly schemas?: KindSchemas;
  /**
   * Throws 403 unless the user may create an object of that name: asked where an update or apply turns out to create,
   * which being allowed to update does not include. Where it is undefined, such writes fail.
   */
  readonly authorizeCreate?: (context: RequestContext, name: string) => Promise<void>;
}

/** A kind that bodies are of, and the scheme that knows its versions. */
export type BodyKind = Pick<ResourceTarget, "scheme" | "descriptor">;

/** The kind that the bodies and answers of a target are of. */
export function bodyKindOf(target: ResourceTarget): BodyKind {
  return target.body ?? target;
}

/** A request's body, unpacked but not read. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  readonly mediaType:
    "application/json" | "application/yaml" | "application/vnd.kubernetes.protobuf" | "application/cbor";
}

/** The kinds of patch. */
export type PatchType = "json" | "merge" | "strategic" | "apply";

/** A patch as it was sent. */
export interface PatchBody {
  readonly type: PatchType;
  readonly bytes: Uint8Array;
}

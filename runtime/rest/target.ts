import type { RestStorage } from "../registry/rest-storage.ts";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";

/** The resource, or subresource, that a request is about: all that a verb needs beside the request itself. */
export interface ResourceTarget {
  readonly scheme: Scheme;
  /** The served version of the kind; a subresource has its parent's. */
  readonly descriptor: ResourceDescriptor;
  /** Empty for the resource itself, else such as `status`. */
  readonly subresource: string;
  readonly storage: RestStorage;
}

/** A request's body, unpacked but not read. */
export interface RequestBody {
  readonly bytes: Uint8Array;
  readonly mediaType: "application/json" | "application/yaml";
}

/** The kinds of patch. */
export type PatchType = "json" | "merge" | "strategic" | "apply";

import type { PatchType, RequestBody } from "../rest/target.ts";

/** A media type of objects: of bodies and of answers. */
export type ObjectMediaType = RequestBody["mediaType"];

/** A patch's kind, and what its bytes are in. */
export interface PatchForm {
  readonly type: PatchType;
  readonly bytes: "text" | "cbor";
}

/** The media types that a server speaks. */
export interface MediaTypes {
  /** Of objects, the default first. */
  readonly objects: readonly ObjectMediaType[];
  /** Of watches. */
  readonly watches: readonly string[];
  /** Of patches, and what they are. */
  readonly patches: ReadonlyMap<string, PatchForm>;
}

/** The media type of watches in CBOR. https://www.rfc-editor.org/rfc/rfc8742 */
export const cborSequence = "application/cbor-seq";

/** What every server speaks. https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources */
export const standardMediaTypes: MediaTypes = {
  objects: ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"],
  watches: ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"],
  patches: new Map<string, PatchForm>([
    ["application/json-patch+json", { type: "json", bytes: "text" }],
    ["application/merge-patch+json", { type: "merge", bytes: "text" }],
    ["application/strategic-merge-patch+json", { type: "strategic", bytes: "text" }],
    ["application/apply-patch+yaml", { type: "apply", bytes: "text" }],
  ]),
};

/** What servers speak that are to speak CBOR too. https://kubernetes.io/docs/reference/using-api/api-concepts/#cbor-encoding */
export const mediaTypesWithCbor: MediaTypes = {
  objects: [...standardMediaTypes.objects, "application/cbor"],
  watches: [...standardMediaTypes.watches, cborSequence],
  patches: new Map([...standardMediaTypes.patches, ["application/apply-patch+cbor", { type: "apply", bytes: "cbor" }]]),
};

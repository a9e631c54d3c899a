import { failure, notAcceptable, type StatusError } from "../meta/status-error.ts";
import type { MetaVersion } from "../rest/partial-metadata.ts";
import { parseAccept, type AcceptClause } from "./accept.ts";
import { cborSequence, type MediaTypes, type ObjectMediaType } from "./media-types.ts";

/** What objects may be shown as instead of themselves, in which version of the group meta.k8s.io. */
export type Conversion =
  | { readonly kind: "Table"; readonly version: MetaVersion }
  | { readonly kind: "PartialObjectMetadata"; readonly version: MetaVersion }
  | { readonly kind: "PartialObjectMetadataList"; readonly version: MetaVersion };

/** The form in which an answer is to be given. */
export interface Representation {
  readonly mediaType: ObjectMediaType;
  readonly conversion: Conversion | undefined;
  /** Whether the Accept header itself asks for indented text. */
  readonly pretty: boolean;
}

/** What an Accept header means here. */
export interface Acceptance {
  /** Whether a route is found at all: some clause names a served type, or any type. */
  readonly routable: boolean;
  /** For objects of a resource; undefined where nothing fits. */
  readonly object: Representation | undefined;
  /** For watches; undefined where nothing fits. */
  readonly watch: Representation | undefined;
  /** For everything that is not converted, such as a Status; undefined where nothing fits. */
  readonly plain: Representation | undefined;
}

/**
 * The meaning of Accept headers, remembered since clients repeat them; the oldest are forgotten first.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#alternate-representations-of-resources
 */
export class AcceptHeaders {
  readonly #known = new Map<string, Acceptance>();
  readonly #max: number;
  readonly #mediaTypes: MediaTypes;

  constructor(max: number, mediaTypes: MediaTypes) {
    this.#max = max;
    this.#mediaTypes = mediaTypes;
  }

  /** What the header means; a missing one accepts the default. */
  read(header: string | undefined): Acceptance {
    if (header === undefined || header === "") return anything;
    const known = this.#known.get(header);
    if (known !== undefined) return known;
    const acceptance = readAccept(header, this.#mediaTypes);
    if (this.#known.size >= this.#max) this.#forgetOldest();
    this.#known.set(header, acceptance);
    return acceptance;
  }

  #forgetOldest(): void {
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}

/** 406 for a header that no route answers; `produced` are the types of the route. */
export function notRoutable(produced: readonly string[]): StatusError {
  const message = `406: Not Acceptable\n\nAvailable representations: ${produced.join(", ")}`;
  return failure(406, "NotAcceptable", message, {});
}

/** 406 for a header that names served types, but only with parameters that cannot be met, or for what they have no form of. */
export function onlyAccepted(produced: readonly string[]): StatusError {
  return notAcceptable(`only the following media types are accepted: ${produced.join(", ")}`);
}

/**
 * Whether text is to be indented: the query's word, else whether the client looks like one that a person reads from.
 * A `pretty` that is no boolean is false, as in Go.
 */
export function wantsPretty(query: URLSearchParams, userAgent: string | undefined): boolean {
  const asked = query.size === 0 ? null : query.get("pretty");
  if (asked !== null && asked !== "") return trueWords.has(asked);
  return userAgent !== undefined && /^(?:curl|Wget|Mozilla\/5\.0)/.test(userAgent);
}

const trueWords: ReadonlySet<string> = new Set(["1", "t", "T", "true", "TRUE", "True"]);

const json: Representation = { mediaType: "application/json", conversion: undefined, pretty: false };
const anything: Acceptance = { routable: true, object: json, watch: json, plain: json };

/** What an answer is: an object, which may be converted, the events of a watch, or what is always as it is. */
type Use = "object" | "watch" | "plain";

function readAccept(header: string, mediaTypes: MediaTypes): Acceptance {
  const clauses = parseAccept(header);
  return {
    routable: clauses.some((clause) => isRoutable(clause, mediaTypes)),
    object: firstFit(clauses, "object", mediaTypes),
    watch: firstFit(clauses, "watch", mediaTypes),
    plain: firstFit(clauses, "plain", mediaTypes),
  };
}

/** Whether a clause finds a route: those of the Go server know only whole types and all types, not `application/*`. */
export function isRoutable({ type, subtype }: AcceptClause, { objects, watches }: MediaTypes): boolean {
  if (type === "*" && subtype === "*") return true;
  const mediaType = `${type}/${subtype}`;
  return objects.some((served) => served === mediaType) || watches.includes(mediaType);
}

function firstFit(clauses: readonly AcceptClause[], use: Use, { objects }: MediaTypes): Representation | undefined {
  for (const clause of clauses) {
    for (const mediaType of objects) {
      const fit = includes(clause, mediaType, use) ? fitted(clause.parameters, mediaType, use) : undefined;
      if (fit !== undefined) return fit;
    }
  }
  return undefined;
}

// A range of all types has to be written `*/*`: a star with a subtype includes nothing.
function includes({ type, subtype }: AcceptClause, mediaType: ObjectMediaType, use: Use): boolean {
  if (type === "*") return subtype === "*";
  const range = `${type}/${subtype}`;
  if (range === mediaType || range === "application/*") return true;
  return use === "watch" && mediaType === "application/cbor" && range === cborSequence;
}

function fitted(
  parameters: ReadonlyMap<string, string>,
  mediaType: ObjectMediaType,
  use: Use,
): Representation | undefined {
  const stream = parameters.get("stream") ?? "";
  if (stream !== "" && (stream !== "watch" || mediaType === "application/yaml")) return undefined;
  const serverVersion = parameters.get("sv") ?? "";
  if (serverVersion !== "" && (use === "plain" || serverVersion !== "v1")) return undefined;
  const converts = parameters.has("as") || parameters.has("g") || parameters.has("v");
  const conversion = use !== "plain" && converts ? conversionOf(parameters) : undefined;
  if (converts && conversion === undefined) return undefined;
  if (use !== "plain" && !hasForm(mediaType, conversion)) return undefined;
  return { mediaType, conversion, pretty: parameters.get("pretty") === "1" };
}

// The kinds of authors have no field numbers, and the cells of tables hold anything.
function hasForm(mediaType: ObjectMediaType, conversion: Conversion | undefined): boolean {
  switch (mediaType) {
    case "application/json":
    case "application/yaml":
      return true;
    case "application/vnd.kubernetes.protobuf":
      return conversion !== undefined && conversion.kind !== "Table";
    case "application/cbor":
      return conversion?.kind !== "Table";
  }
}

function conversionOf(parameters: ReadonlyMap<string, string>): Conversion | undefined {
  if (parameters.get("g") !== "meta.k8s.io") return undefined;
  const version = parameters.get("v");
  if (version !== "v1" && version !== "v1beta1") return undefined;
  const kind = parameters.get("as");
  switch (kind) {
    case "Table":
    case "PartialObjectMetadata":
    case "PartialObjectMetadataList":
      return { kind, version };
    default:
      return undefined;
  }
}

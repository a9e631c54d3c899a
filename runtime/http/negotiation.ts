import { failure, notAcceptable, type StatusError } from "../meta/status-error.ts";
import type { MetaVersion } from "../rest/partial-metadata.ts";
import { parseAccept, type AcceptClause } from "./accept.ts";

/** The media types that resources are served in, the default first. */
export const servedMediaTypes = ["application/json", "application/yaml"] as const;

/** The media type of watches. */
export const streamMediaType = "application/json;stream=watch";

/** A media type that resources are served in. */
type ServedMediaType = (typeof servedMediaTypes)[number];

/** What objects may be shown as instead of themselves, in which version of the group meta.k8s.io. */
export type Conversion =
  | { readonly kind: "Table"; readonly version: MetaVersion }
  | { readonly kind: "PartialObjectMetadata"; readonly version: MetaVersion }
  | { readonly kind: "PartialObjectMetadataList"; readonly version: MetaVersion };

/** The form in which an answer is to be given. */
export interface Representation {
  readonly mediaType: ServedMediaType;
  readonly conversion: Conversion | undefined;
  /** Whether the Accept header itself asks for indented text. */
  readonly pretty: boolean;
}

/** What an Accept header means here. */
interface Acceptance {
  /** Whether a route is found at all: some clause names a served type, or any type. */
  readonly routable: boolean;
  /** For objects of a resource; undefined where nothing fits. */
  readonly object: Representation | undefined;
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

  constructor(max: number) {
    this.#max = max;
  }

  /** What the header means; a missing one accepts the default. */
  read(header: string | undefined): Acceptance {
    if (header === undefined || header === "") return anything;
    const known = this.#known.get(header);
    if (known !== undefined) return known;
    const acceptance = readAccept(header);
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

/** 406 for a header that names served types only with parameters that cannot be met. */
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
const anything: Acceptance = { routable: true, object: json, plain: json };

function readAccept(header: string): Acceptance {
  const clauses = parseAccept(header);
  return {
    routable: clauses.some(isRoutable),
    object: firstFit(clauses, "object"),
    plain: firstFit(clauses, "plain"),
  };
}

/** Whether a clause finds a route: those of the Go server know only whole types and all types, not `application/*`. */
export function isRoutable({ type, subtype }: AcceptClause): boolean {
  if (type === "*" && subtype === "*") return true;
  return servedMediaTypes.some((served) => served === `${type}/${subtype}`);
}

function firstFit(clauses: readonly AcceptClause[], use: "object" | "plain"): Representation | undefined {
  for (const clause of clauses) {
    for (const mediaType of servedMediaTypes) {
      const fit = includes(clause, mediaType) ? fitted(clause.parameters, mediaType, use) : undefined;
      if (fit !== undefined) return fit;
    }
  }
  return undefined;
}

// A range of all types has to be written `*/*`: a star with a subtype includes nothing.
function includes({ type, subtype }: AcceptClause, mediaType: ServedMediaType): boolean {
  if (type === "*") return subtype === "*";
  return `${type}/${subtype}` === mediaType || (type === "application" && subtype === "*");
}

function fitted(
  parameters: ReadonlyMap<string, string>,
  mediaType: ServedMediaType,
  use: "object" | "plain",
): Representation | undefined {
  const stream = parameters.get("stream") ?? "";
  if (stream !== "" && (stream !== "watch" || mediaType !== "application/json")) return undefined;
  const serverVersion = parameters.get("sv") ?? "";
  if (serverVersion !== "" && (use === "plain" || serverVersion !== "v1")) return undefined;
  const converts = parameters.has("as") || parameters.has("g") || parameters.has("v");
  const conversion = use === "object" && converts ? conversionOf(parameters) : undefined;
  if (converts && conversion === undefined) return undefined;
  return { mediaType, conversion, pretty: parameters.get("pretty") === "1" };
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

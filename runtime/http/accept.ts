/** One media type, or range of them, of an Accept header. */
export interface AcceptClause {
  /** `*` for any. */
  readonly type: string;
  /** `*` for any. */
  readonly subtype: string;
  /** Without `q`. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Clauses after these are not read: the order of preference costs the square of their number. */
const acceptClausesMax = 64;

/**
 * The clauses of an Accept header, the preferred first; what cannot be read is left out.
 * The order is that of the library that Kubernetes uses, https://pkg.go.dev/github.com/munnerz/goautoneg#ParseAccept.
 */
export function parseAccept(header: string): AcceptClause[] {
  const clauses: AcceptClause[] = [];
  for (const part of header.split(",", acceptClausesMax)) {
    const clause = parseClause(part);
    if (clause !== undefined) insert(clauses, clause);
  }
  return clauses;
}

/** Whether a clause takes a media type such as `application`, `json`; its parameters are not looked at. */
export function acceptsMediaType(clause: AcceptClause, type: string, subtype: string): boolean {
  if (clause.type === "*") return clause.subtype === "*" || clause.subtype === subtype;
  return clause.type === type && (clause.subtype === subtype || clause.subtype === "*");
}

function parseClause(text: string): AcceptClause | undefined {
  const [range = "", ...rest] = text.split(";");
  const [type = "", subtype, ...more] = range.split("/").map((part) => part.trim());
  if (more.length > 0 || (subtype === undefined && type !== "*")) return undefined;
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [name = "", value = "", ...others] = parameter.split("=");
    if (value !== "" && others.length === 0) parameters.set(name.trim(), value.trim());
  }
  const quality = parameters.get("q");
  parameters.delete("q");
  return { type, subtype: subtype ?? "*", parameters, quality: quality === undefined ? 1 : Number(quality) || 0 };
}

// The preference is not transitive (a wildcard of high quality and a type of low quality each come before the other),
// so the way of sorting is part of the answer: a clause moves forward past those that it is preferred to.
function insert(clauses: AcceptClause[], clause: AcceptClause): void {
  let index = clauses.length;
  for (; index > 0; index--) {
    const before = clauses[index - 1];
    if (before === undefined || !isPreferred(clause, before)) break;
  }
  clauses.splice(index, 0, clause);
}

function isPreferred(a: AcceptClause, b: AcceptClause): boolean {
  if (a.quality > b.quality) return true;
  if (a.type !== "*" && b.type === "*") return true;
  return a.subtype !== "*" && b.subtype === "*";
}

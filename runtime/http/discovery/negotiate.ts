import { acceptsMediaType, parseAccept, type AcceptClause } from "../accept.ts";
import { standardMediaTypes } from "../media-types.ts";
import { isRoutable, notRoutable, onlyAccepted } from "../negotiation.ts";

/** What a client asked of discovery. */
export interface Wish {
  /** Whether it wants all groups with their resources in one document. */
  readonly form: "plain" | "aggregated";
  readonly media: (typeof medias)[number];
  readonly pretty: boolean;
}

const medias = ["json", "yaml", "vnd.kubernetes.protobuf"] as const;

/** Whether the path has an aggregated form too. */
type Forms = "plain" | "plain and aggregated";

/**
 * Reads an Accept header as discovery does: the aggregated form goes to whoever names it at all, the plain form to
 * the best clause that asks for no other kind. Throws 406 where neither can be given.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
export function negotiateDiscovery(accept: string | undefined, forms: Forms): Wish {
  if (accept === undefined || accept === "") return { form: "plain", media: "json", pretty: false };
  const clauses = parseAccept(accept);
  if (!clauses.some((clause) => isRoutable(clause, standardMediaTypes))) throw notRoutable(standardMediaTypes.objects);
  const wish = (forms === "plain" ? undefined : find(clauses, "aggregated")) ?? find(clauses, "plain");
  if (wish === undefined) throw onlyAccepted(standardMediaTypes.objects);
  return wish;
}

function find(clauses: readonly AcceptClause[], form: Wish["form"]): Wish | undefined {
  for (const clause of clauses) {
    const media = mediaOf(clause);
    if (media !== undefined && formOf(clause) === form) {
      return { form, media, pretty: clause.parameters.get("pretty") === "1" };
    }
  }
  return undefined;
}

function mediaOf(clause: AcceptClause): Wish["media"] | undefined {
  return medias.find((media) => acceptsMediaType(clause, "application", media));
}

function formOf({ parameters }: AcceptClause): Wish["form"] | undefined {
  if (parameters.has("sv")) return undefined;
  const [kind, group, version] = ["as", "g", "v"].map((name) => parameters.get(name));
  if (kind === undefined && group === undefined && version === undefined) return "plain";
  const aggregated = kind === "APIGroupDiscoveryList" && group === "apidiscovery.k8s.io" && version === "v2";
  return aggregated ? "aggregated" : undefined;
}

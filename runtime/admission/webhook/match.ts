import { forbiddenRequest, internalError } from "../../meta/status-error.ts";
import type { ResourceDescriptor } from "../../scheme/descriptor.ts";
import type { RequestContext } from "../../scheme/request-context.ts";
import type { Attributes } from "../admission.ts";
import type { ClusterLookup } from "../cluster-lookup.ts";
import { namespaceNotFound, type Namespaces } from "../namespaces.ts";
import type { WebhookObserver } from "./asked-webhook.ts";
import type { Invocation } from "./invocation.ts";
import { conditionRequest } from "./review.ts";
import { ruleMatches } from "./rules.ts";
import type { Versions } from "./versions.ts";
import { selects, selectsAll, type Webhook } from "./webhook.ts";

/** What is known when webhooks are matched with a write. */
export interface Matching {
  readonly write: Attributes;
  readonly context: RequestContext;
  readonly versions: Versions;
  readonly equivalents: readonly ResourceDescriptor[];
  readonly namespaces: Namespaces;
  readonly lookup: ClusterLookup;
  /** The name of the plugin that asks. */
  readonly plugin: string;
  readonly observe?: WebhookObserver | undefined;
}

/** Whether and how a webhook is to be asked about a write; undefined if it is not. Throws what refuses the write. */
export async function invocationOf(webhook: Webhook, matching: Matching): Promise<Invocation | undefined> {
  const { write, versions } = matching;
  const resource = matchedResource(webhook, matching);
  if (resource === undefined || !objectMatches(webhook, versions, write)) return undefined;
  if (!(await namespaceMatches(webhook, matching))) return undefined;
  // What is not of the resource's own kind, such as a Scale, is the same in all its versions.
  const kind = write.objectKind === write.descriptor ? resource : write.objectKind;
  const invocation = { webhook, resource, kind };
  return conditionsMatch(invocation, matching) ? invocation : undefined;
}

/** The version of the resource that the first rule to match names; an exact match comes first. */
function matchedResource({ spec }: Webhook, { write, equivalents }: Matching): ResourceDescriptor | undefined {
  const { descriptor } = write;
  const { rules = [], matchPolicy = "Equivalent" } = spec;
  if (rules.some((rule) => ruleMatches(rule, descriptor, write))) return descriptor;
  if (matchPolicy === "Exact") return undefined;
  for (const rule of rules) {
    const equivalent = equivalents.find((other) => hasPart(other, write) && ruleMatches(rule, other, write));
    if (equivalent !== undefined) return equivalent;
  }
  return undefined;
}

function hasPart({ subresources }: ResourceDescriptor, { subresource }: Attributes): boolean {
  return subresource === "" || Object.hasOwn(subresources, subresource);
}

function objectMatches({ objects }: Webhook, { current }: Versions, { oldObject }: Attributes): boolean {
  if (selectsAll(objects)) return true;
  return (
    (current !== undefined && selects(objects, current.metadata.labels)) ||
    (oldObject !== undefined && selects(objects, oldObject.metadata.labels))
  );
}

async function namespaceMatches({ namespaces: selector }: Webhook, matching: Matching): Promise<boolean> {
  const { write, context, namespaces, lookup, plugin } = matching;
  // What is in no namespace is never exempt.
  if (write.namespace === "" || selectsAll(selector)) return true;
  let namespace = namespaces.copy.get(write.namespace);
  if (namespace === undefined) {
    try {
      namespace = await namespaces.fetch(write.namespace, context.signal);
    } catch (error) {
      lookup.failed(plugin, error);
      return false;
    }
  }
  if (namespace === undefined) throw namespaceNotFound(write.namespace);
  return selects(selector, namespace.labels);
}

function conditionsMatch(invocation: Invocation, { write, versions }: Matching): boolean {
  const { conditions } = invocation.webhook;
  if (conditions === undefined) return true;
  const { object = null, oldObject = null } = versionedObjects(invocation, versions);
  const outcome = conditions()({ object, oldObject, request: conditionRequest(invocation, write) });
  switch (outcome.kind) {
    case "match":
      return true;
    case "no match":
      return false;
    case "error":
      throw forbiddenRequest(write.resource, write.name, outcome.why);
  }
}

/** The objects of a write as a webhook is to see them. Throws 500 where they cannot be converted. */
export function versionedObjects({ kind }: Invocation, versions: Versions): ReturnType<Versions["in"]> {
  try {
    return versions.in(kind);
  } catch (error) {
    throw internalError(error instanceof Error ? error.message : String(error), error);
  }
}

import type { RequestContext } from "../scheme/request-context.ts";
import { patchTypeOf } from "./content-type.ts";
import type { Verb } from "./endpoint.ts";
import { answerUnknownPath } from "./fixed-paths.ts";
import { notRoutable, onlyAccepted, servedMediaTypes, streamMediaType } from "./negotiation.ts";
import { header, type RequestState } from "./request-state.ts";
import { routeRequest } from "./resource-routes.ts";
import { verbs } from "./resource-verbs.ts";
import type { Serving } from "./serving.ts";

/** Serves a request for a resource: finds the route, settles the form of the answer, and does what the verb says. */
export async function serveResource(serving: Serving, state: RequestState): Promise<void> {
  const request = routeRequest(serving.resources, state.info, state.request.method ?? "GET");
  if (request === undefined) {
    answerUnknownPath(serving.paths, state);
    return;
  }
  const { served, verb, name } = request;
  // What the routes of the Go server refuse is refused before the resource has its say.
  if (verb === "patch") patchTypeOf(header(state, "content-type"));
  const { routable, object: representation } = serving.acceptHeaders.read(header(state, "accept"));
  if (!routable) throw notRoutable(producedTypes(verb));
  if (served.warning !== undefined) state.warnings.add(served.warning);
  if (representation === undefined) throw onlyAccepted(servedMediaTypes);
  const { target } = served;
  await verbs[verb]({ serving, state, target, context: contextOf(serving, state), name, representation });
}

function producedTypes(verb: Verb): readonly string[] {
  return verb === "list" || verb === "watch" ? [...servedMediaTypes, streamMediaType] : servedMediaTypes;
}

function contextOf({ now }: Serving, { user, info, lifetime, warnings }: RequestState): RequestContext {
  return {
    user,
    namespace: info.namespace,
    get signal() {
      return lifetime.signal;
    },
    now,
    warn: (text) => warnings.add(text),
  };
}

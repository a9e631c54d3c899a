import type { StatusError } from "../meta/status-error.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { patchFormOf } from "./content-type.ts";
import type { Verb } from "./endpoint.ts";
import { answerUnknownPath } from "./fixed-paths.ts";
import type { MediaTypes } from "./media-types.ts";
import { notRoutable, onlyAccepted, type Acceptance } from "./negotiation.ts";
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
  const { acceptHeaders, mediaTypes } = serving;
  if (verb === "patch") patchFormOf(header(state, "content-type"), mediaTypes);
  const acceptance = acceptHeaders.read(header(state, "accept"));
  if (!acceptance.routable) throw notRoutable(producedTypes(verb, mediaTypes));
  if (served.warning !== undefined) state.warnings.add(served.warning);
  const representation = verb === "watch" ? acceptance.watch : acceptance.object;
  if (representation === undefined) throw unserved(acceptance, mediaTypes);
  const { target } = served;
  await verbs[verb]({ serving, state, target, context: contextOf(serving, state), name, representation });
}

function producedTypes(verb: Verb, { objects, watches }: MediaTypes): readonly string[] {
  return verb === "list" || verb === "watch" ? [...objects, ...watches] : objects;
}

const protobuf = "application/vnd.kubernetes.protobuf";

// Who asks for protobuf alone is told what else there is.
function unserved({ plain }: Acceptance, { objects }: MediaTypes): StatusError {
  return onlyAccepted(plain?.mediaType === protobuf ? objects.filter((each) => each !== protobuf) : objects);
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

import type { StatusError } from "../meta/status-error.ts";
import type { ResourceTarget } from "../rest/target.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { patchFormOf } from "./content-type.ts";
import type { Verb } from "./endpoint.ts";
import { answerUnknownPath } from "./fixed-paths.ts";
import type { Lifetime } from "./lifetime.ts";
import type { MediaTypes } from "./media-types.ts";
import { notRoutable, onlyAccepted, type Acceptance } from "./negotiation.ts";
import { header, type RequestState } from "./request-state.ts";
import { routeRequest } from "./resource-routes.ts";
import { verbs } from "./resource-verbs.ts";
import type { Serving } from "./serving.ts";
import { warningOf } from "./warning-headers.ts";

/** Serves a request for a resource: finds the route, settles the form of the answer, and does what the verb says. */
export function serveResource(serving: Serving, state: RequestState): Promise<void> {
  const request = routeRequest(serving.resources, state.info, state.request.method ?? "GET");
  if (request === undefined) {
    answerUnknownPath(serving.paths, state);
    return answered;
  }
  const { served, verb, name } = request;
  state.target = served.target;
  // What the routes of the Go server refuse is refused before the resource has its say.
  const { acceptHeaders, mediaTypes } = serving;
  if (verb === "patch") patchFormOf(header(state, "content-type"), mediaTypes);
  const acceptance = acceptHeaders.read(header(state, "accept"));
  if (!acceptance.routable) throw notRoutable(producedTypes(verb, mediaTypes));
  if (served.warning !== undefined) {
    state.warnings.add(served.warning);
    tellDeprecated(serving, state, served.target);
  }
  const representation = verb === "watch" ? acceptance.watch : acceptance.object;
  if (representation === undefined) throw unserved(acceptance, mediaTypes);
  const { target } = served;
  return verbs[verb]({ serving, state, target, context: new ServedContext(serving, state), name, representation });
}

const answered = Promise.resolve();

/** Operators are told too, so that they know whom a removal would hit. */
function tellDeprecated({ metrics }: Serving, { audit }: RequestState, target: ResourceTarget): void {
  const { removed } = target.descriptor.lifecycle ?? {};
  metrics?.requests.deprecated(target, removed ?? "");
  if (audit === undefined) return;
  audit.annotate("k8s.io/deprecated", "true");
  if (removed !== undefined) audit.annotate("k8s.io/removed-release", removed);
}

function producedTypes(verb: Verb, { objects, watches }: MediaTypes): readonly string[] {
  return verb === "list" || verb === "watch" ? [...objects, ...watches] : objects;
}

const protobuf = "application/vnd.kubernetes.protobuf";

// Who asks for protobuf alone is told what else there is.
function unserved({ plain }: Acceptance, { objects }: MediaTypes): StatusError {
  return onlyAccepted(plain?.mediaType === protobuf ? objects.filter((each) => each !== protobuf) : objects);
}

/** The context of a request that is being served. */
class ServedContext implements RequestContext {
  readonly user: RequestContext["user"];
  readonly namespace: string;
  readonly now: () => Date;
  readonly warn: (text: string) => void;
  readonly lifetime: Lifetime;
  declare readonly signal: AbortSignal;
  declare readonly annotate?: NonNullable<RequestContext["annotate"]>;
  declare readonly sent?: NonNullable<RequestContext["sent"]>;

  constructor({ now }: Serving, { user, info, lifetime, warnings, audit }: RequestState) {
    this.user = user;
    this.namespace = info.namespace;
    this.now = now;
    this.warn = (text) => warnings.add(warningOf(text));
    this.lifetime = lifetime;
    Object.defineProperty(this, "signal", signalWhenAsked);
    if (audit === undefined) return;
    this.sent = (object) => audit.sent(object);
    this.annotate = (key, value, level) => {
      if (level === "Metadata" || audit.wantsRequest) audit.annotate(key, value);
    };
  }
}

// A property of the object itself, since contexts are copied; with the same accessor for all, because each new one makes
// a new shape of object, which would cost as much as the rest of the filters together.
const signalWhenAsked: PropertyDescriptor & ThisType<ServedContext> = {
  enumerable: true,
  get(): AbortSignal {
    return this.lifetime.signal;
  },
};

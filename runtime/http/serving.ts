import type { Authenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { EventSlabs } from "./event-slabs.ts";
import type { FixedPaths } from "./fixed-paths.ts";
import type { InFlight } from "./in-flight.ts";
import type { ItemRuns } from "./item-runs.ts";
import type { Limits } from "./limits.ts";
import type { MediaTypes } from "./media-types.ts";
import type { AcceptHeaders } from "./negotiation.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { PeerCertificates } from "./peer-certificates.ts";
import type { ResourceRoutes } from "./resource-routes.ts";

/** What one server has for all its requests. */
export interface Serving {
  readonly limits: Limits;
  readonly now: () => Date;
  readonly authenticators: readonly Authenticator[];
  readonly authorizer: Authorizer;
  readonly mediaTypes: MediaTypes;
  readonly acceptHeaders: AcceptHeaders;
  readonly peerCertificates: PeerCertificates;
  readonly inFlight: InFlight;
  readonly eventSlabs: EventSlabs;
  readonly itemRuns: ItemRuns;
  readonly resources: ResourceRoutes;
  readonly paths: FixedPaths;
  /** The requests whose answers have not been sent wholly. */
  readonly open: OpenRequests;
  /** True once the server is to stop: nothing new is begun. */
  closing: boolean;
}

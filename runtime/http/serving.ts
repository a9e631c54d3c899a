import type { Audit } from "../audit/audit.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import type { EventSlabs } from "./event-slabs.ts";
import type { FixedPaths } from "./fixed-paths.ts";
import type { InFlight } from "./in-flight.ts";
import type { ItemRuns } from "./item-runs.ts";
import type { Limits } from "./limits.ts";
import type { ServingCertificate } from "./listener-tls.ts";
import type { MediaTypes } from "./media-types.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import type { AcceptHeaders } from "./negotiation.ts";
import type { OpenRequests } from "./open-requests.ts";
import type { PeerCertificates } from "./peer-certificates.ts";
import type { ResourceRoutes } from "./resource-routes.ts";

/** What one server has for all its requests. */
export interface Serving {
  readonly limits: Limits;
  readonly now: () => Date;
  /** The listener's certificates; undefined where it has none. */
  readonly tls: { readonly certificate: ServingCertificate } | undefined;
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
  /** Writes down who does what; undefined where nobody wants to know. */
  readonly audit: Audit | undefined;
  readonly metrics: ServerMetrics | undefined;
  /** The requests whose answers have not been sent wholly. */
  readonly open: OpenRequests;
  /** True once the server is to stop: load balancers are told to send nobody any more, but all are still served. */
  terminating: boolean;
  /** True a while later: nothing new is begun. */
  closing: boolean;
}

import { systemMasters } from "../auth/well-known.ts";
import type { UserInfo } from "../meta/user-info.ts";
import { tooManyRequests } from "../meta/status-error.ts";
import { FairSeats } from "./fair-seats.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Limits } from "./limits.ts";
import { isProbe, type RequestInfo } from "./request-info.ts";

/** The classes of request that are counted apart. */
export type RequestClass = "reading" | "mutating" | "watch";

/** What is known of a request that is to be counted, and how it has been. */
export interface CountedRequest {
  readonly info: Pick<RequestInfo, "verb" | "path">;
  readonly user: UserInfo;
  readonly lifetime: Lifetime;
  /** Undefined until the request has been counted in. */
  counted: RequestClass | undefined;
  /** Its place among those that are served, for leaving it. */
  seat: number;
}

const retryAfterSeconds = 1;
const reading: ReadonlySet<string> = new Set(["get", "list", "head", "options"]);

function requestClass(verb: string): RequestClass {
  if (verb === "watch") return "watch";
  return reading.has(verb) ? "reading" : "mutating";
}

/**
 * Counts the requests that are being served. Where there are more than the limits allow, each user has an equal share of
 * what is served, and a bounded wait. Administrators and probes get in within a bound of their own: the first may have to
 * mend things, and a server that is only busy must not be taken for one that is broken.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/filters#WithMaxInFlightLimit
 */
export class InFlight {
  readonly #seats: { readonly reading: FairSeats; readonly mutating: FairSeats };
  readonly #watchersMax: number;
  readonly #watchersReserved: number;
  #watchers = 0;

  constructor(limits: Limits) {
    const shared = {
      reserved: limits.exemptInFlightMax,
      flowsMax: limits.waitingUsersMax,
      queuedPerFlowMax: limits.waitingPerUserMax,
      waitMs: limits.waitMs,
    };
    this.#seats = {
      reading: new FairSeats({ ...shared, seats: limits.readingInFlightMax }),
      mutating: new FairSeats({ ...shared, seats: limits.mutatingInFlightMax }),
    };
    this.#watchersMax = limits.watchersMax;
    this.#watchersReserved = limits.exemptInFlightMax;
  }

  /** Counts a request in, at once where there is room; a 429 where there is none in time. */
  enter(request: CountedRequest): Promise<void> | void {
    const kind = requestClass(request.info.verb);
    if (kind === "watch") {
      this.#enterWatch(request);
      return undefined;
    }
    const seats = this.#seats[kind];
    const flow = request.user.name;
    let seat = seats.take(flow);
    if (seat === -1 && isExempt(request)) seat = seats.takeReserved(flow);
    if (seat === -1) return seats.wait(flow, request.lifetime, (granted) => count(request, kind, granted));
    count(request, kind, seat);
    return undefined;
  }

  /** Counts a request out, once; nothing where it was never counted in. */
  leave(request: CountedRequest): void {
    const { counted, seat } = request;
    if (counted === undefined) return;
    if (counted === "watch") this.#watchers--;
    else this.#seats[counted].leave(seat);
    request.counted = undefined;
  }

  /** How many requests of a class are being served. */
  count(kind: RequestClass): number {
    return kind === "watch" ? this.#watchers : this.#seats[kind].taken;
  }

  /** The most requests of a class that were served at once since this was asked last. */
  takePeak(kind: "reading" | "mutating"): number {
    return this.#seats[kind].takePeak();
  }

  /** How many requests of a class wait to be served. */
  waiting(kind: "reading" | "mutating"): number {
    return this.#seats[kind].queued;
  }

  #enterWatch(request: CountedRequest): void {
    const most = this.#watchersMax + (isExempt(request) ? this.#watchersReserved : 0);
    if (this.#watchers >= most) {
      throw tooManyRequests("Too many requests, please try again later.", retryAfterSeconds);
    }
    this.#watchers++;
    count(request, "watch", -1);
  }
}

function count(request: CountedRequest, kind: RequestClass, seat: number): void {
  request.seat = seat;
  request.counted = kind;
}

function isExempt({ user, info }: CountedRequest): boolean {
  return user.groups.includes(systemMasters) || isProbe(info.path);
}

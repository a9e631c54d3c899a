import { systemMasters } from "../auth/well-known.ts";
import type { UserInfo } from "../meta/user-info.ts";
import { tooManyRequests } from "../meta/status-error.ts";
import type { Limits } from "./limits.ts";

/** The classes of request that are counted apart. */
export type RequestClass = "reading" | "mutating" | "watch";

const retryAfterSeconds = 1;
const reading: ReadonlySet<string> = new Set(["get", "list", "head", "options"]);

/** The class of a request by its verb. */
export function requestClass(verb: string): RequestClass {
  if (verb === "watch") return "watch";
  return reading.has(verb) ? "reading" : "mutating";
}

/**
 * Counts the requests that are being served, and refuses more than the limits allow.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/filters#WithMaxInFlightLimit
 */
export class InFlight {
  readonly #limits: { readonly [Class in RequestClass]: number };
  readonly #counts: { [Class in RequestClass]: number } = { reading: 0, mutating: 0, watch: 0 };

  constructor(limits: Limits) {
    this.#limits = {
      reading: limits.readingInFlightMax,
      mutating: limits.mutatingInFlightMax,
      watch: limits.watchersMax,
    };
  }

  /** Counts a request in; throws a 429 where there are too many. Administrators always get in, as they may have to mend things. */
  enter(kind: RequestClass, user: UserInfo): void {
    const full = this.#counts[kind] >= this.#limits[kind];
    if (full && !user.groups.includes(systemMasters)) {
      throw tooManyRequests("Too many requests, please try again later.", retryAfterSeconds);
    }
    this.#counts[kind]++;
  }

  /** Counts a request out that was counted in. */
  leave(kind: RequestClass): void {
    this.#counts[kind]--;
  }

  /** How many requests of a class are being served. */
  count(kind: RequestClass): number {
    return this.#counts[kind];
  }
}

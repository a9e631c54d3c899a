/** What one run of the load program is to do; it travels as JSON in its only argument. */
export type Job = RequestJob | WatchJob;

/** Where the load goes. */
export interface Target {
  readonly port: number;
  /** The process whose processor time is counted. */
  readonly pid: number;
}

/** Clients that each send the next request when the last one is answered. */
export interface RequestJob {
  readonly kind: "requests";
  readonly target: Target;
  readonly http: "h1" | "h2";
  readonly clients: number;
  readonly plan: Plan;
  readonly until: { readonly warmupMs: number; readonly ms: number } | { readonly count: number };
}

/** What each client asks, over and over. */
export type Plan =
  | { readonly kind: "get"; readonly path: string; readonly headers?: Readonly<Record<string, string>> }
  /** Creates objects whose names begin with `prefix`, turn by turn in each of the collections. */
  | {
      readonly kind: "create";
      readonly collections: readonly string[];
      readonly prefix: string;
      readonly bytes: number;
    }
  /** Changes an object of the client's own, made before the clock runs. */
  | { readonly kind: ChangeVerb; readonly collection: string; readonly prefix: string; readonly bytes: number }
  /** Follows `continue` from page to page, and begins again. */
  | { readonly kind: "pages"; readonly path: string; readonly limit: number };

/** How an object is changed: PUT, merge patch or server-side apply. */
export type ChangeVerb = "update" | "patch" | "apply";

/** Watchers of one collection, and a writer that creates objects in it at a steady rate. */
export interface WatchJob {
  readonly kind: "watch";
  readonly target: Target;
  readonly http: "h1" | "h2";
  readonly watchers: number;
  readonly collection: string;
  readonly prefix: string;
  readonly bytes: number;
  readonly eventsPerSecond: number;
  readonly ms: number;
}

/** What came of a job. */
export interface Result {
  /** Answers, or delivered events; a fraction where the clock cut an answer in two. */
  readonly count: number;
  readonly seconds: number;
  /** Bytes of bodies, as they came over the wire. */
  readonly bytes: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly serverCpuSeconds: number;
  readonly loadCpuSeconds: number;
  /** The first failures, with their number; none if all went well. */
  readonly failures: { readonly count: number; readonly first?: string };
}

import { isAnonymous } from "../auth/well-known.ts";
import { goQuote } from "../meta/field-error.ts";
import { sendText } from "./answer.ts";
import type { Limits } from "./limits.ts";
import type { RequestState } from "./request-state.ts";

/** One thing that must hold for the server to be well. Throws where it does not; the message goes to the log, and to known users who ask for this check alone. */
export interface HealthCheck {
  /** Stands in paths and texts, such as `etcd`. */
  readonly name: string;
  /** Set where the server may be well all the same, and only is not ready yet. */
  readonly only?: "readyz";
  check(signal: AbortSignal): Promise<void> | void;
}

/**
 * The checks of the three health endpoints, in the order in which they are told.
 * https://kubernetes.io/docs/reference/using-api/health-checks/
 */
export interface HealthChecks {
  readonly healthz: readonly HealthCheck[];
  readonly livez: readonly HealthCheck[];
  readonly readyz: readonly HealthCheck[];
}

/** A health endpoint. */
export type HealthEndpoint = keyof HealthChecks;

/** The check that only tells that the server answers. */
export const ping: HealthCheck = { name: "ping", check: () => undefined };

/** A local copy of something in the cluster, as far as being ready goes. */
export interface SyncedCopy {
  readonly hasSynced: boolean;
  /** What keeps it from that. */
  readonly trouble: string | undefined;
}

/**
 * The check that copies of what is in the cluster are there; told by what they are of. Those that cannot be had, such as
 * for want of a right, are told of in the log and to whom they concern: all else goes on being served.
 */
export function informerSync(copies: ReadonlyMap<string, SyncedCopy>): HealthCheck {
  return {
    name: "informer-sync",
    only: "readyz",
    check: () => {
      const missing = [...copies].filter(([, { hasSynced, trouble }]) => !hasSynced && trouble === undefined);
      if (missing.length === 0) return;
      throw new Error(`${missing.length} informers not started yet: ${missing.map(([what]) => what).join(", ")}`);
    },
  };
}

const noSniff = { "x-content-type-options": "nosniff" };

/** Answers a health endpoint: `ok`, or what each check gave, where a check failed or `?verbose` asks for it. */
export async function answerHealth(
  state: RequestState,
  endpoint: HealthEndpoint,
  checks: readonly HealthCheck[],
  limits: Limits,
): Promise<void> {
  const excluded = new Set(state.query.getAll("exclude"));
  const outcomes = await Promise.all(
    checks.map(async (check) => (excluded.has(check.name) ? undefined : failureOf(check, state, limits))),
  );
  const lines: string[] = [];
  let failed = false;
  for (const [index, { name }] of checks.entries()) {
    const failure = outcomes[index];
    if (excluded.delete(name)) lines.push(`[+]${name} excluded: ok\n`);
    else if (failure === undefined) lines.push(`[+]${name} ok\n`);
    else {
      // Anybody may read this; what is wrong is for the log.
      lines.push(`[-]${name} failed: reason withheld\n`);
      state.log.error({ err: failure.error, auditId: state.auditId, check: name }, "health check failed");
      failed = true;
    }
  }
  if (excluded.size > 0) {
    const unknown = [...excluded].sort().map(goQuote).join(",");
    lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown}\n`);
  }
  if (failed) sendText(state, 500, `${lines.join("")}${endpoint} check failed\n`, noSniff);
  else if (!state.query.has("verbose")) sendText(state, 200, "ok", noSniff);
  else sendText(state, 200, `${lines.join("")}${endpoint} check passed\n`, noSniff);
}

/** Answers one check alone. */
export async function answerHealthCheck(state: RequestState, check: HealthCheck, limits: Limits): Promise<void> {
  const failure = await failureOf(check, state, limits);
  if (failure === undefined) {
    sendText(state, 200, "ok");
    return;
  }
  state.log.error({ err: failure.error, auditId: state.auditId, check: check.name }, "health check failed");
  const reason = isAnonymous(state.user) ? "reason withheld" : messageOf(failure.error);
  sendText(state, 500, `internal server error: ${reason}\n`, noSniff);
}

async function failureOf(
  check: HealthCheck,
  state: RequestState,
  { healthCheckTimeoutMs }: Limits,
): Promise<{ readonly error: unknown } | undefined> {
  const timeout = new AbortController();
  const signal = AbortSignal.any([timeout.signal, state.lifetime.signal]);
  const timer = setTimeout(() => timeout.abort(), healthCheckTimeoutMs);
  try {
    await Promise.race([check.check(signal), rejectionOf(signal, healthCheckTimeoutMs)]);
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    clearTimeout(timer);
  }
}

function rejectionOf(signal: AbortSignal, timeoutMs: number): Promise<never> {
  return new Promise((_resolve, reject) => {
    const onAbort = (): void => reject(new Error(`no answer within ${timeoutMs} ms`));
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import { setTimeout as sleep } from "node:timers/promises";
import type { Reflected } from "../cluster/reflector.ts";
import { internalError, serviceUnavailable } from "../meta/status-error.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import type { Attributes } from "./admission.ts";
import { forbiddenWrite } from "./forbidden-write.ts";

/** What becomes of writes that cannot be judged, since something of the cluster cannot be looked up. */
export type LookupFailure = "ignore" | "fail";

/** How plugins wait for what they know of the cluster, and what they do without it. */
export interface ClusterLookup {
  /**
   * Waits until the copies are there, ten seconds at most. False where the write is to pass unjudged. Throws 503 where it
   * is known why they are not there, else 403 as Kubernetes does.
   */
  wait(plugin: string, copies: readonly Copy[], write: Attributes, context: RequestContext): Promise<boolean>;
  /** Throws 500 for a look-up that failed, unless writes are to pass unjudged then. */
  failed(plugin: string, error: unknown): void;
}

type Copy = Pick<Reflected<unknown>, "hasSynced" | "synced" | "trouble">;

/** What look-ups are made of. */
interface LookupOptions {
  readonly failure: LookupFailure;
  /** Takes a line of the log. */
  readonly tell: (line: string) => void;
  /** How long the first copies are waited for; ten seconds if unset. */
  readonly waitMs?: number;
}

const waitMsDefault = 10_000;
const stepMs = 100;
const advice = "--admission-lookup-failure=ignore would let such writes pass";

/** Look-ups that fail as the command line says. */
export function clusterLookup({ failure, tell, waitMs = waitMsDefault }: LookupOptions): ClusterLookup {
  const tellOnce = onceInAWhile(tell);
  const unjudged = (plugin: string, why: string): void => {
    tellOnce(`${plugin} lets writes pass unjudged: ${why}`);
  };
  return {
    async wait(plugin, copies, write, { signal }) {
      const trouble = await troubleOf(copies, waitMs, signal);
      if (trouble === undefined) return true;
      if (failure === "ignore") {
        unjudged(plugin, trouble === "" ? notReady : trouble);
        return false;
      }
      if (trouble === "") throw forbiddenWrite(write, notReady);
      throw serviceUnavailable(`${plugin} cannot judge this write: ${trouble} (${advice})`);
    },
    failed(plugin, error) {
      const why = error instanceof Error ? error.message : String(error);
      if (failure === "fail") throw internalError(why, error);
      unjudged(plugin, why);
    },
  };
}

const notReady = "not yet ready to handle request";

/** Why copies are not there, empty where nobody knows; undefined once they are. */
async function troubleOf(copies: readonly Copy[], waitMs: number, signal: AbortSignal): Promise<string | undefined> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    const missing = copies.filter(({ hasSynced }) => !hasSynced);
    if (missing.length === 0) return undefined;
    const trouble = missing.find((copy) => copy.trouble !== undefined)?.trouble;
    if (trouble !== undefined) return trouble;
    if (performance.now() >= untilMs || signal.aborted) return "";
    await Promise.race([Promise.all(missing.map(({ synced }) => synced)), sleep(stepMs, undefined, { ref: false })]);
  }
}

const silenceMs = 10_000;
const linesMax = 1000;

/** Tells a line again only when it is some seconds since: it may be told of by every write. */
export function onceInAWhile(tell: (line: string) => void): (line: string) => void {
  const toldAtMs = new Map<string, number>();
  return (line) => {
    const nowMs = performance.now();
    if (nowMs < (toldAtMs.get(line) ?? -Infinity) + silenceMs) return;
    if (toldAtMs.size >= linesMax) toldAtMs.clear();
    toldAtMs.set(line, nowMs);
    tell(line);
  };
}

import { randomUUID } from "node:crypto";
import { setMaxListeners } from "node:events";
import { hostname } from "node:os";
import type { KubeConfig } from "@kubernetes/client-node";
import { systemClock, within, type Clock } from "./clock.ts";
import type { Controller } from "./define-controller.ts";
import { serveHealth, serveMetrics, type Endpoints, type Told } from "./endpoints.ts";
import { EventSender } from "./event-recorder.ts";
import { kubeClient, type KubeClient } from "./kube-client.ts";
import { electionTimes, LeaderElection, type ElectionTimes } from "./leader-election.ts";
import { clusterLease } from "./lease-lock.ts";
import type { Log } from "./log.ts";
import { ManagerMetrics } from "./metrics.ts";
import { SharedInformers } from "./shared-informers.ts";

/** By which Lease one of several managers is chosen to work. */
export interface LeaderElectionOptions {
  /** Of the Lease. */
  readonly name: string;
  readonly namespace: string;
  readonly times?: ElectionTimes;
}

/** What a manager is made of. */
export interface ManagerOptions {
  readonly controllers: readonly Controller[];
  /** Leads to the cluster, and tells who the controllers are there. */
  readonly kubeConfig: KubeConfig;
  readonly log: Log;
  /** Without it the manager works at once, beside any other. */
  readonly leaderElection?: LeaderElectionOptions | undefined;
  /** Where to serve `/metrics`, such as `:8080`; nowhere if unset. */
  readonly metricsAddress?: string | undefined;
  /** Where to serve `/healthz` and `/readyz`; nowhere if unset. */
  readonly healthAddress?: string | undefined;
  /** How often each object is looked at again, though nothing has changed: 10 hours; never if 0. */
  readonly resyncPeriodMs?: number;
  /** How long reconciliations may take to finish once the manager is to stop: 30 s. */
  readonly gracefulStopMs?: number;
  readonly clock?: Clock;
}

/** A manager at work. */
export interface Manager {
  /** Where the metrics are served; undefined if they are not. */
  readonly metricsPort: number | undefined;
  readonly healthPort: number | undefined;
  /** Whether it works, rather than waits for another one to stop. */
  readonly leads: boolean;
  /** Why it is not ready to work, or to take over: nothing where it is. */
  troubles(): readonly string[];
  /** Resolves when it has stopped, with the exit code of its process: 1 where it lost its Lease or did not end in time. */
  readonly ended: Promise<number>;
  /** What is under way is finished, nothing else begun. */
  stop(): void;
}

const resyncPeriodMs = 10 * 60 * 60_000;
const gracefulStopMs = 30_000;
/** How long what is broken off may take to notice. */
const breakOffMs = 2000;
const eventsFlushMs = 2000;

/** Runs controllers until `stop` is called, or the Lease is lost. Throws where an address cannot be listened at. */
export async function startManager(options: ManagerOptions): Promise<Manager> {
  const names = options.controllers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two controllers have the name ${twice}`);
  const run = new ManagerRun(options);
  await run.serve();
  return run.start();
}

class ManagerRun {
  readonly #options: ManagerOptions;
  readonly #clock: Clock;
  readonly #identity = `${hostname()}_${randomUUID()}`;
  readonly #metrics = new ManagerMetrics();
  readonly #client: KubeClient;
  readonly #informers: SharedInformers;
  readonly #events: EventSender;
  readonly #stopping = new AbortController();
  readonly #tooLate = new AbortController();
  readonly #endpoints: { metrics?: Endpoints; health?: Endpoints } = {};
  #leads = false;

  constructor(options: ManagerOptions) {
    const { kubeConfig, log, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#client = kubeClient(kubeConfig, (method, host, code) => this.#metrics.countRequest(method, host, code));
    const surroundings = { client: this.#client, clock, log };
    this.#informers = new SharedInformers(surroundings, options.resyncPeriodMs ?? resyncPeriodMs);
    this.#events = new EventSender({ ...surroundings, instance: this.#identity });
    // Each informer, worker and request listens to them.
    setMaxListeners(0, this.#stopping.signal, this.#tooLate.signal);
  }

  async serve(): Promise<void> {
    const { metricsAddress, healthAddress } = this.#options;
    const told: Told = { metrics: this.#metrics, troubles: () => this.#troubles() };
    try {
      if (metricsAddress !== undefined) this.#endpoints.metrics = await serveMetrics(metricsAddress, told);
      if (healthAddress !== undefined) this.#endpoints.health = await serveHealth(healthAddress, told);
    } catch (error) {
      this.#close();
      throw error;
    }
    if (metricsAddress !== undefined) this.#metrics.addProcess();
  }

  #troubles(): readonly string[] {
    return this.#leads ? this.#informers.troubles() : [];
  }

  start(): Manager {
    const leads = (): boolean => this.#leads;
    return {
      metricsPort: this.#endpoints.metrics?.port,
      healthPort: this.#endpoints.health?.port,
      get leads() {
        return leads();
      },
      troubles: () => this.#troubles(),
      ended: this.#run(),
      stop: () => this.#stopping.abort(),
    };
  }

  async #run(): Promise<number> {
    try {
      const { leaderElection } = this.#options;
      return leaderElection === undefined ? await this.#work() : await this.#workAsLeader(leaderElection);
    } catch (error) {
      this.#options.log.error("the manager failed", error);
      return 1;
    } finally {
      this.#close();
    }
  }

  async #workAsLeader({ name, namespace, times = electionTimes }: LeaderElectionOptions): Promise<number> {
    const { log } = this.#options;
    const election = new LeaderElection({
      identity: this.#identity,
      lock: clusterLease(this.#client, { name, namespace }, times.renewDeadlineMs / 2),
      times,
      clock: this.#clock,
      log,
    });
    this.#metrics.setLeads(name, false);
    log.info("waits to lead", { lease: `${namespace}/${name}`, identity: this.#identity });
    if (!(await election.acquire(this.#stopping.signal))) return 0;
    this.#metrics.setLeads(name, true);
    log.info("leads", { lease: `${namespace}/${name}`, identity: this.#identity });
    const holding = new AbortController();
    const held = election.hold(holding.signal);
    try {
      const work = this.#work();
      const code = await Promise.race([work, held.then((isHeld) => (isHeld ? work : undefined))]);
      if (code === undefined) return await this.#breakOff(work, times);
      // It leads until the last of its work is done.
      holding.abort();
      if (await held) await election.release();
      return code;
    } finally {
      holding.abort();
      this.#metrics.setLeads(name, false);
    }
  }

  /** Another one may work from now on: all that is under way must end before that. */
  async #breakOff(work: Promise<unknown>, { leaseDurationMs, renewDeadlineMs }: ElectionTimes): Promise<number> {
    this.#options.log.error("lost the lease", new Error("another manager may lead"));
    this.#tooLate.abort();
    this.#stopping.abort();
    await within(this.#clock, leaseDurationMs - renewDeadlineMs, work);
    return 1;
  }

  /** Until it is to stop. */
  async #work(): Promise<number> {
    this.#leads = true;
    const { controllers, log, gracefulStopMs: boundMs = gracefulStopMs } = this.#options;
    const stopping = this.#stopping.signal;
    const running = controllers.map((controller) =>
      controller.run({
        client: this.#client,
        informers: this.#informers,
        events: this.#events.recorder(controller.name),
        observer: this.#metrics.controller(controller.name),
        clock: this.#clock,
        log: log.with({ controller: controller.name }),
        stopping,
        tooLate: this.#tooLate.signal,
      }),
    );
    const informing = this.#informers.run(stopping);
    const done = Promise.all([informing, ...running.map(({ ended }) => ended)]);
    // What fails of itself is told below.
    await Promise.race([done, aborted(stopping)]);
    const isDone = await within(this.#clock, boundMs, done);
    if (!isDone) log.error("reconciliations did not end in time", new Error(`broken off after ${boundMs} ms`));
    this.#tooLate.abort();
    const isBrokenOff = isDone || (await within(this.#clock, breakOffMs, done));
    await within(this.#clock, eventsFlushMs, this.#events.flush());
    this.#leads = false;
    return isDone && isBrokenOff ? 0 : 1;
  }

  #close(): void {
    this.#stopping.abort();
    this.#tooLate.abort();
    this.#events.close();
    this.#client.close();
    this.#endpoints.metrics?.close();
    this.#endpoints.health?.close();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { WorkQueue, QueueObserver } from "./work-queue.ts";

/** What became of one reconciliation. */
export type Outcome = "success" | "error" | "requeue_after";

/** Counts what a controller does. */
export interface ControllerObserver {
  readonly queue: QueueObserver;
  /** Tells of the queue, and of how many workers there are. */
  observe(queue: WorkQueue, workers: number): void;
  began(): void;
  ended(outcome: Outcome, ms: number): void;
  failedForGood(): void;
}

const reconcileBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2,
  2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];
const queueBuckets = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10, 100, 1000];

/**
 * The metrics of a manager, by the names that controller-runtime has for them, so that its dashboards and alerts show them.
 * https://book.kubebuilder.io/reference/metrics-reference
 */
export class ManagerMetrics {
  readonly #registry = new Registry();
  readonly #queues = new Map<string, WorkQueue>();
  readonly #byController = { registers: [this.#registry], labelNames: ["controller"] as const };
  readonly #byQueue = { registers: [this.#registry], labelNames: ["name", "controller"] as const };

  readonly #reconciles = new Counter({
    ...this.#byController,
    name: "controller_runtime_reconcile_total",
    help: "Total number of reconciliations per controller",
    labelNames: ["controller", "result"],
  });
  readonly #errors = new Counter({
    ...this.#byController,
    name: "controller_runtime_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller",
  });
  readonly #terminalErrors = new Counter({
    ...this.#byController,
    name: "controller_runtime_terminal_reconcile_errors_total",
    help: "Total number of reconciliation errors per controller that are not tried again",
  });
  readonly #seconds = new Histogram({
    ...this.#byController,
    name: "controller_runtime_reconcile_time_seconds",
    help: "Length of time per reconciliation per controller",
    buckets: reconcileBuckets,
  });
  readonly #workers = new Gauge({
    ...this.#byController,
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Maximum number of concurrent reconciles per controller",
  });
  readonly #active = new Gauge({
    ...this.#byController,
    name: "controller_runtime_active_workers",
    help: "Number of currently used workers per controller",
  });
  readonly #adds = new Counter({ ...this.#byQueue, name: "workqueue_adds_total", help: "Total number of adds" });
  readonly #retries = new Counter({
    ...this.#byQueue,
    name: "workqueue_retries_total",
    help: "Total number of retries",
  });
  readonly #waited = new Histogram({
    ...this.#byQueue,
    name: "workqueue_queue_duration_seconds",
    help: "How long in seconds an item stays in the queue before it is taken",
    buckets: queueBuckets,
  });
  readonly #worked = new Histogram({
    ...this.#byQueue,
    name: "workqueue_work_duration_seconds",
    help: "How long in seconds an item takes to be worked on",
    buckets: queueBuckets,
  });
  readonly #leads = new Gauge({
    registers: [this.#registry],
    name: "leader_election_master_status",
    help: "Whether this process leads by the Lease of the name: 1 if it does, 0 if it waits to",
    labelNames: ["name"],
  });
  readonly #requests = new Counter({
    registers: [this.#registry],
    name: "rest_client_requests_total",
    help: "Number of HTTP requests, by status code, method and host",
    labelNames: ["code", "method", "host"],
  });

  constructor() {
    this.#addQueueGauge("workqueue_depth", "How many items wait in the queue", ({ depth }) => depth);
    this.#addQueueGauge(
      "workqueue_unfinished_work_seconds",
      "How many seconds of work are under way that the work duration does not count yet",
      (queue) => queue.workingMs().reduce((sum, ms) => sum + ms, 0) / 1000,
    );
    this.#addQueueGauge(
      "workqueue_longest_running_processor_seconds",
      "How many seconds the longest worker has been at its item",
      (queue) => Math.max(0, ...queue.workingMs()) / 1000,
    );
  }

  /** Adds what is known of the process itself: its memory, its time of computing. */
  addProcess(): void {
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of them, in the format of Prometheus. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  setLeads(name: string, leads: boolean): void {
    this.#leads.set({ name }, leads ? 1 : 0);
  }

  countRequest(method: string, host: string, code: string): void {
    this.#requests.inc({ code, method, host });
  }

  /** What counts for a controller; all of it begins with zero, so that rates can be computed from the first on. */
  controller(controller: string): ControllerObserver {
    const of = { controller };
    const queueOf = { name: controller, controller };
    for (const result of ["success", "error", "requeue_after"]) this.#reconciles.inc({ controller, result }, 0);
    for (const counter of [this.#errors, this.#terminalErrors]) counter.inc(of, 0);
    for (const counter of [this.#adds, this.#retries]) counter.inc(queueOf, 0);
    return {
      queue: {
        added: () => this.#adds.inc(queueOf),
        retried: () => this.#retries.inc(queueOf),
        taken: (ms) => this.#waited.observe(queueOf, ms / 1000),
        finished: (ms) => this.#worked.observe(queueOf, ms / 1000),
      },
      observe: (queue, workers) => {
        this.#queues.set(controller, queue);
        this.#workers.set(of, workers);
        this.#active.set(of, 0);
      },
      began: () => this.#active.inc(of),
      ended: (result, ms) => {
        this.#active.dec(of);
        this.#seconds.observe(of, ms / 1000);
        this.#reconciles.inc({ controller, result });
        if (result === "error") this.#errors.inc(of);
      },
      failedForGood: () => this.#terminalErrors.inc(of),
    };
  }

  #addQueueGauge(name: string, help: string, valueOf: (queue: WorkQueue) => number): void {
    const queues = this.#queues;
    const gauge: Gauge<"name" | "controller"> = new Gauge({
      ...this.#byQueue,
      name,
      help,
      collect() {
        for (const [controller, queue] of queues) gauge.set({ name: controller, controller }, valueOf(queue));
      },
    });
  }
}

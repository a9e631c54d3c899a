import { cpuSeconds } from "../process-stats.ts";
import { flunder } from "../flunders.ts";
import { percentile } from "../statistics.ts";
import type { Lane, Lanes, Listener } from "./exchange.ts";
import { openHttp1 } from "./http1.ts";
import { openHttp2 } from "./http2.ts";
import type { Result, WatchJob } from "./job.ts";

/** Streams that share a connection, as a few hundred informers behind one aggregator do. */
const streamsPerConnection = 100;
/** How long deliveries may take after the last write. */
const lateMaxMs = 10_000;

/**
 * Opens watches, creates objects at a steady rate, and measures from the sending of each write to the arrival of its
 * event at each watcher. An event that does not come is a failure.
 */
export async function runWatch(job: WatchJob): Promise<Result> {
  const { target, http, watchers } = job;
  const events = Math.round((job.eventsPerSecond * job.ms) / 1000);
  const deliveries = new Deliveries(events, watchers);
  const writing = await openHttp1(target.port, 1);
  const [writer] = writing.lanes;
  if (writer === undefined) throw new Error("no connection to write through");
  const version = await collectionVersion(writer, job.collection);
  const watching = await (http === "h1"
    ? openHttp1(target.port, watchers)
    : openHttp2(target.port, watchers, streamsPerConnection));
  await startWatches(watching, `${job.collection}?watch=true&resourceVersion=${version}`, deliveries);
  const cpuAtStart = cpuSeconds(target.pid);
  const ownAtStart = process.cpuUsage();
  const startedMs = performance.now();
  await write(job, writer, events, deliveries);
  await deliveries.complete();
  const own = process.cpuUsage(ownAtStart);
  const result: Result = {
    ...deliveries.result(),
    seconds: (performance.now() - startedMs) / 1000,
    serverCpuSeconds: cpuSeconds(target.pid) - cpuAtStart,
    loadCpuSeconds: (own.user + own.system) / 1e6,
  };
  watching.close();
  writing.close();
  return result;
}

/** Sends every watch and waits until each is answered with its head; all are open then. */
async function startWatches({ lanes }: Lanes, path: string, deliveries: Deliveries): Promise<void> {
  for (const lane of lanes) {
    const watcher = new Watcher(deliveries);
    lane.listener = watcher;
    lane.send(lane.prepare({ method: "GET", path }));
  }
  await deliveries.allOpen;
}

const objectEnd = 0x7d;
const lineEnd = 0x0a;

class Watcher implements Listener {
  readonly #deliveries: Deliveries;
  #arrived = 0;
  #lastByte = 0;

  constructor(deliveries: Deliveries) {
    this.#deliveries = deliveries;
  }

  onStatus(status: number): void {
    if (status === 200) this.#deliveries.opened();
    else this.#deliveries.failed(`a watch was answered with ${status}`);
  }

  /** Every event ends in a brace and a newline, which cannot stand next to each other within JSON of one line. */
  onBody(chunk: Buffer, start: number, end: number): void {
    if (chunk[start] === lineEnd && this.#lastByte === objectEnd) this.#arrive();
    for (let at = chunk.indexOf("}\n", start); at >= 0 && at + 1 < end; at = chunk.indexOf("}\n", at + 2))
      this.#arrive();
    this.#lastByte = chunk[end - 1] ?? 0;
  }

  onEnd(): void {
    this.#deliveries.failed("the server ended a watch");
  }

  onFailure(message: string): void {
    this.#deliveries.failed(message);
  }

  #arrive(): void {
    this.#deliveries.arrived(this.#arrived++);
  }
}

/** Which events came where, and when. */
class Deliveries {
  readonly allOpen: Promise<void>;
  #resolveOpen: () => void = () => undefined;
  #resolveComplete: () => void = () => undefined;
  readonly #complete: Promise<void>;
  readonly #sentMs: Float64Array;
  readonly #latencies: Float64Array;
  #open = 0;
  readonly #watchers: number;
  #count = 0;
  #failures = 0;
  #firstFailure: string | undefined;

  constructor(events: number, watchers: number) {
    this.#watchers = watchers;
    this.#sentMs = new Float64Array(events);
    this.#latencies = new Float64Array(events * watchers);
    this.allOpen = new Promise((resolve) => (this.#resolveOpen = resolve));
    this.#complete = new Promise((resolve) => (this.#resolveComplete = resolve));
  }

  opened(): void {
    if (++this.#open === this.#watchers) this.#resolveOpen();
  }

  sent(event: number): void {
    this.#sentMs[event] = performance.now();
  }

  arrived(event: number): void {
    const sentMs = this.#sentMs[event];
    if (sentMs === undefined || sentMs === 0) {
      this.failed("an event came that nothing had been written for");
      return;
    }
    this.#latencies[this.#count++] = performance.now() - sentMs;
    if (this.#count === this.#latencies.length) this.#resolveComplete();
  }

  failed(message: string): void {
    this.#firstFailure ??= message;
    this.#failures++;
    this.#resolveOpen();
  }

  async complete(): Promise<void> {
    const late = setTimeout(() => this.#resolveComplete(), lateMaxMs);
    await this.#complete;
    clearTimeout(late);
    const missing = this.#latencies.length - this.#count;
    if (missing > 0) this.failed(`${missing} of ${this.#latencies.length} events did not come`);
  }

  result(): Pick<Result, "count" | "bytes" | "p50Ms" | "p99Ms" | "maxMs" | "failures"> {
    const sorted = this.#latencies.subarray(0, this.#count).sort();
    return {
      count: this.#count,
      bytes: 0,
      p50Ms: percentile(sorted, 0.5),
      p99Ms: percentile(sorted, 0.99),
      maxMs: sorted.at(-1) ?? 0,
      failures: {
        count: this.#failures,
        ...(this.#firstFailure === undefined ? {} : { first: this.#firstFailure }),
      },
    };
  }
}

/** Writes at a steady rate, one after the other, for the order of the events to be known. */
async function write(job: WatchJob, lane: Lane, events: number, deliveries: Deliveries): Promise<void> {
  const template = lane.prepare({
    method: "POST",
    path: job.collection,
    headers: { "Content-Type": "application/json" },
  });
  const startedMs = performance.now();
  for (let event = 0; event < events; event++) {
    const waitMs = startedMs + (event * 1000) / job.eventsPerSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    deliveries.sent(event);
    const answered = answer(lane);
    lane.send(template, Buffer.from(flunder(`${job.prefix}-${event}`, event + 1_000, job.bytes)));
    await answered;
  }
}

async function collectionVersion(lane: Lane, collection: string): Promise<string> {
  const answered = answer(lane);
  lane.send(lane.prepare({ method: "GET", path: `${collection}?limit=1` }));
  const version = /"resourceVersion":"(\d+)"/.exec(await answered)?.[1];
  if (version === undefined) throw new Error("a list without resourceVersion");
  return version;
}

/** The beginning of the body of the next answer on a lane; rejects unless it is a success. */
async function answer(lane: Lane): Promise<string> {
  let status = 0;
  let seen = "";
  return new Promise((resolve, reject) => {
    lane.listener = {
      onStatus: (code) => (status = code),
      onBody: (chunk, start, end) => {
        if (seen.length < 1024) seen += chunk.toString("latin1", start, Math.min(end, start + 1024));
      },
      onEnd: () => (status >= 200 && status < 300 ? resolve(seen) : reject(new Error(`status ${status}: ${seen}`))),
      onFailure: (message) => reject(new Error(message)),
    };
  });
}

import { cpuSeconds } from "../process-stats.ts";
import { percentile } from "../statistics.ts";
import { driverFor, type Driver } from "./drivers.ts";
import type { Lane, Listener } from "./exchange.ts";
import { openHttp1 } from "./http1.ts";
import { openHttp2 } from "./http2.ts";
import type { RequestJob, Result } from "./job.ts";

/** Streams that share a connection. */
const streamsPerConnection = 100;

/** Runs clients that each send the next request when the last one is answered, and counts what they saw. */
export async function runRequests(job: RequestJob): Promise<Result> {
  const { target, http, clients, until } = job;
  const opened = await (http === "h1"
    ? openHttp1(target.port, clients)
    : openHttp2(target.port, clients, streamsPerConnection));
  const tally = new Tally("count" in until ? until.count : Number.POSITIVE_INFINITY);
  let ordinals = 0;
  const takeOrdinal = (): number => ordinals++;
  opened.lanes.forEach((lane, number) => new Client(lane, driverFor(job.plan, { lane, number, takeOrdinal }), tally));
  if ("count" in until) tally.begin(target.pid);
  else {
    await warm(tally, until.warmupMs);
    tally.begin(target.pid);
    setTimeout(() => tally.finishSoon(), until.ms);
  }
  const result = await tally.done;
  opened.close();
  return result;
}

const warmAnswers = 1_000;
/** How many times the usual warm-up is waited for slow answers. */
const warmPatience = 4;

/** Waits until a server has done often enough what it is measured for, as its compiler needs to see it. */
async function warm(tally: Tally, warmupMs: number): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs < warmupMs) continue;
    if (tally.warmed >= warmAnswers || elapsedMs >= warmPatience * warmupMs) return;
  }
}

/** How many failures end a run: more of them tell nothing new. */
const failuresMax = 100;

/** Counts what all clients see while the clock runs. */
class Tally {
  readonly done: Promise<Result>;
  /** Answers that came before the clock ran. */
  warmed = 0;
  #resolve: (result: Result) => void = () => undefined;
  readonly #countMax: number;
  #counting = false;
  #overdue = false;
  #answers = 0;
  #answeredBytes = 0;
  #bytes = 0;
  #latencies = new Float64Array(1 << 16);
  #startedMs = 0;
  #pid = 0;
  #cpuAtStart = 0;
  #ownCpuAtStart = process.cpuUsage();
  #sent = 0;
  #failures = 0;
  #firstFailure: string | undefined;

  constructor(countMax: number) {
    this.#countMax = countMax;
    this.done = new Promise((resolve) => (this.#resolve = resolve));
  }

  begin(pid: number): void {
    this.#pid = pid;
    this.#cpuAtStart = cpuSeconds(pid);
    this.#ownCpuAtStart = process.cpuUsage();
    this.#startedMs = performance.now();
    this.#counting = true;
  }

  /** Whether one more request may be sent. */
  admit(): boolean {
    return this.#sent++ < this.#countMax;
  }

  received(bytes: number): void {
    if (this.#counting) this.#bytes += bytes;
  }

  answered(sentMs: number, bytes: number): void {
    if (!this.#counting) {
      this.warmed++;
      return;
    }
    const index = this.#answers++;
    if (index === this.#latencies.length) {
      const wider = new Float64Array(index * 2);
      wider.set(this.#latencies);
      this.#latencies = wider;
    }
    this.#latencies[index] = performance.now() - sentMs;
    this.#answeredBytes += bytes;
    if (this.#overdue || this.#answers === this.#countMax) this.finish();
  }

  failed(message: string): void {
    this.#firstFailure ??= message;
    if (++this.#failures === failuresMax || this.#countMax !== Number.POSITIVE_INFINITY) this.finish();
  }

  /** Ends now, or where no answer has come yet, with the first one. */
  finishSoon(): void {
    this.#overdue = true;
    if (this.#answers > 0) this.finish();
  }

  finish(): void {
    const seconds = this.#counting ? (performance.now() - this.#startedMs) / 1000 : 0;
    this.#counting = false;
    const latencies = this.#latencies.subarray(0, this.#answers).sort();
    const own = process.cpuUsage(this.#ownCpuAtStart);
    this.#resolve({
      // By bytes, for the clock cuts long answers in two.
      count: this.#answers === 0 ? 0 : (this.#bytes / this.#answeredBytes) * this.#answers,
      seconds,
      bytes: this.#bytes,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: latencies.at(-1) ?? 0,
      serverCpuSeconds: this.#pid === 0 ? 0 : cpuSeconds(this.#pid) - this.#cpuAtStart,
      loadCpuSeconds: (own.user + own.system) / 1e6,
      failures: {
        count: this.#failures,
        ...(this.#firstFailure === undefined ? {} : { first: this.#firstFailure }),
      },
    });
  }
}

const successes = { first: 200, last: 299 };

/** One client: sends, and sends again when it is answered. */
class Client implements Listener {
  readonly #driver: Driver;
  readonly #tally: Tally;
  #status = 0;
  #bytes = 0;
  #seen = "";
  #sentMs = 0;

  constructor(lane: Lane, driver: Driver, tally: Tally) {
    this.#driver = driver;
    this.#tally = tally;
    lane.listener = this;
    this.#send("");
  }

  onStatus(status: number): void {
    this.#status = status;
  }

  onBody(chunk: Buffer, start: number, end: number): void {
    const wanted = (this.#isSuccess() ? this.#driver.wantsBytes : 500) - this.#seen.length;
    if (wanted > 0) this.#seen += chunk.toString("latin1", start, Math.min(end, start + wanted));
    this.#bytes += end - start;
    this.#tally.received(end - start);
  }

  onEnd(): void {
    const seen = this.#seen;
    if (this.#isSuccess()) this.#tally.answered(this.#sentMs, this.#bytes);
    else this.#tally.failed(`status ${this.#status}: ${seen}`);
    this.#bytes = 0;
    this.#seen = "";
    if (this.#isSuccess()) this.#send(seen);
  }

  onFailure(message: string): void {
    this.#tally.failed(message);
  }

  #isSuccess(): boolean {
    return this.#status >= successes.first && this.#status <= successes.last;
  }

  #send(seen: string): void {
    if (!this.#tally.admit()) return;
    this.#sentMs = performance.now();
    this.#driver.next(seen);
  }
}

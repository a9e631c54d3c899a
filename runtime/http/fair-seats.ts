import { tooManyRequests, type StatusError } from "../meta/status-error.ts";
import type { Lifetime } from "./lifetime.ts";

/** How the requests of one class share what is served at once. */
interface SeatLimits {
  /** Requests at once. */
  readonly seats: number;
  /** Those that are exempt may be so many more. */
  readonly reserved: number;
  /** Flows that may wait, and requests of each that may. */
  readonly flowsMax: number;
  readonly queuedPerFlowMax: number;
  /** How long a request may wait. */
  readonly waitMs: number;
}

interface Waiting {
  readonly grant: (seat: number) => void;
}

const retryAfterSeconds = 1;

/**
 * The seats of those that are served at once. Who finds none free waits, first come, first served within a flow; a seat
 * that falls free goes to the flow that has the fewest of those that wait, and between equals in turn. So one that floods
 * the server holds up itself, and another gets in with the next seat.
 * What the priority levels of https://kubernetes.io/docs/concepts/cluster-administration/flow-control/ are made of: a
 * level would be one of these with limits of its own, and a flow what its schema tells apart.
 */
export class FairSeats {
  readonly #limits: SeatLimits;
  /** Whose each seat is: all that is kept while nobody waits. */
  readonly #holders: (string | undefined)[] = [];
  readonly #free: number[] = [];
  #taken = 0;
  #peak = 0;
  /** By flow, in the order of their turns. */
  readonly #queues = new Map<string, Waiting[]>();
  #queued = 0;
  /** How many seats each flow has; known only while somebody waits. */
  #held: Map<string, number> | undefined;

  constructor(limits: SeatLimits) {
    this.#limits = limits;
  }

  /** How many seats are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** The most that were taken at once since this was asked last. */
  takePeak(): number {
    const peak = this.#peak;
    this.#peak = this.#taken;
    return peak;
  }

  /** How many wait for one. */
  get queued(): number {
    return this.#queued;
  }

  /** Takes a seat for a flow, such as the name of a user; -1 where none is free. To be given back with leave(). */
  take(flow: string): number {
    return this.#taken < this.#limits.seats ? this.#seat(flow) : -1;
  }

  /** Takes a seat for one that is exempt; -1 where even the reserved ones are taken. */
  takeReserved(flow: string): number {
    const { seats, reserved } = this.#limits;
    return this.#taken < seats + reserved ? this.#seat(flow) : -1;
  }

  /** Gives a seat back, to the next that waits. */
  leave(seat: number): void {
    const flow = this.#holders[seat];
    if (flow === undefined) return;
    this.#holders[seat] = undefined;
    this.#free.push(seat);
    this.#taken--;
    if (this.#held === undefined) return;
    const held = (this.#held.get(flow) ?? 1) - 1;
    if (held === 0) this.#held.delete(flow);
    else this.#held.set(flow, held);
    if (this.#taken < this.#limits.seats) this.#seatNext();
  }

  /**
   * Waits for a seat; `seated` is called with it in the moment that it is granted. Rejects with a 429 where too many wait
   * already or the wait is over, and with the reason of the lifetime once that has ended.
   */
  wait(flow: string, lifetime: Lifetime, seated: (seat: number) => void): Promise<void> {
    lifetime.throwIfOver();
    const queue = this.#queueOf(flow);
    this.#held ??= this.#countHeld();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        lifetime.unlisten(onOver);
      };
      const waiting: Waiting = {
        grant: (seat) => {
          settle();
          seated(seat);
          resolve();
        },
      };
      const giveUp = (reason: Error): void => {
        settle();
        this.#remove(flow, waiting);
        reject(reason);
      };
      const onOver = (): void => giveUp(lifetime.reason ?? tooMany());
      const timer = setTimeout(() => giveUp(tooMany()), this.#limits.waitMs);
      lifetime.listen(onOver);
      queue.push(waiting);
      this.#queued++;
    });
  }

  #seat(flow: string): number {
    this.#taken++;
    if (this.#taken > this.#peak) this.#peak = this.#taken;
    if (this.#held !== undefined) this.#held.set(flow, (this.#held.get(flow) ?? 0) + 1);
    const seat = this.#free.pop() ?? this.#holders.length;
    this.#holders[seat] = flow;
    return seat;
  }

  #queueOf(flow: string): Waiting[] {
    const { flowsMax, queuedPerFlowMax } = this.#limits;
    const queue = this.#queues.get(flow);
    if (queue === undefined) {
      if (this.#queues.size >= flowsMax || queuedPerFlowMax === 0) throw tooMany();
      const added: Waiting[] = [];
      this.#queues.set(flow, added);
      return added;
    }
    if (queue.length >= queuedPerFlowMax) throw tooMany();
    return queue;
  }

  #countHeld(): Map<string, number> {
    const held = new Map<string, number>();
    for (const flow of this.#holders) if (flow !== undefined) held.set(flow, (held.get(flow) ?? 0) + 1);
    return held;
  }

  #seatNext(): void {
    const flow = this.#nextFlow();
    const queue = flow === undefined ? undefined : this.#queues.get(flow);
    const next = queue?.shift();
    if (flow === undefined || queue === undefined || next === undefined) return;
    const seat = this.#seat(flow);
    // Its turn is over: it goes behind all others.
    this.#queues.delete(flow);
    if (queue.length > 0) this.#queues.set(flow, queue);
    this.#dequeued();
    next.grant(seat);
  }

  #nextFlow(): string | undefined {
    let next: string | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const flow of this.#queues.keys()) {
      const held = this.#held?.get(flow) ?? 0;
      if (held >= fewest) continue;
      fewest = held;
      next = flow;
    }
    return next;
  }

  #remove(flow: string, waiting: Waiting): void {
    const queue = this.#queues.get(flow);
    const index = queue?.indexOf(waiting) ?? -1;
    if (queue === undefined || index === -1) return;
    queue.splice(index, 1);
    if (queue.length === 0) this.#queues.delete(flow);
    this.#dequeued();
  }

  #dequeued(): void {
    this.#queued--;
    if (this.#queued === 0) this.#held = undefined;
  }
}

function tooMany(): StatusError {
  return tooManyRequests("Too many requests, please try again later.", retryAfterSeconds);
}

import fc from "fast-check";
import { expect, test } from "vitest";
import { FairSeats } from "../../runtime/http/fair-seats.ts";
import { Lifetime } from "../../runtime/http/lifetime.ts";

const limits = { seats: 4, reserved: 2, flowsMax: 3, queuedPerFlowMax: 8, waitMs: 60_000 };

/** Seats, and who has which. */
class Room {
  readonly seats: FairSeats;
  readonly taken: { readonly flow: string; readonly seat: number }[] = [];
  readonly outcomes: Promise<string>[] = [];

  constructor(changes: Partial<typeof limits> = {}) {
    this.seats = new FairSeats({ ...limits, ...changes });
  }

  /** Takes a seat, or waits for one. */
  come(flow: string, lifetime = new Lifetime()): void {
    const seat = this.seats.take(flow);
    if (seat === -1) this.outcomes.push(this.#wait(flow, lifetime));
    else this.taken.push({ flow, seat });
  }

  comeOften(flow: string, count: number): void {
    for (let index = 0; index < count; index++) this.come(flow);
  }

  /** The one of a flow that came first goes; gives false where there is none. */
  go(flow: string): boolean {
    const index = this.taken.findIndex((each) => each.flow === flow);
    const [gone] = index === -1 ? [] : this.taken.splice(index, 1);
    if (gone !== undefined) this.seats.leave(gone.seat);
    return gone !== undefined;
  }

  held(): string {
    return this.taken
      .map(({ flow }) => flow)
      .toSorted()
      .join("");
  }

  async #wait(flow: string, lifetime: Lifetime): Promise<string> {
    try {
      await this.seats.wait(flow, lifetime, (seat) => void this.taken.push({ flow, seat }));
      return "seated";
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}

const tooMany = "Too many requests, please try again later.";

test("whoever comes while one floods gets the next seat", () => {
  const room = new Room();
  room.comeOften("a", 10);
  room.come("b");
  expect(room.held()).toBe("aaaa");
  room.go("a");
  expect(room.held()).toBe("aaab");
});

test("those who wait end up with the same number of seats, whoever leaves first", () => {
  const room = new Room();
  room.comeOften("a", 12);
  room.comeOften("b", 8);
  room.go("a");
  room.go("a");
  expect(room.held()).toBe("aabb");
  room.go("b");
  expect(room.held()).toBe("aabb");
  room.go("a");
  expect(room.held()).toBe("aabb");
});

test("those with equally many seats take turns", () => {
  const room = new Room({ seats: 1 });
  room.come("x");
  for (const flow of ["a", "a", "a", "b", "c"]) room.come(flow);
  const order = ["x"];
  while (room.go(order.at(-1) ?? "")) order.push(room.held());
  expect(order.join("")).toBe("xabcaa");
});

test("too many of one flow are refused, which leaves room for others", async () => {
  const room = new Room();
  room.comeOften("a", 4 + 8 + 1);
  room.come("b");
  expect(await room.outcomes[8]).toBe(tooMany);
  expect(room.seats.queued).toBe(9);
});

test("too many flows are refused", async () => {
  const room = new Room();
  for (const flow of ["x", "x", "x", "x", "a", "b", "c", "d"]) room.come(flow);
  expect(await room.outcomes[3]).toBe(tooMany);
});

test("who waits too long is refused, and no longer waits", async () => {
  const room = new Room({ seats: 1, waitMs: 10 });
  room.comeOften("a", 2);
  expect(await room.outcomes[0]).toBe(tooMany);
  expect(room.seats.queued).toBe(0);
});

test("who is gone no longer waits: the seat goes to the next", async () => {
  const room = new Room({ seats: 1 });
  const lifetime = new Lifetime();
  room.come("a");
  room.come("b", lifetime);
  room.come("c");
  lifetime.end(new Error("gone"));
  expect(await room.outcomes[0]).toBe("gone");
  room.go("a");
  expect(room.held()).toBe("c");
  room.come("d", lifetime);
  expect(await room.outcomes[2]).toBe("gone");
});

test("reserved seats are beyond the others, and bounded; nobody else gets them", () => {
  const room = new Room();
  room.comeOften("a", 5);
  const reserved = [room.seats.takeReserved("root"), room.seats.takeReserved("root"), room.seats.takeReserved("root")];
  expect(reserved.map((seat) => seat === -1)).toEqual([false, false, true]);
  room.go("a");
  expect(room.held()).toBe("aaa");
});

test("no seat is lost or given twice, none is free while somebody waits, whatever happens", async () => {
  const flow = fc.constantFrom("a", "b", "c", "d");
  const step = fc.record({ what: fc.constantFrom("come", "come", "go", "over"), flow });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      const room = new Room();
      const lifetimes: Lifetime[] = [];
      for (const { what, flow: whose } of steps) {
        if (what === "come") room.come(whose, lifetimes[lifetimes.push(new Lifetime()) - 1]);
        else if (what === "go") room.go(whose);
        else lifetimes.shift()?.end(new Error("gone"));
        const { taken, queued } = room.seats;
        expect(taken).toBe(room.taken.length);
        expect(new Set(room.taken.map(({ seat }) => seat)).size).toBe(taken);
        expect(taken).toBeLessThanOrEqual(limits.seats);
        if (queued > 0) expect(taken).toBe(limits.seats);
      }
      while (room.taken.length > 0) room.go(room.taken[0]?.flow ?? "");
      expect(room.seats.taken + room.seats.queued).toBe(0);
      await Promise.all(room.outcomes);
    }),
    { numRuns: 200 },
  );
});

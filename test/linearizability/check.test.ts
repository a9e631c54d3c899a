import fc from "fast-check";
import { expect, test } from "vitest";
import { checkHistory } from "./check.ts";
import type { LogEntry, Operation, Read, ReadAll, Version, Write } from "./history.ts";

function write(part: Partial<Write>): Write {
  return {
    client: 1,
    kind: "write",
    key: "a",
    value: "v1",
    expected: undefined,
    outcome: "done",
    revision: undefined,
    invokedMs: 0,
    returnedMs: 1,
    ...part,
  };
}

function read(saw: Version | undefined, part: Partial<Read> = {}): Read {
  return { client: 2, kind: "read", key: "a", saw, invokedMs: 2, returnedMs: 3, ...part };
}

function readAll(revision: number, saw: readonly (readonly [string, Version])[], part: Partial<ReadAll> = {}): ReadAll {
  return { client: 2, kind: "read all", revision, saw: new Map(saw), invokedMs: 2, returnedMs: 3, ...part };
}

const v1: Version = { value: "v1", revision: 5 };
const v2: Version = { value: "v2", revision: 7 };
const created: LogEntry = { key: "a", ...v1 };
const updated: LogEntry = { key: "a", ...v2 };
const second = write({ value: "v2", expected: 5, invokedMs: 4, returnedMs: 5, revision: 7 });

const sound: readonly (readonly [string, readonly Operation[], readonly LogEntry[]])[] = [
  ["a write and a read of it", [write({ revision: 5 }), read(v1)], [created]],
  ["a read during a write may see what was before", [write({ returnedMs: 9 }), read(undefined)], [created]],
  ["a read during a write may see it", [write({ returnedMs: 9 }), read(v1)], [created]],
  ["a write without an answer may have happened", [write({ outcome: "unknown", returnedMs: Infinity })], [created]],
  ["a write without an answer may not have happened", [write({ outcome: "unknown" }), read(undefined)], []],
  ["an update of what was created", [write({}), second, read(v2, { invokedMs: 6, returnedMs: 7 })], [created, updated]],
  [
    "a creation is refused while there is one",
    [write({}), write({ value: "v3", outcome: "refused", invokedMs: 2, returnedMs: 3 })],
    [created],
  ],
  [
    "of two deletions without an answer the one that was sent in time",
    [
      write({}),
      write({ value: undefined, expected: 5, invokedMs: 8, returnedMs: Infinity, outcome: "unknown" }),
      write({ value: undefined, expected: 5, invokedMs: 2, returnedMs: Infinity, outcome: "unknown" }),
      read(undefined, { invokedMs: 4, returnedMs: 5 }),
    ],
    [created, { key: "a", revision: 6, value: undefined }],
  ],
  [
    "a deletion is refused after another one",
    [
      write({}),
      write({ value: undefined, expected: 5, invokedMs: 2, returnedMs: 3 }),
      write({ value: undefined, expected: 5, invokedMs: 4, returnedMs: 5, outcome: "refused" }),
    ],
    [created, { key: "a", revision: 6, value: undefined }],
  ],
  ["a list at its revision", [write({}), readAll(6, [["a", v1]])], [created]],
];

test.each(sound)("%s is sound", (_name, operations, log) => {
  expect(checkHistory(operations, log).problems).toEqual([]);
});

const wrong: readonly (readonly [string, readonly Operation[], readonly LogEntry[], RegExp])[] = [
  ["an acknowledged write that is not there", [write({})], [], /^lost: /],
  ["a value that nobody wrote", [], [created], /nobody wrote/],
  ["a write that is told another revision", [write({ revision: 6 })], [created], /was told 6/],
  [
    "a write that was refused and happened",
    [write({ outcome: "refused" })],
    [created],
    /was refused and is in the log/,
  ],
  [
    "a read of what was overwritten before",
    [write({}), second, read(v1, { invokedMs: 6, returnedMs: 7 })],
    [created, updated],
    /was over at 6/,
  ],
  ["a read of nothing after a write", [write({}), read(undefined)], [created], /was over at 4/],
  [
    "a read of what is not written yet",
    [read(v1, { invokedMs: 0, returnedMs: 1 }), write({ invokedMs: 2, returnedMs: 3 })],
    [created],
    /came after revision 5/,
  ],
  [
    "a read that goes back behind another one",
    [
      write({}),
      { ...second, returnedMs: 20 },
      read(v2, { invokedMs: 6, returnedMs: 7 }),
      read(v1, { invokedMs: 8, returnedMs: 9 }),
    ],
    [created, updated],
    /client 2's read/,
  ],
  [
    "an update over a version that was gone",
    [write({}), write({ value: "v2", expected: 4, invokedMs: 2, returnedMs: 3 })],
    [created, updated],
    /^lost: /,
  ],
  ["a creation refused while there was none", [write({ value: "v3", outcome: "refused" })], [], /does not fit/],
  ["a list that leaves one out", [write({}), readAll(6, [])], [created], /never was/],
  [
    "a list of an old state",
    [write({}), second, readAll(5, [["a", v1]], { invokedMs: 6, returnedMs: 7 })],
    [created, updated],
    /was over at 6/,
  ],
  [
    "two writes in the wrong order",
    [write({ invokedMs: 4, returnedMs: 5 }), write({ key: "b", value: "b1", invokedMs: 0, returnedMs: 1 })],
    [created, { key: "b", value: "b1", revision: 6 }],
    /does not fit/,
  ],
  [
    "two deletions of one version",
    [
      write({}),
      write({ value: undefined, expected: 5, invokedMs: 2, returnedMs: 3 }),
      write({ value: undefined, expected: 5, invokedMs: 2, returnedMs: 3 }),
    ],
    [created, { key: "a", revision: 6, value: undefined }],
    /are both at 6/,
  ],
  ["a log that goes back", [write({})], [created, { key: "a", revision: 4, value: undefined }], /4 after 5/],
];

test.each(wrong)("%s is found", (_name, operations, log, problem) => {
  expect(checkHistory(operations, log).problems.join("\n")).toMatch(problem);
});

/** One client's step in a made-up run: what it does, how long it takes, and when in that time it happens. */
const step = fc.record({
  client: fc.nat(3),
  key: fc.constantFrom("a", "b"),
  what: fc.constantFrom("write", "write", "delete", "read", "read all"),
  stale: fc.boolean(),
  before: fc.integer({ min: 0, max: 5 }),
  after: fc.integer({ min: 0, max: 5 }),
  answered: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a store that does one thing after the other makes of the steps; they overlap, since each begins before its moment. */
function run(steps: readonly Step[]): { operations: Operation[]; log: LogEntry[] } {
  const state = new Map<string, Version>();
  const log: LogEntry[] = [];
  const operations = steps.map(({ client, key, what, stale, before, after, answered }, place): Operation => {
    const moment = place + 1;
    const timed = { client, invokedMs: moment - before - 0.25, returnedMs: moment + after + 0.25 };
    const revision = log.length + 1;
    const saw = state.get(key);
    if (what === "read") return { ...timed, kind: "read", key, saw };
    if (what === "read all") return { ...timed, kind: "read all", revision: revision - 1, saw: new Map(state) };
    const value = what === "delete" ? undefined : `value ${place}`;
    const expected = stale ? 0 : saw?.revision;
    const asked = { ...timed, kind: "write", key, value, expected } as const;
    if (stale || (value === undefined && saw === undefined))
      return { ...asked, outcome: "refused", revision: undefined, expected: 0 };
    log.push({ key, revision, value });
    if (value === undefined) state.delete(key);
    else state.set(key, { value, revision });
    if (!answered) return { ...asked, outcome: "unknown", revision: undefined, returnedMs: Infinity };
    return { ...asked, outcome: "done", revision: value === undefined ? undefined : revision };
  });
  return { operations, log };
}

test("what a store does one after the other is sound, however the requests overlap", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const { operations, log } = run(steps);
      expect(checkHistory(operations, log).problems).toEqual([]);
    }),
  );
});

test("one acknowledged write less in the log is always found", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, pick) => {
      const { operations, log } = run(steps);
      const done = operations.filter(
        (operation) => operation.kind === "write" && operation.outcome === "done" && operation.value !== undefined,
      );
      fc.pre(done.length > 0);
      const lost = done[pick % done.length];
      const values = new Set(lost?.kind === "write" ? [lost.value] : []);
      const { problems } = checkHistory(
        operations,
        log.filter(({ value }) => !values.has(value)),
      );
      expect(problems.join("\n")).toContain("lost: ");
    }),
  );
});

import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import * as requests from "../../runtime/storage/etcd/requests.ts";
import * as responses from "../../runtime/storage/etcd/responses.ts";
import { decodeFramed, encodeMessage } from "./etcd-proto.ts";

const revisions = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const keys = fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }).map((key) => `/${key}`);
const header = { cluster_id: "18446744073709551615", member_id: "9372538179322589801", raft_term: 3 };

test("a write is a transaction on the key's revision that reads the key where it is another", () => {
  const cases = fc.record({
    key: keys,
    value: fc.string({ maxLength: 400 }),
    expected: fc.oneof(fc.constant(0), revisions),
    lease: fc.oneof(fc.constant(0), revisions),
  });
  fc.assert(
    fc.property(cases, ({ key, value, expected, lease }) => {
      const { message, value: kept } = requests.putRequest(key, Buffer.from(value), expected, lease);
      expect(kept.toString()).toBe(value);
      const put = { key, ...(value === "" ? {} : { value }), ...(lease === 0 ? {} : { lease: String(lease) }) };
      expect(decodeFramed("TxnRequest", message)).toEqual({
        compare: [{ target: 2, key, mod_revision: String(expected) }],
        success: [{ request_put: put }],
        failure: [{ request_range: { key } }],
      });
    }),
  );
});

test("a deletion is a transaction on the key's revision that reads the key where it is another", () => {
  fc.assert(
    fc.property(keys, revisions, (key, expected) => {
      expect(decodeFramed("TxnRequest", requests.deleteRequest(key, expected))).toEqual({
        compare: [{ target: 2, key, mod_revision: String(expected) }],
        success: [{ request_delete_range: { key } }],
        failure: [{ request_range: { key } }],
      });
    }),
  );
});

test.each([
  ["RangeRequest", requests.getRequest("/a"), { key: "/a" }],
  ["RangeRequest", requests.countRequest("/a"), { key: "/a", count_only: true }],
  [
    "RangeRequest",
    requests.rangeRequest({ range: { start: "/a/", end: "/a0" }, limit: 500, revision: 2 ** 40 }),
    { key: "/a/", range_end: "/a0", limit: "500", revision: String(2 ** 40) },
  ],
  [
    "RangeRequest",
    requests.rangeRequest({ range: { start: "", end: undefined }, limit: 0, revision: 0 }),
    { key: "\0", range_end: "\0" },
  ],
  [
    "TxnRequest",
    requests.putAtVersionRequest("k", "17", 3),
    {
      compare: [{ key: "k", version: "3" }],
      success: [{ request_put: { key: "k", value: "17" } }],
      failure: [{ request_range: { key: "k" } }],
    },
  ],
  ["CompactionRequest", requests.compactRequest(77), { revision: "77" }],
  ["LeaseGrantRequest", requests.leaseGrantRequest(2 ** 52, 3_600), { TTL: "3600", ID: String(2 ** 52) }],
  ["StatusRequest", requests.statusRequest(), {}],
  [
    "WatchRequest",
    requests.watchCreateRequest({ start: "/a/", end: "/a0" }, 12),
    {
      create_request: {
        key: "/a/",
        range_end: "/a0",
        start_revision: "12",
        progress_notify: true,
        prev_kv: true,
        fragment: true,
      },
    },
  ],
  ["WatchRequest", requests.watchProgressRequest(), { progress_request: {} }],
] as const)("%s is written as etcd reads it", (type, message, expected) => {
  expect(decodeFramed(type, message)).toEqual(expected);
});

const keyValues = fc.record({
  key: keys,
  value: fc.string(),
  revision: revisions,
  created: revisions,
  version: revisions,
});

interface Expected {
  readonly key: string;
  readonly value: string;
  readonly revision: number;
  readonly created: number;
  readonly version: number;
}

function onWire({ key, value, revision, created, version }: Expected): Record<string, unknown> {
  return {
    key: Buffer.from(key),
    value: Buffer.from(value),
    mod_revision: revision,
    create_revision: created,
    version,
    lease: "7587869134527283201",
  };
}

function read(kv: responses.KeyValue | undefined) {
  return kv === undefined ? undefined : { ...kv, value: kv.value.toString() };
}

test("the answer to a range is read as etcd writes it", () => {
  fc.assert(
    fc.property(fc.array(keyValues, { maxLength: 5 }), revisions, (kvs, revision) => {
      const message = { header: { ...header, revision }, kvs: kvs.map(onWire), more: true, count: 1_000 };
      const answer = responses.readRange(encodeMessage("RangeResponse", message));
      expect(answer.found.map(read)).toEqual(kvs);
      expect(answer).toMatchObject({ revision, count: 1_000 });
    }),
  );
});

test("the answer to a transaction is read as etcd writes it", () => {
  fc.assert(
    fc.property(keyValues, revisions, fc.boolean(), (kv, revision, exists) => {
      const own = { ...header, revision };
      const written = { header: own, succeeded: true, responses: [{ response_put: { header: own } }] };
      expect(responses.readTxn(encodeMessage("TxnResponse", written))).toEqual({
        succeeded: true,
        revision,
        found: undefined,
      });
      const kvs = exists ? [onWire(kv)] : [];
      const refused = { header: own, succeeded: false, responses: [{ response_range: { header: own, kvs } }] };
      const answer = responses.readTxn(encodeMessage("TxnResponse", refused));
      expect(answer).toMatchObject({ succeeded: false, revision });
      expect(read(answer.found)).toEqual(exists ? kv : undefined);
    }),
  );
});

test("the events of a watch are read as etcd writes them", () => {
  fc.assert(
    fc.property(keyValues, keyValues, fc.boolean(), (kv, previous, deleted) => {
      const events = [{ type: deleted ? 1 : 0, kv: onWire(kv), prev_kv: onWire(previous) }, { kv: onWire(kv) }];
      const answer = responses.readWatch(
        encodeMessage("WatchResponse", { header: { ...header, revision: 9 }, watch_id: -1, fragment: true, events }),
      );
      expect(answer).toMatchObject({ revision: 9, created: false, canceled: false, fragment: true });
      expect(answer.events.map((event) => [event.deleted, read(event.kv), read(event.previous)])).toEqual([
        [deleted, kv, previous],
        [false, kv, undefined],
      ]);
    }),
  );
});

test("the end of a watch is read with its reason", () => {
  const message = { header, canceled: true, compact_revision: 44, cancel_reason: "why" };
  expect(responses.readWatch(encodeMessage("WatchResponse", message))).toMatchObject({
    canceled: true,
    compacted: 44,
    reason: "why",
  });
});

test("the version and what is wrong with a lease are read", () => {
  expect(responses.readVersion(encodeMessage("StatusResponse", { header, version: "3.5.35", dbSize: 4 }))).toBe(
    "3.5.35",
  );
  expect(responses.readLeaseError(encodeMessage("LeaseGrantResponse", { header, ID: 5, error: "no" }))).toBe("no");
});

test("a revision beyond 2^53 is refused, not rounded", () => {
  const message = { header: { revision: "9007199254740993" }, count: 1 };
  expect(() => responses.readRange(encodeMessage("RangeResponse", message))).toThrow(/integer overflow/);
});

test("bytes that are no message are refused, and never read beyond", () => {
  const message = encodeMessage("WatchResponse", {
    header: { ...header, revision: 7 },
    events: [{ kv: { key: Buffer.from("/a"), value: Buffer.from("value"), mod_revision: 3 } }],
  });
  for (let length = 0; length < message.length; length++) attempt(message.subarray(0, length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => attempt(Buffer.from(bytes))));
});

function attempt(bytes: Buffer): void {
  for (const readAny of [responses.readWatch, responses.readRange, responses.readTxn, responses.readVersion]) {
    try {
      readAny(bytes);
    } catch (error) {
      expect(error).toHaveProperty("name", "WireError");
    }
  }
}

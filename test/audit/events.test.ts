import { expect, test } from "vitest";
import { withoutManagedFields } from "../../runtime/audit/managed-fields.ts";
import { sourceIps } from "../../runtime/audit/source-ips.ts";

const peer = "10.0.0.9";

// As https://pkg.go.dev/k8s.io/apimachinery/pkg/util/net#SourceIPs gives them.
test.each([
  [undefined, undefined, peer, [peer]],
  ["1.2.3.4", undefined, peer, ["1.2.3.4", peer]],
  ["1.2.3.4, 5.6.7.8", "9.9.9.9", peer, ["1.2.3.4", "5.6.7.8", "9.9.9.9", peer]],
  ["1.2.3.4,nonsense,,2001:DB8::0:1", "1.2.3.4", peer, ["1.2.3.4", "2001:db8::1", peer]],
  [`1.2.3.4,${peer}`, undefined, peer, ["1.2.3.4", peer]],
  [`${peer},1.2.3.4`, undefined, peer, [peer, "1.2.3.4", peer]],
  ["010.0.00.001, 1.2.3.256, fe80::1%eth0", undefined, "::ffff:10.0.0.9", ["10.0.0.1", peer]],
  [undefined, undefined, undefined, []],
  [undefined, "<script>", "::1", ["::1"]],
])("the addresses of %j, %j and %j are %j", (forwardedFor, realIp, from, expected) => {
  expect(sourceIps({ forwardedFor, realIp, peer: from })).toEqual(expected);
});

test("no more addresses are told than a bound", () => {
  expect(sourceIps({ forwardedFor: "1.2.3.4,".repeat(10_000), realIp: undefined, peer }).length).toBeLessThan(70);
});

const owned = { metadata: { name: "a", managedFields: [{ manager: "m" }] }, spec: { managedFields: 1 } };
const plain = { metadata: { name: "a" }, spec: { managedFields: 1 } };

test.each([
  ["an object", owned, plain],
  ["a list", { kind: "CatList", items: [owned, plain] }, { kind: "CatList", items: [plain, plain] }],
  ["a table", { rows: [{ cells: [1], object: owned }] }, { rows: [{ cells: [1], object: plain }] }],
  ["a table without objects", { rows: [{ cells: [1], object: null }] }, { rows: [{ cells: [1], object: null }] }],
  ["what has none", { kind: "Status" }, { kind: "Status" }],
])("managedFields are left out of %s, which stays as it is", (_what, value, expected) => {
  const before = structuredClone(value);
  expect(withoutManagedFields(value)).toEqual(expected);
  expect(value).toEqual(before);
});

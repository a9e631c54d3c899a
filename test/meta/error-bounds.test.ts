import { expect, test } from "vitest";
import { validateFieldManager } from "../../runtime/meta/field-manager.ts";
import { validateResourcePoolName } from "../../runtime/meta/formats.ts";
import {
  validateObjectMeta,
  validateObjectMetaUpdate,
  validateOwnerReferences,
} from "../../runtime/meta/object-meta-validation.ts";
import { dnsSubdomainName } from "../../runtime/meta/names.ts";
import { invalidObject } from "../../runtime/meta/status-error.ts";

// Where each error shows the whole of what is wrong, a client must not get as many as it sends wrong parts.
test.each([
  ["a field manager of control characters", () => validateFieldManager("f", "\n".repeat(100_000)), 129],
  ["a resource pool of slashes", () => validateResourcePoolName("f", "/".repeat(100_000)), 1],
  ["a thousand controllers", () => validateOwnerReferences("f", controllers(1_000)), 10],
])("%s gives few errors", (_what, validate, count) => {
  expect(validate().length).toBe(count);
});

test("metadata with more wrong parts than a function takes arguments is invalid, and told in part", () => {
  const metadata = { name: "a", finalizers: Array.from({ length: 300_000 }, () => "_") };
  const errors = validateObjectMeta("metadata", metadata, { namespaced: false, names: dnsSubdomainName });
  expect(errors.length).toBeGreaterThanOrEqual(300_000);
  expect(invalidObject({ group: "example.dev", kind: "Widget" }, "a", errors).status.details?.causes?.length).toBe(
    1_000,
  );
});

test("errors that each show the whole of what is wrong are told until they are long enough", () => {
  const errors = validateOwnerReferences("f", controllers(10_000));
  const { message = "", details } = invalidObject({ group: "example.dev", kind: "Widget" }, "a", errors).status;
  expect(details?.causes?.length).toBe(2);
  expect(message.length).toBeLessThan(3 * 1024 * 1024);
});

test("new finalizers are found among very many in no time", () => {
  const finalizers = Array.from({ length: 100_000 }, (_, i) => `example.dev/${i}`);
  const old = { name: "a", resourceVersion: "1", deletionTimestamp: "2024-01-01T00:00:00Z", finalizers };
  const started = performance.now();
  expect(validateObjectMetaUpdate("metadata", { ...old, finalizers: finalizers.toReversed() }, old)).toEqual([]);
  expect(performance.now() - started).toBeLessThan(2_000);
});

function controllers(count: number): Parameters<typeof validateOwnerReferences>[1] {
  return Array.from({ length: count }, (_, i) => ({
    apiVersion: "v1",
    kind: "House",
    name: `h${i}`,
    uid: `u${i}`,
    controller: true,
  }));
}

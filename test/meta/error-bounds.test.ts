import { expect, test } from "vitest";
import { validateFieldManager } from "../../runtime/meta/field-manager.ts";
import { validateResourcePoolName } from "../../runtime/meta/formats.ts";
import { validateOwnerReferences } from "../../runtime/meta/object-meta-validation.ts";

// Where each error shows the whole of what is wrong, a client must not get as many as it sends wrong parts.
test.each([
  ["a field manager of control characters", () => validateFieldManager("f", "\n".repeat(100_000)), 129],
  ["a resource pool of slashes", () => validateResourcePoolName("f", "/".repeat(100_000)), 1],
  ["a thousand controllers", () => validateOwnerReferences("f", controllers(1_000)), 10],
])("%s gives few errors", (_what, validate, count) => {
  expect(validate().length).toBe(count);
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

import { expect, test } from "vitest";
import { dropDuplicateOwners } from "../../runtime/rest/owner-references.ts";
import { request } from "./requests.ts";

test("duplicate owners are found among very many of one uid in no time", () => {
  const owners = Array.from({ length: 20_000 }, (_, i) => ({
    apiVersion: "v1",
    kind: "House",
    name: `h${i}`,
    uid: "u",
  }));
  const object = { metadata: { name: "a", ownerReferences: [...owners, { ...owners[7], uid: "u" }] as typeof owners } };
  const started = performance.now();
  dropDuplicateOwners(object, request("ns"));
  expect(performance.now() - started).toBeLessThan(2_000);
  expect(object.metadata.ownerReferences).toEqual(owners);
});

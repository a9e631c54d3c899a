import { expect, test } from "vitest";
import { authorizeCreate } from "../../runtime/auth/authorize-create.ts";
import type { AuthorizationAttributes, Authorizer } from "../../runtime/auth/authorizer.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";
import { request, targets } from "../rest/requests.ts";

const { flunders, fischers } = targets();

test.each([
  [flunders, "", "ns", "/apis/wardle.example.com/v1alpha1/namespaces/ns/flunders/a"],
  [flunders, "status", "ns", "/apis/wardle.example.com/v1alpha1/namespaces/ns/flunders/a/status"],
  [fischers, "", "", "/apis/wardle.example.com/v1alpha1/fischers/a"],
])(
  "a create by an update is asked about as a create of that path would be",
  async (target, subresource, namespace, path) => {
    const asked: AuthorizationAttributes[] = [];
    const authorizer: Authorizer = (_user, attributes) => {
      asked.push(attributes);
      return { allowed: true };
    };
    await authorizeCreate(authorizer, target.descriptor, subresource)(request(namespace), "a");
    const { apiPrefix: _, parts: __, ...info } = requestInfo("PUT", path);
    expect(asked).toEqual([{ ...info, verb: "create" }]);
  },
);

test("who may not create is told so with 403", async () => {
  const ask = authorizeCreate(() => ({ allowed: false, reason: "no rule" }), flunders.descriptor, "");
  await expect(ask(request("ns"), "a")).rejects.toThrow(
    'flunders.wardle.example.com "a" is forbidden: User "alice" cannot create resource "flunders" in API group "wardle.example.com" in the namespace "ns": no rule',
  );
});

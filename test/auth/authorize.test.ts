import { expect, test } from "vitest";
import { forbidden, type AuthorizationAttributes } from "../../runtime/auth/authorizer.ts";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import { anonymousUser } from "../../runtime/auth/well-known.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";

const admin = { name: "root", uid: "", groups: ["system:masters", "system:authenticated"], extra: {} };
const ann = { name: "ann", uid: "", groups: ["system:authenticated"], extra: {} };

test.each<[string, string, boolean, boolean]>([
  ["GET", "/healthz", true, true],
  ["HEAD", "/livez", true, true],
  ["GET", "/readyz/etcd", true, true],
  ["GET", "/healthzz", false, false],
  ["POST", "/healthz", false, false],
  ["GET", "/version", true, true],
  ["GET", "/api", true, true],
  ["GET", "/apis", true, true],
  ["GET", "/apis/example.dev", true, true],
  ["GET", "/apis/example.dev/v1", true, true],
  ["GET", "/apis/example.dev/v1/widgets", false, false],
  ["GET", "/openapi/v2", false, true],
  ["GET", "/openapi/v3/apis/example.dev/v1", false, true],
  ["GET", "/", false, false],
  ["GET", "/metrics", false, false],
  ["DELETE", "/apis/example.dev/v1/namespaces/a/widgets/b", false, false],
])("%s %s: anonymous %s, authenticated %s, administrators always", (method, path, anonymous, authenticated) => {
  const info = requestInfo(method, path);
  expect(authorizeLocally(anonymousUser, info).allowed).toBe(anonymous);
  expect(authorizeLocally(ann, info).allowed).toBe(authenticated);
  expect(authorizeLocally(admin, info).allowed).toBe(true);
});

test.each<[string, string, string]>([
  [
    "GET",
    "/apis/animal.skai.io/v1alpha1/namespaces/default/cats",
    'cats.animal.skai.io is forbidden: User "system:anonymous" cannot list resource "cats" in API group "animal.skai.io" in the namespace "default"',
  ],
  [
    "GET",
    "/apis/animal.skai.io/v1alpha1/cats",
    'cats.animal.skai.io is forbidden: User "system:anonymous" cannot list resource "cats" in API group "animal.skai.io" at the cluster scope',
  ],
  [
    "PUT",
    "/apis/animal.skai.io/v1alpha1/namespaces/default/cats/tom/status",
    'cats.animal.skai.io "tom" is forbidden: User "system:anonymous" cannot update resource "cats/status" in API group "animal.skai.io" in the namespace "default"',
  ],
  ["GET", "/a<b>&c", 'forbidden: User "system:anonymous" cannot get path "/a&lt;b&gt;&amp;c"'],
])("the refusal of %s %s is in the usual words", (method, path, message) => {
  const attributes: AuthorizationAttributes = requestInfo(method, path);
  const { status } = forbidden(anonymousUser, attributes, "");
  expect(status).toMatchObject({ code: 403, reason: "Forbidden", message });
  expect(forbidden(anonymousUser, attributes, "no rule").status.message).toBe(`${message}: no rule`);
});

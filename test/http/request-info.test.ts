import { expect, test } from "vitest";
import { requestInfo } from "../../runtime/http/request-info.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";

const base = "/apis/animal.skai.io/v1alpha1/namespaces/home/cats";

test.each([
  // What is authorized is what is served: nothing in a path is resolved, and it is decoded once.
  [`${base}/..`, { namespace: "home", resource: "cats", name: "..", subresource: "" }],
  [`${base}/%2e%2e`, { name: ".." }],
  [`${base}/%252e%252e`, { name: "%2e%2e" }],
  [`${base}/../../vault/secrets/s`, { namespace: "home", resource: "cats", name: "..", subresource: ".." }],
  [`${base}/tom%2fstatus`, { name: "tom", subresource: "status" }],
  [`${base}/a%252fb`, { name: "a%2fb", subresource: "" }],
  [`${base}/tom%3fwatch=1`, { name: "tom?watch=1", verb: "get" }],
  ["/apis/animal.skai.io/v1alpha1/namespaces/%2e%2e/cats/tom", { namespace: "..", resource: "cats", name: "tom" }],
  ["/apis%2fanimal.skai.io%2fv1%2fcats", { isResourceRequest: true, apiGroup: "animal.skai.io", resource: "cats" }],
  ["/apis/animal.skai.io/v1/cats/%C3%A9%00", { name: "\u00e9\0" }],
  ["//apis//animal.skai.io/v1/cats/tom", { apiGroup: "", apiVersion: "animal.skai.io", resource: "v1", name: "cats" }],
  [
    "/healthz/../apis/animal.skai.io/v1/cats",
    { isResourceRequest: false, path: "/healthz/../apis/animal.skai.io/v1/cats" },
  ],
  ["/apis/animal.skai.io/v1/cats/__proto__/constructor", { name: "__proto__", subresource: "constructor" }],
  ["https://example.com:8443/apis/animal.skai.io/v1/cats?watch=1", { resource: "cats", verb: "watch" }],
  ["*", { isResourceRequest: false, path: "*" }],
])("GET %s is taken as written", (url, expected) => {
  expect(requestInfo("GET", url)).toMatchObject(expected);
});

test.each([
  ["?fieldSelector=metadata.name%3Dtom", "tom"],
  ["?fieldSelector=metadata.name%3Dtom,metadata.name%3Dtim", "tim"],
  ["?fieldSelector=metadata.name!%3Dtom", ""],
  ["?fieldSelector=metadata.name%3D..", ""],
  ["?fieldSelector=metadata.name%3Da%2Fb", ""],
  ["?fieldSelector=metadata.name%3Dtom&limit=x", ""],
  ["?fieldSelector=metadata.name%3Dtom&timeoutSeconds=9223372036854775808", ""],
  ["?fieldSelector=metadata.name%3Dtom&labelSelector=!!", ""],
  ["?fieldSelector=metadata.name%3Dtom&limit=%2B5&labelSelector=a%3Db", "tom"],
])("a list with %s names %j", (query, name) => {
  expect(requestInfo("GET", `${base}${query}`)).toMatchObject({ verb: "list", name });
});

test("deletecollection has its selectors, but no name", () => {
  const url = `${base}?fieldSelector=metadata.name%3Dtom&labelSelector=a%3Db`;
  const expected = { verb: "deletecollection", name: "", fieldSelector: "metadata.name=tom", labelSelector: "a=b" };
  expect(requestInfo("DELETE", url)).toMatchObject(expected);
});

test.each(["/apis/a/v1/cats/%", "/apis/a/v1/cats/%zz", "/apis/a/v1/cats/%ff"])("%s is a bad request", (url) => {
  const refusal = errorOf(() => requestInfo("GET", url));
  expect(refusal).toBeInstanceOf(StatusError);
  expect(refusal).toMatchObject({ status: { code: 400 } });
});

function errorOf(run: () => unknown): unknown {
  try {
    run();
    return undefined;
  } catch (error) {
    return error;
  }
}

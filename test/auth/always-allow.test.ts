import { expect, test } from "vitest";
import { allowedPaths, alwaysAllow } from "../../runtime/auth/always-allow.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";

const never = { signal: new AbortController().signal };

function isAllowed(paths: readonly string[], url: string, groups: readonly string[] = []): boolean {
  const options = { groups: ["system:masters"], paths: allowedPaths(paths) };
  const authorize = alwaysAllow(options, () => ({ allowed: false, reason: "asked" }));
  const decision = authorize({ name: "ann", uid: "", groups, extra: {} }, requestInfo("GET", url), never);
  return !(decision instanceof Promise) && decision.allowed;
}

test.each<[string, string, boolean]>([
  ["/healthz", "/healthz", true],
  ["healthz", "/healthz", true],
  ["/healthz", "/healthz/ping", false],
  ["/healthz", "/healthzz", false],
  ["/healthz", "//healthz", false],
  ["/healthz", "/healthz/", false],
  ["/healthz*", "/healthz", true],
  ["/healthz*", "/healthz/ping", true],
  ["/healthz/*", "/healthz", false],
  ["/healthz/*", "/healthz/ping", true],
  ["/", "/", true],
  ["/", "/healthz", false],
  ["", "/", true],
  ["*", "/metrics", true],
  ["*", "/apis/g/v1/things", false],
  ["/apis/g/v1/things", "/apis/g/v1/things", false],
  ["/apis/*", "/apis/g/v1", true],
])("with %j always allowed %s is: %s", (path, url, expected) => {
  expect(isAllowed([path], url)).toBe(expected);
});

test("administrators are never asked about", () => {
  expect(isAllowed([], "/apis/g/v1/things", ["dev", "system:masters"])).toBe(true);
});

test("a star anywhere but at the end is refused", () => {
  expect(() => allowedPaths(["/ok*", "/a*b"])).toThrow('only trailing * allowed in "a*b"');
});

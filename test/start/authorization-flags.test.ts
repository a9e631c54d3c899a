import { Command } from "commander";
import { expect, test } from "vitest";
import type { Authorizer } from "../../runtime/auth/authorizer.ts";
import { requestInfo } from "../../runtime/http/request-info.ts";
import {
  addAuthorizationFlags,
  openAuthorization,
  type AuthorizationFlags,
} from "../../runtime/start/authorization-flags.ts";
import { startReviewServer } from "../auth/review-server.ts";

function parse(...argv: string[]): AuthorizationFlags {
  const command = addAuthorizationFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return command.parse(argv, { from: "user" }).opts<AuthorizationFlags>();
}

test("the flags have the Go server's names and defaults", () => {
  expect(parse()).toEqual({
    authorizationWebhookCacheAuthorizedTtl: 10_000,
    authorizationWebhookCacheUnauthorizedTtl: 10_000,
    authorizationAlwaysAllowPaths: ["/healthz", "/readyz", "/livez"],
  });
  expect(
    parse(
      "--authorization-kubeconfig=k",
      "--authorization-webhook-cache-authorized-ttl=1m",
      "--authorization-webhook-cache-unauthorized-ttl=0",
      "--authorization-always-allow-paths=/a, /b*",
      "--authorization-always-allow-paths=/c",
    ),
  ).toEqual({
    authorizationKubeconfig: "k",
    authorizationWebhookCacheAuthorizedTtl: 60_000,
    authorizationWebhookCacheUnauthorizedTtl: 0,
    authorizationAlwaysAllowPaths: ["/a", "/b*", "/c"],
  });
  expect(parse("--authorization-always-allow-paths=").authorizationAlwaysAllowPaths).toEqual([]);
});

test.each([
  ["--authorization-webhook-cache-authorized-ttl=-1s", "It takes a duration"],
  ["--authorization-webhook-cache-unauthorized-ttl=soon", "It takes a duration"],
  ["--authorization-always-allow-paths=/a,/b*c", 'only trailing * allowed in "b*c"'],
])("%s is refused", (flag, message) => {
  expect(() => parse(flag)).toThrow(message);
});

const waiting = { signal: new AbortController().signal };

function ask(authorizer: Authorizer, url: string, groups: readonly string[]): boolean | Promise<boolean> {
  const decision = authorizer({ name: "ann", uid: "", groups, extra: {} }, requestInfo("GET", url), waiting);
  return decision instanceof Promise ? decision.then(({ allowed }) => allowed) : decision.allowed;
}

test.each<[string, readonly string[], boolean]>([
  ["/readyz", [], true],
  ["/readyz/etcd", [], false],
  ["/apis/g/v1/things", [], false],
  ["/apis/g/v1/things", ["system:masters"], true],
])("without a kube-apiserver to ask, %s is allowed to members of %j: %s", (url, groups, expected) => {
  expect(ask(openAuthorization(parse(), undefined), url, groups)).toBe(expected);
});

test("the kube-apiserver is asked about all else, and what it said holds as long as the flags say", async () => {
  const server = await startReviewServer();
  const authorizer = openAuthorization(parse("--authorization-webhook-cache-authorized-ttl=0"), server.client);
  for (const _ of [1, 2]) expect(await ask(authorizer, "/apis/g/v1/things", [])).toBe(true);
  expect(await ask(authorizer, "/livez", [])).toBe(true);
  expect(server.asked).toHaveLength(2);
  await server.close();
});

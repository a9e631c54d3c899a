import { expect, test } from "vitest";
import { parseManagerFlags, type ManagerFlags } from "../../runtime/controller/manager-flags.ts";

function parse(...args: string[]): ManagerFlags | undefined {
  return parseManagerFlags("cats", args, () => undefined);
}

test("without flags the times are client-go's, and nothing is served", () => {
  expect(parse()).toEqual({
    leaderElect: false,
    leaderElectLeaseDuration: 15_000,
    leaderElectRenewDeadline: 10_000,
    leaderElectRetryPeriod: 2000,
    leaderElectResourceName: "cats",
    metricsBindAddress: "0",
    healthProbeBindAddress: "0",
    syncPeriod: 36_000_000,
    gracefulShutdownTimeout: 30_000,
    loggingFormat: "text",
  });
});

test.each<[string, Partial<ManagerFlags>]>([
  ["--kubeconfig=here", { kubeconfig: "here" }],
  ["--leader-elect", { leaderElect: true }],
  ["--leader-elect-lease-duration=1m30s", { leaderElectLeaseDuration: 90_000 }],
  ["--leader-elect-resource-namespace=zoo", { leaderElectResourceNamespace: "zoo" }],
  ["--metrics-bind-address=:8080", { metricsBindAddress: ":8080" }],
  ["--health-probe-bind-address=[::1]:8081", { healthProbeBindAddress: "[::1]:8081" }],
  ["--metrics-bind-address=0", { metricsBindAddress: "0" }],
  ["--sync-period=0", { syncPeriod: 0 }],
  ["--logging-format=json", { loggingFormat: "json" }],
])("%s", (flag, flags) => {
  expect(parse(flag)).toMatchObject(flags);
});

test.each([
  ["--metrics-bind-address=8080", "It takes an address such as :8080 or 127.0.0.1:8080, or 0."],
  ["--metrics-bind-address=:65536", "It takes an address"],
  ["--leader-elect-lease-duration=15", "It takes a duration such as 15s"],
  ["--sync-period=-1s", "It takes a duration"],
  ["--leader-elekt", "Did you mean --leader-elect?"],
  ["--logging-format=xml", "Allowed choices are text, json"],
])("%s is refused", (flag, words) => {
  expect(() => parse(flag)).toThrow(words);
});

test("help is printed, with examples", () => {
  let printed = "";
  expect(parseManagerFlags("cats", ["--help"], (text) => (printed += text))).toBeUndefined();
  expect(printed).toContain("Usage: cats [options]");
  expect(printed).toContain("--leader-elect --metrics-bind-address :8080");
});

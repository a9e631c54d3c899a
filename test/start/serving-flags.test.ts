import { Command } from "commander";
import { expect, test } from "vitest";
import { addServingFlags, limitsOf, shutdownOf, type ServingFlags } from "../../runtime/start/serving-flags.ts";

function parse(...argv: string[]): ServingFlags {
  const command = addServingFlags(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return command.parse(argv, { from: "user" }).opts<ServingFlags>();
}

test("the flags have the Go server's names and defaults", () => {
  expect(parse()).toEqual({
    maxRequestsInflight: 400,
    maxMutatingRequestsInflight: 200,
    requestTimeout: 60_000,
    minRequestTimeout: 1800,
    http2MaxStreamsPerConnection: 1000,
    goawayChance: 0,
    shutdownDelayDuration: 0,
    shutdownSendRetryAfter: false,
    shutdownWatchTerminationGracePeriod: 0,
    tlsSniCertKey: [],
  });
});

test("they become limits", () => {
  const flags = parse(
    "--max-requests-inflight=0",
    "--max-mutating-requests-inflight=7",
    "--request-timeout=2m",
    "--min-request-timeout=60",
    "--http2-max-streams-per-connection=0",
    "--goaway-chance=.001",
  );
  expect(limitsOf(flags)).toEqual({
    readingInFlightMax: Number.POSITIVE_INFINITY,
    mutatingInFlightMax: 7,
    requestTimeoutMs: 120_000,
    receiveTimeoutMs: 120_000,
    headersTimeoutMs: 32_000,
    closeTimeoutMs: 120_000,
    waitMs: 30_000,
    watchDurationMinMs: 60_000,
    streamsPerConnectionMax: 250,
    goawayChance: 0.001,
  });
  expect(limitsOf(parse("--request-timeout=1s")).headersTimeoutMs).toBe(1000);
  expect(limitsOf(parse("--min-request-timeout=0")).watchDurationMinMs).toBeGreaterThan(10 * 24 * 3600 * 1000);
});

test("they say how the server comes to rest", () => {
  const flags = parse(
    "--shutdown-delay-duration=10s",
    "--shutdown-send-retry-after=true",
    "--shutdown-watch-termination-grace-period=20s",
  );
  expect(shutdownOf(flags)).toEqual({ delayMs: 10_000, keepsListening: true, watchGraceMs: 20_000 });
});

test("they say what TLS is spoken, and what is shown to whom", () => {
  const flags = parse(
    "--tls-min-version=VersionTLS13",
    "--tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256",
    "--tls-sni-cert-key=a.crt,a.key",
    "--tls-sni-cert-key=b.crt,b.key:*.foo.com,foo.com",
  );
  expect(flags).toMatchObject({
    tlsMinVersion: "TLSv1.3",
    tlsCipherSuites:
      "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256",
    tlsSniCertKey: [
      { certFile: "a.crt", keyFile: "a.key", names: [] },
      { certFile: "b.crt", keyFile: "b.key", names: ["*.foo.com", "foo.com"] },
    ],
  });
});

test.each([
  ["--max-requests-inflight=-1", "whole number"],
  ["--max-mutating-requests-inflight=many", "whole number"],
  ["--request-timeout=0", "no time"],
  ["--request-timeout=-1s", "duration"],
  ["--min-request-timeout=1.5", "whole number"],
  ["--goaway-chance=0.5", "0.02"],
  ["--goaway-chance=...", "0.02"],
  ["--shutdown-delay-duration=soon", "duration"],
  ["--shutdown-send-retry-after=maybe", "true or false"],
  ["--tls-min-version=VersionTLS10", "not safe"],
  ["--tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", "TLS_RSA_WITH_RC4_128_SHA"],
  ["--tls-sni-cert-key=a.crt", "two files"],
])("%s is refused", (flag, why) => {
  expect(() => parse(flag)).toThrow(why);
});

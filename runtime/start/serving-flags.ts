import type { SecureVersion } from "node:tls";
import { InvalidArgumentError, Option, type Command } from "commander";
import { parseBooleanFlag } from "./boolean-flag.ts";
import type { Shutdown } from "../http/close.ts";
import type { Limits } from "../http/limits.ts";
import { openSslCiphers } from "./cipher-suites.ts";
import { parseDurationFlag } from "./duration-flag.ts";

/** A certificate for clients that ask for some names; for those in the certificate where none are given. */
export interface SniFlag {
  readonly certFile: string;
  readonly keyFile: string;
  readonly names: readonly string[];
}

/** How requests are served, as the command line says; the names and defaults are those of aggregated Go servers. */
export interface ServingFlags {
  /** 0 for no limit. */
  readonly maxRequestsInflight: number;
  readonly maxMutatingRequestsInflight: number;
  /** In milliseconds. */
  readonly requestTimeout: number;
  /** In seconds; 0 for no end. */
  readonly minRequestTimeout: number;
  readonly http2MaxStreamsPerConnection: number;
  readonly goawayChance: number;
  /** In milliseconds. */
  readonly shutdownDelayDuration: number;
  readonly shutdownSendRetryAfter: boolean;
  /** In milliseconds. */
  readonly shutdownWatchTerminationGracePeriod: number;
  readonly tlsMinVersion: SecureVersion | undefined;
  /** By OpenSSL's names, with colons between them. */
  readonly tlsCipherSuites: string | undefined;
  readonly tlsSniCertKey: readonly SniFlag[];
}

/**
 * Adds the flags of serving to a command.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/options#ServerRunOptions
 */
export function addServingFlags(command: Command): Command {
  addLimitFlags(command);
  addShutdownFlags(command);
  return addTlsFlags(command);
}

/** The limits that flags give; 0 means what it does in the Go server. */
export function limitsOf(flags: ServingFlags): Partial<Limits> {
  const { requestTimeout } = flags;
  return {
    readingInFlightMax: flags.maxRequestsInflight || Number.POSITIVE_INFINITY,
    mutatingInFlightMax: flags.maxMutatingRequestsInflight || Number.POSITIVE_INFINITY,
    requestTimeoutMs: requestTimeout,
    receiveTimeoutMs: requestTimeout,
    headersTimeoutMs: Math.min(requestTimeout, headersTimeoutMaxMs),
    closeTimeoutMs: requestTimeout,
    // Who has waited for longer would have too little time left.
    waitMs: requestTimeout / 4,
    watchDurationMinMs: flags.minRequestTimeout * 1000 || foreverMs,
    streamsPerConnectionMax: flags.http2MaxStreamsPerConnection || goStreamsPerConnection,
    goawayChance: flags.goawayChance,
  };
}

/** How the server comes to rest, as flags say. */
export function shutdownOf(flags: ServingFlags): Partial<Shutdown> {
  return {
    delayMs: flags.shutdownDelayDuration,
    keepsListening: flags.shutdownSendRetryAfter,
    watchGraceMs: flags.shutdownWatchTerminationGracePeriod,
  };
}

const headersTimeoutMaxMs = 32_000;
/** Twice as long is what a timer can be set to. */
const foreverMs = 2 ** 30 - 1;
const goStreamsPerConnection = 250;
const goawayChanceMax = 0.02;

function addLimitFlags(command: Command): void {
  const counts: readonly (readonly [flag: string, description: string, usual: number])[] = [
    ["--max-requests-inflight <count>", "reading requests that are served at once; 0 for any number", 400],
    ["--max-mutating-requests-inflight <count>", "changing requests that are served at once; 0 for any number", 200],
    ["--min-request-timeout <seconds>", "a watch that asks for no time lasts between once and twice as long", 1800],
    ["--http2-max-streams-per-connection <count>", "requests of one HTTP/2 connection at once; 0 for 250", 1000],
  ];
  for (const [flag, description, usual] of counts) {
    command.addOption(new Option(flag, description).default(usual).argParser(parseCount));
  }
  command
    .addOption(
      new Option("--request-timeout <duration>", "how long a request other than a watch may take")
        .default(60_000, "1m")
        .argParser(parseTimeout),
    )
    .addOption(
      new Option("--goaway-chance <fraction>", "the share of requests after which an HTTP/2 client is to connect anew")
        .default(0)
        .argParser(parseChance),
    );
}

function addShutdownFlags(command: Command): void {
  command
    .addOption(
      new Option(
        "--shutdown-delay-duration <duration>",
        "how long to serve on, no longer ready, before the server stops",
      )
        .default(0, "0s")
        .argParser(parseDurationFlag),
    )
    .addOption(
      new Option(
        "--shutdown-send-retry-after [true|false]",
        "tell new clients to come back later, until all that was begun is done",
      )
        .default(false)
        .argParser(parseBooleanFlag),
    )
    .addOption(
      new Option(
        "--shutdown-watch-termination-grace-period <duration>",
        "over how long the ends of watches are spread when the server stops",
      )
        .default(0, "0s")
        .argParser(parseDurationFlag),
    );
}

function addTlsFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--tls-min-version <version>", "VersionTLS12, the default, or VersionTLS13").argParser(parseVersion),
    )
    .addOption(
      new Option(
        "--tls-cipher-suites <names>",
        "the cipher suites of TLS 1.2 by their usual names, with commas between them",
      ).argParser(parseCiphers),
    )
    .addOption(
      new Option(
        "--tls-sni-cert-key <cert,key[:names]>",
        "show this certificate to clients that ask for its names, or for these; may be given several times",
      )
        .default(noSni, "none")
        .argParser(parseSni),
    );
}

const noSni: readonly SniFlag[] = [];

const countMax = 1_000_000;

function parseCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,7}$/.test(text) || count > countMax) {
    throw new InvalidArgumentError(`It takes a whole number from 0 to ${countMax}.`);
  }
  return count;
}

function parseTimeout(text: string): number {
  const timeoutMs = parseDurationFlag(text);
  if (timeoutMs < 1) throw new InvalidArgumentError("No request is served in no time: it takes a duration such as 1m.");
  return timeoutMs;
}

function parseChance(text: string): number {
  const chance = Number(text);
  if (!/^[\d.]{1,20}$/.test(text) || !(chance <= goawayChanceMax)) {
    throw new InvalidArgumentError(`It takes a fraction from 0 to ${goawayChanceMax}.`);
  }
  return chance;
}

function parseVersion(text: string): SecureVersion {
  if (text === "VersionTLS12") return "TLSv1.2";
  if (text === "VersionTLS13") return "TLSv1.3";
  throw new InvalidArgumentError("It takes VersionTLS12 or VersionTLS13; what is older is not safe.");
}

function parseCiphers(text: string): string {
  const { ciphers, unknown } = openSslCiphers(text.split(",").map((name) => name.trim()));
  if (unknown.length > 0) throw new InvalidArgumentError(`Not known, or not safe: ${unknown.join(", ")}.`);
  return ciphers;
}

function parseSni(text: string, earlier: readonly SniFlag[]): readonly SniFlag[] {
  const [files = "", names = ""] = text.split(":", 2);
  const [certFile, keyFile, ...more] = files.split(",");
  if (certFile === undefined || certFile === "" || keyFile === undefined || keyFile === "" || more.length > 0) {
    throw new InvalidArgumentError("It takes two files, such as foo.crt,foo.key or foo.crt,foo.key:*.foo.com,foo.com.");
  }
  return [...earlier, { certFile, keyFile, names: names === "" ? [] : names.split(",") }];
}

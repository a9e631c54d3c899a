import { Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../meta/duration.ts";
import { parseAddressParts } from "./endpoints.ts";
import { electionTimes } from "./leader-election.ts";
import type { LogFormat } from "./log.ts";

/** What a manager is told on the command line; the names are those of controller-runtime's and Kubernetes' own. */
export interface ManagerFlags {
  readonly kubeconfig: string | undefined;
  readonly leaderElect: boolean;
  readonly leaderElectLeaseDuration: number;
  readonly leaderElectRenewDeadline: number;
  readonly leaderElectRetryPeriod: number;
  readonly leaderElectResourceName: string;
  readonly leaderElectResourceNamespace: string | undefined;
  /** `0` for nowhere, as is the next. */
  readonly metricsBindAddress: string;
  readonly healthProbeBindAddress: string;
  readonly syncPeriod: number;
  readonly gracefulShutdownTimeout: number;
  readonly loggingFormat: LogFormat;
}

const examples = `
Examples:
  node main.js --kubeconfig kubeconfig
  node main.js --leader-elect --metrics-bind-address :8080 --health-probe-bind-address :8081`;

/** The flags of a manager of that name; undefined where they asked for help, which has been printed. Throws what is wrong. */
export function parseManagerFlags(
  name: string,
  args: readonly string[],
  print: (text: string) => void,
): ManagerFlags | undefined {
  const command = managerCommand(name)
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined });
  try {
    command.parse(args, { from: "user" });
  } catch (error) {
    if (error instanceof Error && "exitCode" in error && error.exitCode === 0) return undefined;
    throw error;
  }
  return command.opts<ManagerFlags>();
}

function managerCommand(name: string): Command {
  return new Command(name)
    .description("run the controllers")
    .option("--kubeconfig <file>", "the cluster, and who to be there (default: that of the pod, or of kubectl)")
    .option("--leader-elect", "work only while no other manager does, as a Lease in the cluster tells", false)
    .addOption(
      duration("--leader-elect-lease-duration", "how long others wait for a leader", electionTimes.leaseDurationMs),
    )
    .addOption(
      duration("--leader-elect-renew-deadline", "how long a leader tries to go on", electionTimes.renewDeadlineMs),
    )
    .addOption(duration("--leader-elect-retry-period", "how long between two attempts", electionTimes.retryPeriodMs))
    .option("--leader-elect-resource-name <name>", "of the Lease", name)
    .option(
      "--leader-elect-resource-namespace <namespace>",
      "of the Lease (default: that of the kubeconfig or the pod)",
    )
    .addOption(address("--metrics-bind-address", "where to serve /metrics"))
    .addOption(address("--health-probe-bind-address", "where to serve /healthz and /readyz"))
    .addOption(duration("--sync-period", "how often to look at each object though nothing has changed", 36_000_000))
    .addOption(duration("--graceful-shutdown-timeout", "how long what is under way may take at the end", 30_000))
    .addOption(
      new Option("--logging-format <format>", "the form of log lines").choices(["text", "json"]).default("text"),
    )
    .addHelpText("after", examples);
}

function duration(flag: string, what: string, ms: number): Option {
  return new Option(`${flag} <duration>`, what).default(ms, `${ms / 1000}s`).argParser(parseDurationMs);
}

function address(flag: string, what: string): Option {
  return new Option(`${flag} <address>`, `${what}, such as :8080; 0 for nowhere`).argParser(parseAddress).default("0");
}

const nanosecondsPerMs = 1_000_000n;

function parseDurationMs(text: string): number {
  try {
    const ms = Number(parseDuration(text) / nanosecondsPerMs);
    if (ms >= 0) return ms;
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError("It takes a duration such as 15s, 1m30s or 0.");
}

function parseAddress(text: string): string {
  if (text === "0" || parseAddressParts(text) !== undefined) return text;
  throw new InvalidArgumentError("It takes an address such as :8080 or 127.0.0.1:8080, or 0.");
}

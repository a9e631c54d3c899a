import { KubeConfig } from "@kubernetes/client-node";
import type { Controller } from "./define-controller.ts";
import { messageOf } from "./kube-error.ts";
import { logTo } from "./log.ts";
import { parseManagerFlags, type ManagerFlags } from "./manager-flags.ts";
import { startManager, type LeaderElectionOptions } from "./manager.ts";

/** What an author's `controllers/main.ts` says of the manager. */
export interface RunManagerOptions {
  /** Names the program, and the Lease by which one of several is chosen; unlike that of other managers in a namespace. */
  readonly name: string;
  readonly controllers: readonly Controller[];
}

/**
 * Runs controllers as a program: reads the flags, works until SIGINT or SIGTERM, and ends the process with exit code 0, or
 * 1 where it cannot work, loses its Lease, or does not end in time. A second signal ends it at once.
 */
export async function runManager({ name, controllers }: RunManagerOptions): Promise<void> {
  try {
    const flags = parseManagerFlags(name, process.argv.slice(2), (text) => process.stdout.write(text));
    if (flags !== undefined) process.exit(await run(controllers, flags));
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exit(1);
  }
}

async function run(controllers: readonly Controller[], flags: ManagerFlags): Promise<number> {
  const kubeConfig = loadKubeConfig(flags.kubeconfig);
  const log = logTo({
    format: flags.loggingFormat,
    write: (line) => process.stderr.write(line),
    now: () => new Date(),
  });
  const manager = await startManager({
    controllers,
    kubeConfig,
    log,
    leaderElection: flags.leaderElect ? electionOf(flags, kubeConfig) : undefined,
    metricsAddress: addressOf(flags.metricsBindAddress),
    healthAddress: addressOf(flags.healthProbeBindAddress),
    resyncPeriodMs: flags.syncPeriod,
    gracefulStopMs: flags.gracefulShutdownTimeout,
  });
  stopOnSignal((signal) => {
    log.info("finishing what is under way", { signal });
    manager.stop();
  });
  const code = await manager.ended;
  log.info("stopped", { code });
  return code;
}

/** The kubeconfig of a file; without one that of the pod that this runs in, or that which kubectl would use. */
function loadKubeConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined) config.loadFromFile(file);
  else config.loadFromDefault();
  // The address that it falls back to where there is nothing: it leads nowhere, and such are not allowed by it anyway.
  if (config.getCurrentCluster()?.server === "http://localhost:8080") {
    throw new Error("there is no kubeconfig, and this is no pod: give --kubeconfig");
  }
  return config;
}

function addressOf(flag: string): string | undefined {
  return flag === "0" ? undefined : flag;
}

function electionOf(flags: ManagerFlags, kubeConfig: KubeConfig): LeaderElectionOptions {
  const { namespace } = kubeConfig.getContextObject(kubeConfig.getCurrentContext()) ?? {};
  return {
    name: flags.leaderElectResourceName,
    namespace: flags.leaderElectResourceNamespace ?? namespace?.trim() ?? "default",
    times: {
      leaseDurationMs: flags.leaderElectLeaseDuration,
      renewDeadlineMs: flags.leaderElectRenewDeadline,
      retryPeriodMs: flags.leaderElectRetryPeriod,
    },
  };
}

// A terminal sends Ctrl-C to npm and to this process, and npm passes it on: what comes so soon is the same signal.
const sameSignalMs = 500;

function stopOnSignal(stop: (signal: string) => void): void {
  let stoppingSinceMs: number | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stoppingSinceMs === undefined) {
      stoppingSinceMs = performance.now();
      stop(signal);
    } else if (performance.now() - stoppingSinceMs > sameSignalMs) process.exit(1);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
}

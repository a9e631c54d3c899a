import { isIP } from "node:net";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { addAdmissionFlags, checkAdmissionFlags } from "./admission-flags.ts";
import type { AccessFlags } from "./access.ts";
import { addAuditFlags, type AuditFlags } from "./audit-flags.ts";
import { addAuthenticationFlags, checkAuthenticationFlags } from "./authentication-flags.ts";
import { addAuthorizationFlags } from "./authorization-flags.ts";
import { addEtcdFlags, checkEtcdFlags, type EtcdFlags } from "./etcd-flags.ts";
import { addLoggingFlags, type LoggingFlags } from "./logging-flags.ts";
import { addServingFlags, type ServingFlags } from "./serving-flags.ts";
import { StartError } from "./start-error.ts";

/** What the command line says; the names are kube-apiserver's. */
export interface ServeFlags extends EtcdFlags, AccessFlags, ServingFlags, AuditFlags, LoggingFlags {
  /** Defaults to all addresses in a cluster, and to this machine's own otherwise. */
  readonly bindAddress: string | undefined;
  readonly securePort: number;
  readonly dataDir: string;
  /** Defaults to `certificates` below the data folder. */
  readonly certDir: string | undefined;
  readonly tlsCertFile: string | undefined;
  readonly tlsPrivateKeyFile: string | undefined;
  readonly writeKubeconfig: string;
}

const examples = `
Examples:
  npm start                               serve on https://127.0.0.1:9443, objects in data/
  npm start -- --secure-port 8443         on another port
  npm start -- --data-dir /var/lib/cats   objects and certificates in another folder
  npm start -- --etcd-servers http://127.0.0.1:2379   objects in etcd
  npm start -- --kubeconfig admin.conf    behind the kube-apiserver of a cluster, which says who may do what
  kubectl --kubeconfig kubeconfig get cats
`;

/**
 * Reads the command line. Gives undefined where `--help` was asked for and has been printed.
 * Throws a StartError for a flag that is unknown or wrong.
 */
export function parseFlags(argv: readonly string[], print: (text: string) => void): ServeFlags | undefined {
  const command = serveCommand()
    .exitOverride()
    .configureOutput({ writeOut: print, writeErr: () => undefined });
  try {
    command.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new StartError(`${error.message.replace(/^error: /, "").replace(/\n\s*/g, " ")}; --help lists the flags`);
  }
  const flags = command.opts<ServeFlags>();
  if ((flags.tlsCertFile === undefined) !== (flags.tlsPrivateKeyFile === undefined)) {
    throw new StartError("--tls-cert-file and --tls-private-key-file go together; give both or neither");
  }
  checkEtcdFlags(flags);
  checkAuthenticationFlags(flags);
  checkAdmissionFlags(flags);
  return flags;
}

function serveCommand(): Command {
  const command = new Command("npm start --")
    .description(
      "Serves the API of generated/ over TLS: for this machine alone, or in a pod or with --kubeconfig for its cluster.",
    )
    .addOption(
      new Option(
        "--bind-address <ip>",
        "the address to listen on (default: 127.0.0.1; in a cluster 0.0.0.0, which is every address)",
      ).argParser(parseAddress),
    )
    .addOption(
      new Option("--secure-port <port>", "the port to serve HTTPS on; 0 picks a free one")
        .default(9443)
        .argParser(parsePort),
    )
    .option("--data-dir <folder>", "where objects are kept, unless in etcd", "data")
    .option("--cert-dir <folder>", "where certificates are kept and made (default: certificates in the data folder)")
    .option("--tls-cert-file <file>", "serve with this certificate instead of one made here")
    .option("--tls-private-key-file <file>", "the key of --tls-cert-file")
    .option("--write-kubeconfig <file>", "where to write kubectl's credential, unless in a cluster", "kubeconfig");
  for (const add of [
    addEtcdFlags,
    addAuthenticationFlags,
    addAuthorizationFlags,
    addAdmissionFlags,
    addServingFlags,
    addAuditFlags,
    addLoggingFlags,
  ]) {
    add(command);
  }
  return command.helpOption("-h, --help", "print this help").allowExcessArguments(false).addHelpText("after", examples);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function parseAddress(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError("It takes an IP address.");
  return text;
}

/** The address to listen on. Throws a StartError for one that others than this machine reach, where it stands alone. */
export function bindAddressOf({ bindAddress }: ServeFlags, isDelegated: boolean): string {
  if (isDelegated) return bindAddress ?? "0.0.0.0";
  const address = bindAddress ?? "127.0.0.1";
  if (address === "::1" || address.startsWith("127.")) return address;
  throw new StartError(
    `--bind-address ${address}: without a cluster the server is for this machine only, and takes 127.0.0.1 or ::1; ` +
      "--kubeconfig names a cluster",
  );
}

import { isIP } from "node:net";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { addEtcdFlags, checkEtcdFlags, type EtcdFlags } from "./etcd-flags.ts";
import { StartError } from "./start-error.ts";

/** What the command line says; the names are kube-apiserver's. */
export interface ServeFlags extends EtcdFlags {
  readonly bindAddress: string;
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
  return flags;
}

function serveCommand(): Command {
  const command = new Command("npm start --")
    .description("Serves the API of generated/ over TLS, for this machine only.")
    .addOption(
      new Option("--bind-address <ip>", "the loopback address to listen on")
        .default("127.0.0.1")
        .argParser(parseLoopback),
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
    .option("--write-kubeconfig <file>", "where to write the credential for kubectl", "kubeconfig");
  return addEtcdFlags(command)
    .helpOption("-h, --help", "print this help")
    .allowExcessArguments(false)
    .addHelpText("after", examples);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535) throw new InvalidArgumentError("A port is a number from 0 to 65535.");
  return port;
}

function parseLoopback(text: string): string {
  if (isIP(text) === 0) throw new InvalidArgumentError("It takes an IP address.");
  if (text !== "::1" && !text.startsWith("127.")) {
    throw new InvalidArgumentError("The local server is for this machine only: it takes 127.0.0.1 or ::1.");
  }
  return text;
}

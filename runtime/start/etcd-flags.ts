import { InvalidArgumentError, Option, type Command } from "commander";
import { parseBooleanFlag } from "./boolean-flag.ts";
import { defaultKeyPrefix } from "../registry/key-roots.ts";
import { parseDurationFlag } from "./duration-flag.ts";
import { StartError } from "./start-error.ts";

/** Where objects are kept, as the command line says; the names are kube-apiserver's. */
export interface EtcdFlags {
  /** URLs of the members of etcd; unset where objects are kept in the embedded store. */
  readonly etcdServers: readonly string[] | undefined;
  readonly etcdCafile: string | undefined;
  readonly etcdCertfile: string | undefined;
  readonly etcdKeyfile: string | undefined;
  /** What all keys start with: a slash at its beginning and none at its end. */
  readonly etcdPrefix: string;
  /** In milliseconds; 0 leaves compaction to others. */
  readonly etcdCompactionInterval: number;
  /** Whether reads and watches are served from memory where they can be. */
  readonly watchCache: boolean;
}

const compactionIntervalMs = 5 * 60_000;

/** Adds the flags of etcd and of the watch cache to a command. */
export function addEtcdFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--etcd-servers <urls>",
        "keep objects in this etcd, given as URLs with commas between them",
      ).argParser(parseServers),
    )
    .option("--etcd-cafile <file>", "the authorities that signed the certificates of etcd")
    .option("--etcd-certfile <file>", "the certificate to show to etcd")
    .option("--etcd-keyfile <file>", "the key of --etcd-certfile")
    .addOption(
      new Option("--etcd-prefix <prefix>", "what all keys in etcd start with")
        .default(defaultKeyPrefix)
        .argParser(parsePrefix),
    )
    .addOption(
      new Option("--etcd-compaction-interval <duration>", "how old history in etcd gets; 0 leaves that to others")
        .default(compactionIntervalMs, "5m")
        .argParser(parseDurationFlag),
    )
    .addOption(
      new Option("--watch-cache [true|false]", "serve reads and watches from memory")
        .default(true)
        .argParser(parseBooleanFlag),
    );
}

/** Throws a StartError for flags that do not go together. */
export function checkEtcdFlags({ etcdServers, etcdCafile, etcdCertfile, etcdKeyfile }: EtcdFlags): void {
  if ((etcdCertfile === undefined) !== (etcdKeyfile === undefined)) {
    throw new StartError("--etcd-certfile and --etcd-keyfile go together; give both or neither");
  }
  const flag =
    etcdCafile === undefined ? (etcdCertfile === undefined ? undefined : "--etcd-certfile") : "--etcd-cafile";
  if (flag === undefined) return;
  if (etcdServers === undefined) throw new StartError(`${flag} is of no use without --etcd-servers`);
  const plain = etcdServers.find((url) => !url.startsWith("https:"));
  if (plain !== undefined) {
    throw new StartError(`${flag} is of no use for ${plain}; write its URL with https, or leave the flag out`);
  }
}

/** A flag that is given again adds to the list. */
function parseServers(text: string, earlier: readonly string[] | undefined): readonly string[] {
  return [...(earlier ?? []), ...text.split(",").map((url) => parseServer(url.trim()))];
}

function parseServer(text: string): string {
  const url = /^https?:\/\//.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "") {
    throw new InvalidArgumentError("A server of etcd is a URL such as http://127.0.0.1:2379.");
  }
  return url.origin;
}

/** Like the Go server, which takes the prefix for a path. */
function parsePrefix(text: string): string {
  const segments = text.split("/").filter((segment) => segment !== "");
  if (segments.length === 0) throw new InvalidArgumentError("It takes a path such as /registry.");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    throw new InvalidArgumentError("It takes a path with neither . nor .. in it.");
  }
  return `/${segments.join("/")}`;
}

import { InvalidArgumentError, Option, type Command } from "commander";
import { parseBooleanFlag } from "./boolean-flag.ts";
import { authenticationConfig, type AuthenticationConfig } from "../auth/authentication-config.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { clientCertificateAuthenticator } from "../auth/client-certificate.ts";
import { requestHeaderAuthenticator } from "../auth/request-header.ts";
import { tokenReviewAuthenticator } from "../auth/token-review.ts";
import type { ClusterClient } from "../cluster/client.ts";
import type { ClusterClients } from "./cluster-clients.ts";
import { parseDurationFlag } from "./duration-flag.ts";
import { StartError } from "./start-error.ts";

/** Who tells who a user is, as the command line says; the names and defaults are those of aggregated Go servers. */
export interface AuthenticationFlags {
  /** How to reach the kube-apiserver, for all that has no kubeconfig of its own; unset for that of the pod's own cluster. */
  readonly kubeconfig: string | undefined;
  readonly authenticationKubeconfig: string | undefined;
  readonly authenticationSkipLookup: boolean;
  readonly authenticationTolerateLookupFailure: boolean;
  /** In milliseconds. */
  readonly authenticationTokenWebhookCacheTtl: number;
  readonly clientCaFile: string | undefined;
  readonly requestheaderClientCaFile: string | undefined;
  readonly requestheaderAllowedNames: readonly string[];
  readonly requestheaderUsernameHeaders: readonly string[];
  readonly requestheaderUidHeaders: readonly string[];
  readonly requestheaderGroupHeaders: readonly string[];
  readonly requestheaderExtraHeadersPrefix: readonly string[];
}

const defaultTtlMs = 10_000;

/**
 * Adds the flags of delegated authentication to a command.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/options#DelegatingAuthenticationOptions
 */
export function addAuthenticationFlags(command: Command): Command {
  command
    .option("--kubeconfig <file>", "how to reach the kube-apiserver; in a pod, its own cluster's is found without it")
    .option("--authentication-kubeconfig <file>", "ask the kube-apiserver of this kubeconfig who users are")
    .addOption(
      new Option(
        "--authentication-skip-lookup [true|false]",
        "do not look up in the cluster what the flags leave open of authentication",
      )
        .default(false)
        .argParser(parseBooleanFlag),
    )
    .addOption(
      new Option(
        "--authentication-tolerate-lookup-failure [true|false]",
        "serve even if that cannot be looked up; until it can, all requests may be anonymous",
      )
        .default(false)
        .argParser(parseBooleanFlag),
    )
    .addOption(
      new Option("--authentication-token-webhook-cache-ttl <duration>", "how long what was said of a token holds")
        .default(defaultTtlMs, "10s")
        .argParser(parseDurationFlag),
    )
    .option("--client-ca-file <file>", "the authorities of users' certificates: the common name is the user")
    .option("--requestheader-client-ca-file <file>", "the authorities of the front proxy's certificate");
  return addListFlags(command);
}

const listFlags: readonly (readonly [flag: string, description: string, defaults: readonly string[]])[] = [
  ["allowed-names", "the common names that a front proxy may have, with commas between them; any if empty", []],
  ["username-headers", "the headers by which a front proxy tells the user", ["x-remote-user"]],
  ["uid-headers", "the headers by which it tells the user's id; x-remote-uid is usual", []],
  ["group-headers", "the headers by which it tells the groups", ["x-remote-group"]],
  ["extra-headers-prefix", "what headers begin with by which it tells more", ["x-remote-extra-"]],
];

function addListFlags(command: Command): Command {
  for (const [name, description, defaults] of listFlags) {
    const option = new Option(`--requestheader-${name} <list>`, description);
    command.addOption(option.default(defaults, defaults.join(",")).argParser(listParser(defaults)));
  }
  return command;
}

/** The first list replaces the default; a flag that is given again adds to it. */
function listParser(defaults: readonly string[]): (text: string, earlier: readonly string[]) => readonly string[] {
  return (text, earlier) => {
    const items = text === "" ? [] : text.split(",").map((item) => item.trim());
    if (items.includes("")) throw new InvalidArgumentError("It takes a list with commas between its items.");
    return earlier === defaults ? items : [...earlier, ...items];
  };
}

const standardUidHeader = "x-remote-uid";

/** Throws a StartError for flags that do not go together. */
export function checkAuthenticationFlags({ requestheaderUidHeaders: headers }: AuthenticationFlags): void {
  if (headers.length === 0 || headers.some((header) => header.toLowerCase() === standardUidHeader)) return;
  throw new StartError("--requestheader-uid-headers must have X-Remote-Uid among them, which the kube-apiserver sends");
}

/** How a server finds out who its users are. */
export interface OpenAuthentication {
  readonly authenticators: readonly Authenticator[];
  /** For the listener, which is to trust the authorities of all. */
  readonly config: AuthenticationConfig;
  close(): void;
}

/**
 * Opens what the flags say: front proxies, certificates of users, and tokens, in this order. Waits for what is looked up
 * in the cluster. Throws a StartError where that or a file cannot be read.
 */
export async function openAuthentication(
  flags: AuthenticationFlags,
  clients: ClusterClients,
  tell: (line: string) => void,
): Promise<OpenAuthentication> {
  const client = await clients.open({ flag: "--authentication-kubeconfig", file: flags.authenticationKubeconfig });
  const config = await openConfig(flags, client, tell);
  try {
    await requireLookup(config, flags, tell);
  } catch (error) {
    config.close();
    throw error;
  }
  const ttlMs = flags.authenticationTokenWebhookCacheTtl;
  return {
    authenticators: [
      requestHeaderAuthenticator(() => config.requestHeader()),
      clientCertificateAuthenticator(() => config.clientCa()),
      ...(client === undefined ? [] : [tokenReviewAuthenticator(client, { ttlMs, tell })]),
    ],
    config,
    close: () => config.close(),
  };
}

async function openConfig(
  flags: AuthenticationFlags,
  client: ClusterClient | undefined,
  tell: (line: string) => void,
): Promise<AuthenticationConfig> {
  const { requestheaderClientCaFile: caFile } = flags;
  const names = {
    allowedNames: flags.requestheaderAllowedNames,
    usernameHeaders: flags.requestheaderUsernameHeaders,
    uidHeaders: flags.requestheaderUidHeaders,
    groupHeaders: flags.requestheaderGroupHeaders,
    extraPrefixes: flags.requestheaderExtraHeadersPrefix,
  };
  try {
    return await authenticationConfig({
      clientCaFile: flags.clientCaFile,
      requestHeader: caFile === undefined ? undefined : { caFile, names },
      client: flags.authenticationSkipLookup ? undefined : client,
      tell,
    });
  } catch (error) {
    throw new StartError(error instanceof Error ? error.message : String(error));
  }
}

const lookupTimeoutMs = 10_000;
const remedy =
  "bind the role extension-apiserver-authentication-reader of kube-system to this server's user, " +
  "or give --authentication-tolerate-lookup-failure to serve without";

async function requireLookup(
  { lookup }: AuthenticationConfig,
  { authenticationTolerateLookupFailure: tolerate }: AuthenticationFlags,
  tell: (line: string) => void,
): Promise<void> {
  if (lookup === undefined) return;
  await inTime(lookup.synced);
  if (lookup.hasSynced) return;
  const trouble = lookup.trouble ?? "the configuration of authentication cannot be looked up in time";
  if (!tolerate) throw new StartError(`${trouble}; ${remedy}`);
  tell("serving without the cluster's configuration of authentication until it can be read");
}

async function inTime(synced: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, lookupTimeoutMs);
  });
  await Promise.race([synced, timeout]);
  clearTimeout(timer);
}

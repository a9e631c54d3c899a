import { InvalidArgumentError, Option, type Command } from "commander";
import { allowedPaths, alwaysAllow } from "../auth/always-allow.ts";
import type { Authorizer } from "../auth/authorizer.ts";
import { defaultDecisionTtlMs, subjectAccessReviewAuthorizer } from "../auth/subject-access-review.ts";
import { systemMasters } from "../auth/well-known.ts";
import type { ClusterClient } from "../cluster/client.ts";
import { parseDurationFlag } from "./duration-flag.ts";

/** Who decides what is allowed, as the command line says; the names are those of aggregated Go servers. */
export interface AuthorizationFlags {
  /** How to reach the kube-apiserver that is asked; unset for that of the pod's own cluster. */
  readonly authorizationKubeconfig: string | undefined;
  /** In milliseconds. */
  readonly authorizationWebhookCacheAuthorizedTtl: number;
  /** In milliseconds. */
  readonly authorizationWebhookCacheUnauthorizedTtl: number;
  readonly authorizationAlwaysAllowPaths: readonly string[];
}

const defaultPaths: readonly string[] = ["/healthz", "/readyz", "/livez"];

/**
 * Adds the flags of delegated authorization to a command.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/options#DelegatingAuthorizationOptions
 */
export function addAuthorizationFlags(command: Command): Command {
  return command
    .option(
      "--authorization-kubeconfig <file>",
      "ask the kube-apiserver of this kubeconfig what is allowed, by subject access reviews",
    )
    .addOption(
      new Option("--authorization-webhook-cache-authorized-ttl <duration>", "how long what it allowed stays allowed")
        .default(defaultDecisionTtlMs, "10s")
        .argParser(parseDurationFlag),
    )
    .addOption(
      new Option("--authorization-webhook-cache-unauthorized-ttl <duration>", "how long what it refused stays refused")
        .default(defaultDecisionTtlMs, "10s")
        .argParser(parseDurationFlag),
    )
    .addOption(
      new Option(
        "--authorization-always-allow-paths <paths>",
        "paths that anybody may ask for, with commas between them; * at the end of one stands for anything",
      )
        .default(defaultPaths, defaultPaths.join(","))
        .argParser(parsePaths),
    );
}

/** The first list replaces the default; a flag that is given again adds to it. */
function parsePaths(text: string, earlier: readonly string[]): readonly string[] {
  const paths = text === "" ? [] : text.split(",").map((path) => path.trim());
  try {
    allowedPaths(paths);
  } catch (error) {
    throw new InvalidArgumentError(`It takes paths such as /healthz: ${error instanceof Error ? error.message : ""}.`);
  }
  return earlier === defaultPaths ? paths : [...earlier, ...paths];
}

/**
 * The authorizer of a server that has the kube-apiserver decide, but for administrators and for the paths of the flags.
 * Without a connection to one, all else is refused.
 */
export function openAuthorization(flags: AuthorizationFlags, client: ClusterClient | undefined): Authorizer {
  const paths = allowedPaths(flags.authorizationAlwaysAllowPaths);
  const delegate: Authorizer =
    client === undefined
      ? () => ({ allowed: false, reason: "" })
      : subjectAccessReviewAuthorizer(client, {
          allowedTtlMs: flags.authorizationWebhookCacheAuthorizedTtl,
          refusedTtlMs: flags.authorizationWebhookCacheUnauthorizedTtl,
        });
  return alwaysAllow({ groups: [systemMasters], paths }, delegate);
}

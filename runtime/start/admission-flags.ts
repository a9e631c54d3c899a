import { InvalidArgumentError, Option, type Command } from "commander";
import { clusterPluginNames, type ClusterPluginName } from "../admission/cluster-plugin-names.ts";
import type { ClusterPluginOptions, ClusterPlugins } from "../admission/cluster-plugins.ts";
import type { LookupFailure } from "../admission/cluster-lookup.ts";
import type { ClusterClient } from "../cluster/client.ts";
import { StartError } from "./start-error.ts";

/** Who judges writes, as the command line says; the names are kube-apiserver's. */
export interface AdmissionFlags {
  readonly admissionLookupFailure: LookupFailure;
  readonly enableAdmissionPlugins: readonly ClusterPluginName[] | undefined;
  readonly disableAdmissionPlugins: readonly ClusterPluginName[] | undefined;
}

const names = clusterPluginNames.join(", ");

/** Adds the flags of admission to a command. */
export function addAdmissionFlags(command: Command): Command {
  return command
    .addOption(
      new Option(
        "--admission-lookup-failure <ignore|fail>",
        "whether writes pass while namespaces or webhook configurations cannot be read from the cluster",
      )
        .default("fail")
        .argParser(parseFailure),
    )
    .addOption(
      new Option("--enable-admission-plugins <names>", `plugins to use; ${names} all are unless disabled`).argParser(
        parseNames,
      ),
    )
    .addOption(new Option("--disable-admission-plugins <names>", "plugins not to use").argParser(parseNames));
}

/** Throws a StartError for flags that do not go together. */
export function checkAdmissionFlags({
  enableAdmissionPlugins = [],
  disableAdmissionPlugins = [],
}: AdmissionFlags): void {
  const both = enableAdmissionPlugins.filter((name) => disableAdmissionPlugins.includes(name));
  if (both.length === 0) return;
  const flags = "--enable-admission-plugins and --disable-admission-plugins";
  throw new StartError(`${flags} both name ${both.join(", ")}; leave them out of one`);
}

/** The plugins that the flags ask for, watching the cluster until they are closed. */
export async function openAdmission(
  { admissionLookupFailure, disableAdmissionPlugins = [] }: AdmissionFlags,
  client: ClusterClient,
  options: Pick<ClusterPluginOptions, "scheme" | "tell" | "lookup" | "observe">,
): Promise<ClusterPlugins> {
  // Loaded in a cluster alone: it brings what judges conditions of webhooks.
  const { clusterPlugins } = await import("../admission/cluster-plugins.ts");
  const enabled = new Set(clusterPluginNames.filter((name) => !disableAdmissionPlugins.includes(name)));
  return clusterPlugins({ ...options, client, enabled, lookupFailure: admissionLookupFailure });
}

function parseFailure(text: string): LookupFailure {
  if (text !== "ignore" && text !== "fail") throw new InvalidArgumentError("It takes ignore or fail.");
  return text;
}

/** A flag that is given again adds to the list. */
function parseNames(text: string, earlier: readonly ClusterPluginName[] | undefined): readonly ClusterPluginName[] {
  const wanted = text.split(",").filter((name) => name.trim() !== "");
  return [...(earlier ?? []), ...wanted.map(parseName)];
}

function parseName(text: string): ClusterPluginName {
  const name = clusterPluginNames.find((known) => known === text.trim());
  if (name === undefined) throw new InvalidArgumentError(`There is no plugin ${text.trim()}; there are ${names}.`);
  return name;
}

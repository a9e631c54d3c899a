import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { addImageFlags, type ImageFlags } from "../image/image-flags.ts";
import { addDeploymentFlags, parseName } from "./config-command.ts";
import type { Settings } from "./settings.ts";

const runExamples = `
Examples:
  apiserver-boot run in-cluster --image registry.example/skai-demo:0.0.1 --name skai-demo --namespace default
  apiserver-boot run in-cluster --image registry.example/skai-demo:0.0.2 --build-image --push-image
  apiserver-boot run in-cluster --rotate       a new authority and serving certificate, without a break
  apiserver-boot run in-cluster --context production --timeout 5m`;

const deleteExamples = `
Examples:
  apiserver-boot delete in-cluster                       what config/ was last rendered for
  apiserver-boot delete in-cluster --name skai-demo --keep-data
  apiserver-boot delete in-cluster --dry-run`;

interface ClusterFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly timeout: number;
  readonly dryRun?: boolean;
  readonly project: string;
}

interface RunFlags extends Partial<Settings>, ClusterFlags, ImageFlags {
  readonly buildImage?: boolean;
  readonly pushImage?: boolean;
  readonly rotate?: boolean;
}

/** The command that brings a project into a cluster: `run in-cluster`. */
export function inClusterCommand(): Command {
  return addClusterFlags(addImageFlags(addDeploymentFlags(new Command("in-cluster"))), 180_000)
    .description("render what the server needs, apply it to a cluster by kubectl, and wait until it is available")
    .option("--build-image", "build the image first")
    .option("--push-image", "push the image first")
    .option("--rotate", "make a new authority and serving certificate, which the old ones overlap")
    .addHelpText("after", runExamples)
    .action(async (options: RunFlags) => {
      const { kubeconfig, context, timeout, dryRun = false, project, ...more } = options;
      const { buildImage = false, pushImage = false, rotate = false, ...named } = more;
      const { buildBaseImage, baseImage, buildArg, builder, platform, ...flags } = named;
      const { runInCluster } = await import("./run-in-cluster.ts");
      const request = {
        flags,
        rotate,
        dryRun,
        buildImage,
        pushImage,
        timeoutMs: timeout,
        now: new Date(),
        cluster: { kubeconfig, context },
        image: { buildBaseImage, baseImage, buildArg, builder, platform },
      };
      if (!(await runInCluster(resolve(project), request, tell))) process.exitCode = 1;
    });
}

interface DeleteFlags extends ClusterFlags {
  readonly name?: string;
  readonly keepData?: boolean;
}

/** The command that takes a server out of a cluster: `delete in-cluster`. */
export function deleteCommand(): Command {
  const inCluster = addClusterFlags(new Command("in-cluster"), 180_000)
    .description("delete all that run in-cluster made, the APIService first")
    .option("--name <name>", "what the server's objects are called (default: as config/ says)", parseName)
    .option("--keep-data", "leave the volumes, with the objects that are stored in them")
    .addHelpText("after", deleteExamples)
    .action(async (options: DeleteFlags) => {
      const { kubeconfig, context, timeout, dryRun = false, project, keepData = false } = options;
      const [{ deleteInCluster }, { keptSettings }] = await Promise.all([
        import("./delete-in-cluster.ts"),
        import("./settings.ts"),
      ]);
      const name = options.name ?? keptSettings(resolve(project)).name;
      if (name === undefined) throw new Error("give --name: config/ does not say what the server is called");
      const request = { name, keepData, dryRun, timeoutMs: timeout, cluster: { kubeconfig, context } };
      await deleteInCluster(request, tell);
    });
  return new Command("delete").description("take the project out of a cluster").addCommand(inCluster);
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function addClusterFlags(command: Command, timeoutMs: number): Command {
  const has = (flag: string): boolean => command.options.some(({ long }) => long === flag);
  command
    .option("--kubeconfig <file>", "the cluster's kubeconfig (default: kubectl's own)")
    .option("--context <name>", "the kubeconfig's context (default: its current one)")
    .addOption(
      new Option("--timeout <time>", "how long to wait, such as 90s or 5m")
        .default(timeoutMs, `${timeoutMs / 1000}s`)
        .argParser(parseTime),
    )
    .option("--dry-run", "only print what would be done");
  return has("--project") ? command : command.option("--project <folder>", "the folder of the project", ".");
}

function parseTime(text: string): number {
  const [, number, unit] = /^(\d{1,5})(s|m|h)?$/.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError("A time is such as 90s or 5m.");
  return Number(number) * ({ s: 1000, m: 60_000, h: 3_600_000 }[unit ?? "s"] ?? 1000);
}

import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Settings } from "./settings.ts";

const examples = `
Examples:
  apiserver-boot build config --name skai-demo --namespace default --image registry.example/skai-demo:0.0.1
  apiserver-boot build config --image registry.example/skai-demo:0.0.2
  apiserver-boot build config --etcd-servers http://etcd-0:2379,http://etcd-1:2379
  apiserver-boot build config --rotate     a new authority and serving certificate; the old one stays trusted`;

interface ConfigFlags extends Partial<Settings> {
  readonly rotate?: boolean;
  readonly dryRun?: boolean;
  readonly project: string;
}

/** The command that renders what a cluster needs to run the server: `build config`. */
export function configCommand(): Command {
  return addDeploymentFlags(new Command("config"))
    .description("render what a cluster needs to run the server into config/, as YAML and as a Helm chart")
    .option("--rotate", "make a new authority and serving certificate, which the old ones overlap")
    .option("--dry-run", "only print what would change")
    .addHelpText("after", examples)
    .action(async ({ rotate = false, dryRun = false, project, ...flags }: ConfigFlags) => {
      const { buildConfig } = await import("./build-config.ts");
      const request = { flags, rotate, dryRun, now: new Date() };
      await buildConfig(resolve(project), request, (line) => process.stdout.write(`${line}\n`));
    });
}

/** Adds the flags that say how a server is deployed; what they leave out is as it was the last time. */
export function addDeploymentFlags(command: Command): Command {
  return command
    .option("--name <name>", "what the server's objects are called, such as skai-demo", parseName)
    .option("--namespace <namespace>", "where it runs", parseName)
    .option("--image <image>", "what it runs, such as registry.example/skai-demo:0.0.1")
    .option("--service-account <name>", "whom it runs as (default: its name)", parseName)
    .addOption(listOption("--image-pull-secrets <names>", "Secrets that the image is pulled with"))
    .addOption(listOption("--etcd-servers <urls>", "keep objects in this etcd; without, in a volume of the only pod"))
    .option("--etcd-image <image>", "deploy three members of etcd from this image, and keep objects there")
    .option("--storage-class <class>", "of the volumes (default: the cluster's)")
    .option("--storage-size <quantity>", "of each volume (default: 10Gi)")
    .option("--cert-manager", "let cert-manager make the certificates")
    .option("--service-monitor", "let the Prometheus operator scrape it")
    .addOption(listOption("--apiserver-args <flags>", "further flags of the server"))
    .option("--project <folder>", "the folder of the project", ".");
}

function listOption(flags: string, description: string): Option {
  return new Option(flags, `${description}; with commas between them`).argParser((text) => text.split(","));
}

/** Reads a name as Kubernetes allows it for all that is named after a server. */
export function parseName(text: string): string {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= 50) return text;
  throw new InvalidArgumentError("It takes lower case letters, digits and dashes, a letter first, at most 50 of them.");
}

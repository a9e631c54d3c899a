import { resolve } from "node:path";
import { Command } from "commander";

const doctorExamples = `
Examples:
  apiserver-boot doctor                              all APIServices of the project
  apiserver-boot doctor v1alpha1.animal.skai.io --context production
  apiserver-boot doctor v1beta1.metrics.k8s.io       any other`;

const showExamples = `
Examples:
  apiserver-boot show resource cats
  apiserver-boot show resource cats.animal.skai.io --kubeconfig admin.conf`;

interface Flags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly project: string;
}

/** The command that says why an API is not available, and what mends that: `doctor`. */
export function doctorCommand(): Command {
  return addFlags(new Command("doctor"))
    .description("say why an APIService is not available, with the command that mends it")
    .argument("[apiservice...]", "such as v1alpha1.animal.skai.io (default: all of the project)")
    .addHelpText("after", doctorExamples)
    .action(async (names: readonly string[], { project, ...cluster }: Flags) => {
      const { doctor } = await import("./report.ts");
      const well = await doctor(resolve(project), names, cluster, tell);
      if (!well) process.exitCode = 1;
    });
}

/** The command that shows how a resource is served: `show resource`. */
export function showCommand(): Command {
  const resource = addFlags(new Command("resource"))
    .description("show how a resource is served: its APIService, service, pods and certificate, and what is wrong")
    .argument("<resource>", "its plural, such as cats or cats.animal.skai.io")
    .addHelpText("after", showExamples)
    .action(async (name: string, { project, ...cluster }: Flags) => {
      const { showResource } = await import("./report.ts");
      const well = await showResource(resolve(project), name, cluster, tell);
      if (!well) process.exitCode = 1;
    });
  return new Command("show").description("show what is in a cluster").addCommand(resource);
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

function addFlags(command: Command): Command {
  return command
    .option("--kubeconfig <file>", "the cluster's kubeconfig (default: kubectl's own)")
    .option("--context <name>", "the kubeconfig's context (default: its current one)")
    .option("--project <folder>", "the folder of the project", ".");
}

import { delimiter, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import type { LocalProgram, LocalRun } from "./run-local.ts";

const examples = `
Examples:
  apiserver-boot run local                            serve on https://127.0.0.1:9443, objects in data/
  apiserver-boot run local --watch                    what is saved in apis/ is served again at once
  apiserver-boot run local --run etcd,apiserver       with objects in an etcd of this machine
  kubectl --kubeconfig kubeconfig api-resources`;

type LocalFlags = Omit<LocalRun, "version" | "watch" | "programFolders"> & {
  readonly watch?: boolean;
  readonly project: string;
};

/** The command that runs a project: `run local`. `version` is that of this package. */
export function runCommand(version: string): Command {
  const local = new Command("local")
    .description("generate, build and run the project on this machine, until Ctrl-C")
    .addOption(
      new Option("--run <programs>", "what to run: etcd, apiserver, controller-manager; with commas between them")
        .default(["apiserver", "controller-manager"], "apiserver, and controller-manager if there are controllers")
        .argParser(parsePrograms),
    )
    .option("--watch", "generate, build and serve again whenever a file of the project is saved")
    .addOption(new Option("--secure-port <port>", "the port to serve HTTPS on").default(9443).argParser(parsePort))
    .option("--config <file>", "where to write the credential for kubectl", "kubeconfig")
    .option("--data-dir <folder>", "where objects are kept, unless in etcd", "data")
    .option("--cert-dir <folder>", "where certificates are kept (default: certificates in the data folder)")
    .option("--project <folder>", "the folder of the project", ".")
    .addHelpText("after", examples)
    .action(async ({ project, watch = false, ...flags }: LocalFlags) => {
      const { runLocal } = await import("./run-local.ts");
      const assets = process.env["KUBEBUILDER_ASSETS"];
      const programFolders = [
        ...(assets === undefined ? [] : [assets]),
        ...(process.env["PATH"] ?? "").split(delimiter),
      ];
      process.exitCode = await runLocal(resolve(project), { ...flags, watch, version, programFolders }, tell);
    });
  return new Command("run").description("run the project").addCommand(local);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

const programs: readonly LocalProgram[] = ["etcd", "apiserver", "controller-manager"];

function parsePrograms(text: string): LocalProgram[] {
  return text.split(",").map((word) => {
    // What the Go tool calls it, too.
    const name = word.trim() === "controller" ? "controller-manager" : word.trim();
    const program = programs.find((each) => each === name);
    if (program === undefined) throw new InvalidArgumentError(`There are ${programs.join(", ")}.`);
    return program;
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65535) {
    throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  }
  return port;
}

#!/usr/bin/env node
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { buildCommand } from "./build-command.ts";
import { completionCommand } from "./completion-command.ts";
import type { Outcome } from "./generate.ts";
import { configCommand } from "./deploy/config-command.ts";
import { deleteCommand, inClusterCommand } from "./deploy/in-cluster-command.ts";
import { doctorCommand, showCommand } from "./doctor/doctor-command.ts";
import { runCommand } from "./run/run-command.ts";
import { createCommand } from "./scaffold/create-command.ts";
import { initCommand } from "./scaffold/init-command.ts";

const examples = `
Examples:
  apiserver-boot init repo --domain skai.io
  apiserver-boot create group version resource --group animal --version v1alpha1 --kind Cat --non-namespaced=false
  apiserver-boot generate           write generated/ from apis/
  apiserver-boot generate --check   fail if generated/ is not what apis/ gives, for CI
  apiserver-boot model              print what was read of apis/, as JSON
  apiserver-boot storage --help     verify, back up, restore or copy what a server has stored`;

interface ProjectOptions {
  readonly project: string;
}

const program = new Command("apiserver-boot")
  .description("Kubernetes aggregated API servers from annotated TypeScript types")
  .version(ownVersion(), "-V, --version")
  .showHelpAfterError()
  // A sub-command may have a flag --version of its own.
  .enablePositionalOptions()
  .addHelpText("after", examples);

program.addCommand(initCommand());
program.addCommand(createCommand());
program.addCommand(buildCommand(ownVersion()).addCommand(configCommand()));
program.addCommand(runCommand(ownVersion()).addCommand(inClusterCommand()));
program.addCommand(completionCommand(program));
program.addCommand(deleteCommand());
program.addCommand(doctorCommand());
program.addCommand(showCommand());

program
  .command("generate")
  .description("write generated/ from the types and tags in apis/")
  .option("--check", "write nothing; exit with 1 if anything would change")
  .option("--project <folder>", "the folder with apis/ and tsconfig.json", ".")
  .action(async ({ check, project }: ProjectOptions & { readonly check?: true }) => {
    const root = projectFolder(project);
    // Loaded here, so that --help and version need no compiler.
    const { checkGenerated, generate } = await import("./generate.ts");
    conclude(await (check === true ? checkGenerated(root) : generate(root, () => performance.now())));
  });

program
  .command("model")
  .description("print the model of apis/ as JSON")
  .option("--project <folder>", "the folder with apis/ and tsconfig.json", ".")
  .action(async ({ project }: ProjectOptions) => {
    const root = projectFolder(project);
    const [{ readModel }, { formatDiagnostics }] = await Promise.all([
      import("./pipeline.ts"),
      import("./diagnostic.ts"),
    ]);
    const { model, diagnostics } = readModel(root);
    const ok = diagnostics.length === 0;
    conclude({ ok, message: ok ? JSON.stringify(model, undefined, 2) : formatDiagnostics(diagnostics) });
  });

program
  .command("version")
  .description("print the version")
  .action(() => conclude({ ok: true, message: ownVersion() }));

// A part of the runtime, and the one thing that the command has of it: it is loaded for those who ask for it alone.
if (process.argv[2] === "storage") {
  const { storageCommand } = await import("../runtime/start/storage-command.ts");
  program.addCommand(storageCommand());
} else {
  program.command("storage").description("verify, back up, restore or copy what a server has stored");
}

try {
  await program.parseAsync();
} catch (error) {
  conclude({ ok: false, message: `error: ${error instanceof Error ? error.message : String(error)}` });
}

function conclude({ ok, message }: Outcome): void {
  (ok ? process.stdout : process.stderr).write(`${message}\n`);
  if (!ok) process.exitCode = 1;
}

function projectFolder(folder: string): string {
  const root = resolve(folder);
  for (const needed of ["tsconfig.json", "apis"]) {
    if (existsSync(join(root, needed))) continue;
    program.error(`${root} has no ${needed}: run this in the folder of a project, or give --project`);
  }
  return root;
}

/** This file is codegen/main.ts of the package, or dist/codegen/main.js. */
function ownVersion(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const path = [join(here, "../package.json"), join(here, "../../package.json")].find((each) => existsSync(each));
  return path === undefined ? "unknown" : (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

import { join, resolve } from "node:path";
import { Command } from "commander";

interface ExecutablesOptions {
  readonly project: string;
  readonly output: string;
}

const examples = `
Examples:
  apiserver-boot build executables                    bin/main.js and what it loads on demand
  apiserver-boot build executables --output dist/server
  node bin/main.js --help
`;

/** `apiserver-boot build`: makes of a project what can be run elsewhere. `version` is that of this package. */
export function buildCommand(version: string): Command {
  const command = new Command("build").description("make what can be run elsewhere");
  command
    .command("executables")
    .description("bundle main.ts and the packages that it uses; lmdb stays a package of its own")
    .option("--project <folder>", "the folder with main.ts", ".")
    .option("--output <folder>", "where the bundle goes, seen from the project", "bin")
    .addHelpText("after", examples)
    .action(async ({ project, output }: ExecutablesOptions) => {
      const root = resolve(project);
      // Loaded for those who bundle alone.
      const { bundleProgram } = await import("./bundle.ts");
      await bundleProgram({ entry: join(root, "main.ts"), folder: resolve(root, output), version });
    });
  return command;
}

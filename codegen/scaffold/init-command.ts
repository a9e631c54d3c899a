import { Command, InvalidArgumentError } from "commander";
import type { InitOptions } from "./init-repo.ts";

const examples = `
Examples:
  apiserver-boot init repo --domain skai.io
  apiserver-boot init repo --domain skai.io --name skai-demo --dry-run`;

/** The command that makes a project: `init repo`. */
export function initCommand(): Command {
  const repo = new Command("repo")
    .description("make a project in this folder: package.json, main.ts, settings of its tools, CI")
    .requiredOption("--domain <domain>", "the domain that the groups of the API are below", parseDomain)
    .option("--name <name>", "the name of the project's package (default: the folder's)", parseName)
    .option("--package <spec>", "depend on this apiserver-ts, such as a version or file:FOLDER/apiserver-ts.tgz")
    .option("--no-install", "leave out npm install")
    .option("--dry-run", "only print what would be made")
    .option("--project <folder>", "the folder of the project", ".")
    .addHelpText("after", examples)
    .action(async (options: InitOptions) => {
      // Loaded here, so that --help needs no more than itself.
      const { initRepo } = await import("./init-repo.ts");
      await initRepo(options, (line) => process.stdout.write(`${line}\n`));
    });
  return new Command("init").description("make a project").addCommand(repo);
}

function parseDomain(text: string): string {
  const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
  if (text.length <= 253 && new RegExp(`^${label}(\\.${label})+$`).test(text)) return text;
  throw new InvalidArgumentError("A domain is such as skai.io: lower case letters, digits, dashes and dots.");
}

function parseName(text: string): string {
  if (/^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/.test(text) && text.length <= 214) return text;
  throw new InvalidArgumentError("The name of a package is such as skai-demo: lower case, no spaces.");
}

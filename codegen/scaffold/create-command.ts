import { Command, InvalidArgumentError } from "commander";
import type { CreateOptions } from "./create.ts";

const examples = `
Examples:
  apiserver-boot create group version resource --group animal --version v1alpha1 --kind Cat --non-namespaced=false
  apiserver-boot create group version resource --group animal --version v1alpha1 --kind Dog --skip-controller
  apiserver-boot create resource --group animal --version v1alpha1 --kind Cat --skip-resource --controller
  apiserver-boot create group version --group animal --version v1beta1
  apiserver-boot create subresource --group animal --version v1alpha1 --kind Cat --subresource scale`;

/** The command that makes groups, versions, kinds and subresources: `create group version resource`. */
export function createCommand(): Command {
  return new Command("create")
    .description("make a group, a version of it, a kind, or a subresource of one")
    .argument("<what...>", "group, version and resource, in this order, or subresource")
    .option("--group <group>", "the group without the domain, such as animal", parseGroup)
    .option("--version <version>", "such as v1alpha1", parseVersion)
    .option("--kind <kind>", "such as Cat", parseKind)
    .option("--resource <plural>", "the resource's name in URLs (default: the plural of the kind)", parseResource)
    .option("--short-name <name>", "what kubectl takes for short", parseResource)
    .option("--non-namespaced [bool]", "whether its objects are outside namespaces (default: false)", parseBoolean)
    .option("--with-status-subresource [bool]", "whether it has a status (default: true)", parseBoolean)
    .option("--skip-resource [bool]", "make no types; answers the question", parseBoolean)
    .option("--skip-controller [bool]", "make no controller; answers the question", parseBoolean)
    .option("--controller [bool]", "make a controller, too; answers the question", parseBoolean)
    .option("--no-install", "leave out npm install where a controller needs a package")
    .option("--subresource <name>", "of create subresource: status or scale")
    .option("--dry-run", "only print what would be made")
    .option("--project <folder>", "the folder of the project", ".")
    .addHelpText("after", examples)
    .action(async (what: string[], options: CreateOptions) => {
      const { create } = await import("./create.ts");
      await create(what, options, (line) => process.stdout.write(`${line}\n`));
    });
}

function parseGroup(text: string): string {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= 63) return text;
  throw new InvalidArgumentError("A group is such as animal: one word in lower case; the project's domain is added.");
}

function parseVersion(text: string): string {
  if (/^v[1-9]\d*((alpha|beta)[1-9]\d*)?$/.test(text)) return text;
  throw new InvalidArgumentError("A version is such as v1alpha1, v1beta2 or v1.");
}

function parseKind(text: string): string {
  if (/^[A-Z][A-Za-z0-9]*$/.test(text) && text.length <= 63) return text;
  throw new InvalidArgumentError("A kind is such as Cat or BlackCat: letters and digits, a capital first.");
}

function parseResource(text: string): string {
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(text) && text.length <= 63) return text;
  throw new InvalidArgumentError("It takes one word in lower case, such as cats.");
}

function parseBoolean(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError("It takes true or false.");
}

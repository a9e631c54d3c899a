import { Argument, Command } from "commander";
import { completionScripts, wordsAfter, type Shell } from "./completion.ts";

const examples = `
Examples:
  source <(apiserver-boot completion bash)          for this shell; put it into ~/.bashrc for each
  apiserver-boot completion zsh > ~/.zfunc/_apiserver-boot
  apiserver-boot completion fish | source`;

/** The command that teaches shells to complete this one: `completion`. */
export function completionCommand(program: Command): Command {
  const shells = Object.keys(completionScripts);
  const words = new Command("words")
    .argument("[typed...]")
    .allowUnknownOption()
    .helpOption(false)
    .action((typed: readonly string[]) => void process.stdout.write(`${wordsAfter(program, typed).join("\n")}\n`));
  return new Command("completion")
    .description("print what teaches a shell to complete this command")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .addHelpText("after", examples)
    .addCommand(words, { hidden: true })
    .action((shell: Shell) => void process.stdout.write(`${completionScripts[shell]}\n`));
}

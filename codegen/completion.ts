import type { Command } from "commander";

/** The shells that can be taught to complete the command. */
export type Shell = "bash" | "zsh" | "fish";

/** What teaches a shell to complete the command: it asks the command itself, so that it knows what there is. */
export const completionScripts: { readonly [Name in Shell]: string } = {
  bash: `_apiserver_boot() {
  COMPREPLY=($(compgen -W "$(apiserver-boot completion words "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2> /dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _apiserver_boot apiserver-boot`,
  zsh: `#compdef apiserver-boot
_apiserver_boot() {
  compadd -- \${(f)"$(apiserver-boot completion words "\${words[@]:1:CURRENT-2}" 2> /dev/null)"}
}
compdef _apiserver_boot apiserver-boot`,
  fish: `complete -c apiserver-boot -f -a '(apiserver-boot completion words (commandline -opc)[2..] 2> /dev/null)'`,
};

/** What may follow some words on the command line: sub-commands, then flags. */
export function wordsAfter(program: Command, typed: readonly string[]): string[] {
  let command = program;
  for (const word of typed) {
    command = command.commands.find((each) => each.name() === word) ?? command;
  }
  const help = command.createHelp();
  const commands = help.visibleCommands(command).map((each) => each.name());
  const flags = help.visibleOptions(command).flatMap(({ long }) => long ?? []);
  return [...commands, ...flags.filter((flag) => !typed.includes(flag))];
}

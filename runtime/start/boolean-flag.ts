import { InvalidArgumentError } from "commander";

/** Reads the value of a flag that is `true` or `false`. */
export function parseBooleanFlag(text: string): boolean {
  if (text !== "true" && text !== "false") throw new InvalidArgumentError("It takes true or false.");
  return text === "true";
}

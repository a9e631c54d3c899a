import type { Environment } from "@marcbachmann/cel-js";

/** The names of functions here that may take long: patterns can be such that they do. */
export const slowFunctions = ["find", "findAll"] as const;

/**
 * Adds functions on strings that Kubernetes has beside those of the language, and conditions are found to use. There are
 * more of them, on lists, quantities, URLs and addresses, which are not here.
 * https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
 */
export function withKubernetesFunctions(environment: Environment): Environment {
  return environment
    .registerFunction("string.replace(string, string): string", (text: string, from: string, to: string) =>
      text.replaceAll(from, () => to),
    )
    .registerFunction(
      "string.replace(string, string, int): string",
      (text: string, from: string, to: string, count: bigint) => replaceSome(text, from, to, count),
    )
    .registerFunction("string.charAt(int): string", (text: string, index: bigint) => charAt(text, index))
    .registerFunction(
      "string.find(string): string",
      (text: string, pattern: string) => new RegExp(pattern, "u").exec(text)?.[0] ?? "",
    )
    .registerFunction("string.findAll(string): list<string>", (text: string, pattern: string) =>
      Array.from(text.matchAll(new RegExp(pattern, "gu")), ([found]) => found),
    );
}

/** Negative counts are all, as in Go. */
function replaceSome(text: string, from: string, to: string, count: bigint): string {
  let done = 0n;
  return text.replaceAll(from, (found) => (count < 0n || done++ < count ? to : found));
}

function charAt(text: string, index: bigint): string {
  const characters = Array.from(text);
  if (index < 0n || index > BigInt(characters.length)) throw new Error(`index out of range: ${index}`);
  return characters[Number(index)] ?? "";
}

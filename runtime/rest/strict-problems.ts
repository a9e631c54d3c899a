import type { RequestContext } from "../scheme/request-context.ts";

/** The words in which a strict decoder refuses a body. */
export function strictError(problems: readonly string[]): string {
  return `strict decoding error: ${problems.join(", ")}`;
}

const yamlPrefix = /^(?:error converting YAML to JSON: )?yaml: unmarshal errors:\n/;

/** Warns the client of each thing that a strict decoder would refuse. */
export function warnOfProblems(context: RequestContext, problems: readonly string[]): void {
  for (const problem of problems) {
    const lines = yamlPrefix.test(problem) ? problem.replace(yamlPrefix, "").split("\n") : [problem];
    for (const line of lines) context.warn(line.trim());
  }
}

import { ts } from "ts-morph";
import type { Reader } from "./reader.ts";

/** Types that are made of themselves: to read on would have no end. */
const circular: ReadonlySet<number> = new Set([2310, 2313, 2456]);

/**
 * Tells of what TypeScript finds wrong in the files with types: syntax, and names that are not there. Gives whether the
 * types can be read all the same.
 */
export function tellTypeScriptErrors({ sources, locate, report }: Reader): boolean {
  let isReadable = true;
  for (const file of sources.files) {
    const { compilerNode } = file;
    const syntactic = sources.program.getSyntacticDiagnostics(compilerNode);
    const found = syntactic.length > 0 ? syntactic : sources.program.getSemanticDiagnostics(compilerNode);
    for (const { code, messageText, start = 0 } of found) {
      if (syntactic.length > 0 || circular.has(code)) isReadable = false;
      report("typescript", locate(file, start), `TypeScript: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
    }
  }
  return isReadable;
}

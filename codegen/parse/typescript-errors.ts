import { ts } from "ts-morph";
import type { Reader } from "./reader.ts";

/** Tells of what TypeScript finds wrong in the files with types: syntax, and names that are not there. */
export function tellTypeScriptErrors({ sources, locate, report }: Reader): void {
  for (const file of sources.files) {
    const { compilerNode } = file;
    const syntactic = sources.program.getSyntacticDiagnostics(compilerNode);
    const found = syntactic.length > 0 ? syntactic : sources.program.getSemanticDiagnostics(compilerNode);
    for (const { messageText, start = 0 } of found) {
      report("typescript", locate(file, start), `TypeScript: ${ts.flattenDiagnosticMessageText(messageText, " ")}`);
    }
  }
}

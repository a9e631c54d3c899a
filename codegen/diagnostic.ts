import { diagnosticCodes, type DiagnosticName } from "./diagnostic-codes.ts";
import type { Position } from "./model/model.ts";

/** One mistake in what an author wrote. Nothing is written while there is any. */
export interface Diagnostic {
  readonly name: DiagnosticName;
  /** What is wrong, and what to do. */
  readonly message: string;
  readonly at: Position;
}

/** Takes note of a mistake; reading goes on. */
export type Report = (name: DiagnosticName, at: Position, message: string) => void;

/** The lines `file:line:column CODE message`, by place, each once. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return [...new Set(diagnostics.toSorted(byPlace).map(formatDiagnostic))].join("\n");
}

function formatDiagnostic({ name, message, at }: Diagnostic): string {
  return `${at.file}:${at.line}:${at.column} ${diagnosticCodes[name]} ${message}`;
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return (
    compareText(a.at.file, b.at.file) ||
    a.at.line - b.at.line ||
    a.at.column - b.at.column ||
    compareText(diagnosticCodes[a.name], diagnosticCodes[b.name])
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

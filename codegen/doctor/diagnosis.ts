/** Something that is wrong, and the command that mends it. */
export interface Diagnosis {
  /** What it is, for scripts; it stays the same when the words change. */
  readonly code: string;
  readonly problem: string;
  readonly mend: string;
}

/** What is wrong with an APIService, for people; that nothing is, if so. */
export function describeDiagnoses(name: string, diagnoses: readonly Diagnosis[]): string {
  if (diagnoses.length === 0) return `${name}: available, and nothing is wrong`;
  const lines = diagnoses.flatMap(({ problem, mend }) => [`  - ${problem}`, `    ${mend.replaceAll("\n", "\n    ")}`]);
  return [`${name}:`, ...lines].join("\n");
}

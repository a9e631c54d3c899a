import { afterAll, expect, test } from "vitest";
import { loadVectors, type VectorCase } from "./load.ts";

/**
 * Runs every case of a vector file, one test for each of its functions, and prints `name: passed of total`.
 * `check` throws where the case does not hold. `different` lists the ids that deliberately differ, with the reason.
 */
export function vectorSuite(
  name: string,
  check: (vector: VectorCase) => void | Promise<void>,
  different: { readonly [id: string]: string } = {},
): void {
  const cases = loadVectors(name);
  let passed = 0;
  for (const [group, members] of grouped(cases)) {
    test(`${name}: ${group} gives what Kubernetes gives in ${members.length} cases`, async () => {
      const failures: string[] = [];
      for (const vector of members) {
        const failure = vector.id in different ? undefined : await failureOf(check, vector);
        if (failure === undefined) passed++;
        else failures.push(`${vector.id} (${vector.source}): ${failure}`);
      }
      expect(failures.length, failures.slice(0, 20).join("\n")).toBe(0);
    });
  }
  afterAll(() => console.log(`${name}: ${passed} of ${cases.length}`));
}

function grouped(cases: readonly VectorCase[]): Map<string, VectorCase[]> {
  const groups = new Map<string, VectorCase[]>();
  for (const vector of cases) {
    const group = vector.fn ?? vector.op ?? (vector["layer"] as string | undefined) ?? "all";
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [vector]);
    else members.push(vector);
  }
  return groups;
}

async function failureOf(
  check: (vector: VectorCase) => void | Promise<void>,
  vector: VectorCase,
): Promise<string | undefined> {
  try {
    await check(vector);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 600) : String(error);
  }
}

import { generate } from "../generate.ts";

/** Writes `generated/` of a project anew, and tells of it; or of the mistakes in `apis/` that a person is to mend first. */
export async function regenerate(root: string, tell: (line: string) => void): Promise<void> {
  const startedMs = performance.now();
  const { ok, message } = await generate(root, () => performance.now() - startedMs);
  tell(ok ? message : `generated/ waits until this is mended:\n${message}\nThen run: npm run generate`);
}

import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { compareGenerated } from "../../codegen/compare.ts";
import { readModel, renderModel } from "../../codegen/pipeline.ts";

test.each(["farm", "wardle"])("what is generated for the fixture %s is what its types give", async (name) => {
  const root = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const { model, diagnostics } = readModel(root);
  expect(diagnostics).toEqual([]);
  const { changed, stale, foreign } = compareGenerated(root, "generated", await renderModel(model, root));
  expect([changed.map(({ path }) => path), stale, foreign]).toEqual([[], [], []]);
});

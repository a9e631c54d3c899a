import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readProjects } from "./cases.ts";

const golden = fileURLToPath(new URL("./golden", import.meta.url));
const inputs = ["conditions", "fields", "lists", "maps", "shapes", "strings", "unions"].map((name) =>
  readFileSync(`${golden}/${name}/apis/pet/v1/pet_types.ts`, "utf8"),
);
const doc = "/** +groupName=pet.example.com */\nexport {};\n";

/** A golden input in which a few words are lost, or stand in another's place. */
const mutant = fc
  .tuple(fc.constantFrom(...inputs), fc.array(fc.tuple(fc.nat(), fc.option(fc.nat())), { minLength: 1, maxLength: 4 }))
  .map(([text, changes]) => {
    const words = text.split(/\b/);
    for (const [at, from] of changes) {
      words[at % words.length] = from === null ? "" : (words[from % words.length] ?? "");
    }
    return words.join("");
  });

test("whatever the author wrote, reading does not throw", () => {
  const texts = fc.sample(mutant, 60);
  const projects = new Map(
    texts.map((text, index) => [
      `mutant-${index}`,
      new Map([
        ["apis/pet/v1/pet_types.ts", text],
        ["apis/pet/v1/doc.ts", doc],
      ]),
    ]),
  );
  const read = readProjects(golden, projects);
  for (const [name, files] of projects) {
    expect(() => read(name), files.get("apis/pet/v1/pet_types.ts") ?? "").not.toThrow();
  }
});

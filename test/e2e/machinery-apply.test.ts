import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { herd, managersOf, since, startFarm, type Farm } from "./farm.ts";
import { kubectlVersions, type Kubectl, type Outcome } from "./kubectl.ts";

const review = "\nPlease review the fields above--they currently have other managers. Here\nare the ways";

/** The beginning of a manifest, up to the breed. */
function onlyBreed(name: string, breed: string): string {
  return herd(name, { breed }).replace(/ {2}animals[^]*$/, "");
}

describe.each(kubectlVersions)("kubectl %s", (version) => {
  let farm: Farm;
  let kubectl: Kubectl;

  beforeAll(async () => {
    farm = await startFarm(version);
    ({ kubectl } = farm);
  });
  afterAll(() => farm.stop());

  const shown = (name: string, path: string): Promise<string> =>
    kubectl.ok(["get", "herd", name, "-o", `jsonpath=${path}`]);
  const create = (name: string): Promise<string> => kubectl.ok(["create", "-f", "-"], { input: herd(name) });
  const merge = (name: string, patch: object): Promise<string> =>
    kubectl.ok(["patch", "herd", name, "--type=merge", "-p", JSON.stringify(patch)]);
  const apply = (input: string, ...flags: string[]): Promise<string> =>
    kubectl.ok(["apply", "-f", "-", ...flags], { input });
  const applyAs = (manager: string, input: string, ...flags: string[]): Promise<Outcome> =>
    kubectl.run(["apply", "--server-side", `--field-manager=${manager}`, "-f", "-", ...flags], { input });

  test("create --save-config keeps what was given for apply", async () => {
    await kubectl.ok(["create", "--save-config", "-f", "-"], { input: herd("saved") });
    const kept = await kubectl.ok(["apply", "view-last-applied", "herd", "saved"]);
    expect(kept).toContain("breed: merino");
    expect(await apply(herd("saved"))).toBe("herd.farm.example.dev/saved unchanged\n");
  });

  test("apply creates, and changes what the file has changed", async () => {
    const [merino, texel] = [herd("applied"), herd("applied", { breed: "texel" })];
    expect(await apply(merino)).toBe("herd.farm.example.dev/applied created\n");
    expect(await apply(merino)).toBe("herd.farm.example.dev/applied unchanged\n");
    expect(await apply(texel)).toBe("herd.farm.example.dev/applied configured\n");
    expect(await apply(merino)).toBe("herd.farm.example.dev/applied configured\n");
    expect(await shown("applied", "{.spec.breed} {.metadata.generation}")).toBe("merino 3");
    expect(await managersOf(kubectl, "applied")).toEqual(["kubectl-client-side-apply Update"]);
  });

  test("apply removes what the file no longer has, and keeps what others have added", async () => {
    await apply(herd("shared"));
    await merge("shared", { spec: { feed: { noon: "oats" }, temper: "Calm" } });
    const west = '[{"op":"add","path":"/spec/pens/-","value":{"name":"west"}}]';
    await kubectl.ok(["patch", "herd", "shared", "--type=json", "-p", west]);
    await apply(herd("shared").replace("morning", "evening").replace("    - name: south\n      places: 6\n", ""));
    expect(JSON.parse(await shown("shared", "{.spec.feed}"))).toEqual({ noon: "oats", evening: "hay" });
    expect(await shown("shared", "{.spec.temper}")).toBe("Calm");
    // An older kubectl knows the merge keys of no types but its own, and sends the list as a whole.
    expect(await shown("shared", "{.spec.pens[*].name}")).toBe(since(version, 27) ? "north west" : "north");
  });

  test("apply --server-side takes over from client-side apply, without a conflict", async () => {
    await apply(herd("moved"));
    expect(await apply(herd("moved"), "--server-side")).toBe("herd.farm.example.dev/moved serverside-applied\n");
    await apply(herd("moved", { breed: "texel" }), "--server-side");
    expect(await shown("moved", "{.spec.breed} {.metadata.generation}")).toBe("texel 2");
    await apply(herd("moved"), "--server-side");
    // A kubectl that hands over what client-side apply owned leaves nothing to that manager.
    const byItself = ["kubectl Apply", "kubectl-last-applied Apply"];
    expect((await managersOf(kubectl, "moved")).toSorted()).toEqual(
      since(version, 26) ? byItself : ["kubectl Apply", "kubectl-client-side-apply Update"],
    );
  });

  test("a conflict names the owners and the fields, and says what to do", async () => {
    const created = await applyAs("ann", herd("wanted"));
    expect(created.stdout).toBe("herd.farm.example.dev/wanted serverside-applied\n");
    const one = await applyAs("bob", onlyBreed("wanted", "suffolk"));
    expect(one.code).toBe(1);
    expect(one.stderr).toContain(`error: Apply failed with 1 conflict: conflict with "ann": .spec.breed${review}`);
    await merge("wanted", { spec: { animals: 9 } });
    const two = await applyAs("bob", herd("wanted", { breed: "suffolk" }));
    expect(two.stderr).toContain(
      'error: Apply failed with 2 conflicts: conflicts with "ann":\n- .spec.breed\n' +
        `conflicts with "kubectl-patch" using farm.example.dev/v1:\n- .spec.animals${review}`,
    );
    expect(await shown("wanted", "{.spec.breed} {.spec.animals}")).toBe("merino 9");
  });

  test("apply --force-conflicts takes the field, and then the owner before meets a conflict", async () => {
    await applyAs("ann", herd("taken"));
    expect((await applyAs("bob", onlyBreed("taken", "suffolk"), "--force-conflicts")).code).toBe(0);
    expect(await shown("taken", "{.spec.breed} {.spec.animals}")).toBe("suffolk 3");
    const back = await applyAs("ann", herd("taken"));
    expect(back.stderr).toContain('Apply failed with 1 conflict: conflict with "bob": .spec.breed');
    expect((await managersOf(kubectl, "taken")).toSorted()).toEqual(["ann Apply", "bob Apply"]);
  });

  test("a field goes when the last of its owners leaves it out", async () => {
    await applyAs("ann", herd("left"));
    expect((await applyAs("bob", `${onlyBreed("left", "merino")}  keepers: [bob]\n  animals: 3\n`)).code).toBe(0);
    expect((await applyAs("ann", onlyBreed("left", "merino"))).code).toBe(0);
    expect(JSON.parse(await shown("left", "{.spec}"))).toEqual({ animals: 3, breed: "merino", keepers: ["bob"] });
  });

  test("apply --server-side --dry-run=server shows the outcome and changes nothing", async () => {
    await applyAs("ann", herd("thought"));
    const texel = herd("thought", { breed: "texel" });
    const dry = await applyAs("ann", texel, "--dry-run=server", "-o", "jsonpath={.spec.breed}");
    expect(dry.stdout).toBe("texel");
    expect(await shown("thought", "{.spec.breed}")).toBe("merino");
  });

  test.each([
    ["client-side", []],
    ["server-side", ["--server-side"]],
  ])("diff shows what a %s apply would change", async (side, flags) => {
    const name = `compared-${side}`;
    await apply(herd(name), ...flags);
    const diff = (input: string): Promise<Outcome> => kubectl.run(["diff", "-f", "-", ...flags], { input });
    expect(await diff(herd(name))).toMatchObject({ code: 0, stdout: "" });
    const changed = await diff(herd(name, { breed: "texel" }));
    expect(changed.code).toBe(1);
    expect(changed.stdout).toMatch(/^- {2}breed: merino\n\+ {2}breed: texel$/m);
    expect(changed.stdout).toMatch(/^- {2}generation: 1\n\+ {2}generation: 2$/m);
    expect((await diff(herd(`${name}-new`))).stdout).toMatch(/^\+ {2}breed: merino$/m);
    expect(await shown(name, "{.spec.breed}")).toBe("merino");
  });

  test("edit changes the object, and tells the editor why it was refused", async () => {
    await create("edited");
    const editor = (script: string): { env: Record<string, string> } => ({
      env: { KUBE_EDITOR: `sed -i -e ${script}`, TMPDIR: farm.folder },
    });
    const changed = await kubectl.ok(["edit", "herd", "edited"], editor("s/animals:.3/animals:\\ 4/"));
    expect(changed).toBe("herd.farm.example.dev/edited edited\n");
    expect(await shown("edited", "{.spec.animals} {.metadata.generation}")).toBe("4 2");
    expect(await managersOf(kubectl, "edited")).toEqual(["kubectl-create Update", "kubectl-edit Update"]);
    const unchanged = await kubectl.run(["edit", "herd", "edited"], editor("s/none/none/"));
    expect(unchanged.stdout + unchanged.stderr).toContain("Edit cancelled, no changes made.");
    const refused = await kubectl.run(["edit", "herd", "edited"], editor("s/animals:.4/animals:\\ -4/"));
    expect(refused.code).toBe(1);
    const copy = /stored to "(.+)"/.exec(refused.stderr)?.[1] ?? "";
    expect(await readFile(copy, "utf8")).toContain(
      "# * spec.animals: Invalid value: -4: must be greater than or equal to 0",
    );
  });

  test("scale changes the number where it is what was expected", async () => {
    await create("scaled");
    const scaled = "herd.farm.example.dev/scaled scaled\n";
    expect(await kubectl.ok(["scale", "herd", "scaled", "--replicas=7"])).toBe(scaled);
    expect(await shown("scaled", "{.spec.animals} {.metadata.generation}")).toBe("7 2");
    const wrong = await kubectl.run(["scale", "herd", "scaled", "--replicas=8", "--current-replicas=3"]);
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining("Expected replicas to be 3, was 7")]);
    expect(await kubectl.ok(["scale", "herd/scaled", "--replicas=8", "--current-replicas=7"])).toBe(scaled);
    expect(await shown("scaled", "{.spec.animals}")).toBe("8");
  });

  test("scale takes the number from who applied it, who then meets a conflict", async () => {
    await applyAs("ann", herd("fought"));
    await kubectl.ok(["scale", "herd", "fought", "--replicas=7"]);
    const refused = await applyAs("ann", herd("fought"));
    expect(refused.stderr).toMatch(
      /Apply failed with 1 conflict: conflict with "kubectl[^"]*" with subresource "scale" using farm\.example\.dev\/v1: \.spec\.animals\n/,
    );
    expect((await applyAs("ann", herd("fought"), "--force-conflicts")).code).toBe(0);
    expect(await shown("fought", "{.spec.animals}")).toBe("3");
  });

  test("scale is a resource of its own, of the group autoscaling", async () => {
    await create("counted");
    const raw = await kubectl.ok(["get", "--raw", "/apis/farm.example.dev/v1/namespaces/default/herds/counted/scale"]);
    expect(JSON.parse(raw)).toMatchObject({
      kind: "Scale",
      apiVersion: "autoscaling/v1",
      metadata: { name: "counted", namespace: "default" },
      spec: { replicas: 3 },
      status: { replicas: 0 },
    });
    const show = ["get", "herd", "counted", "--subresource=scale"];
    if (since(version, 24)) {
      expect(await kubectl.ok(show)).toMatch(/^NAME +DESIRED +AVAILABLE +AGE\ncounted +3 +0 +\d+s\n$/);
      const patch = ["--type=merge", "-p", '{"spec":{"replicas":2}}', "-o", "jsonpath={.kind} {.spec.replicas}"];
      expect(await kubectl.ok(["patch", "herd", "counted", "--subresource=scale", ...patch])).toBe("Scale 2");
      expect(await shown("counted", "{.spec.animals}")).toBe("2");
      expect(await managersOf(kubectl, "counted")).toContain("kubectl-patch Update scale");
    } else {
      expect((await kubectl.run(show)).stderr).toContain("unknown flag: --subresource");
    }
  });

  test("patch --subresource=status changes the status alone, and other patches never do", async () => {
    await create("seen");
    const both = { spec: { breed: "none" }, status: { animals: 2, selector: "ear=left" } };
    const patch = ["patch", "herd", "seen", "--subresource=status", "--type=merge", "-p", JSON.stringify(both)];
    if (since(version, 24)) {
      expect(await kubectl.ok(patch)).toBe("herd.farm.example.dev/seen patched\n");
      const paths = "{.spec.breed} {.status.animals} {.status.selector} {.metadata.generation}";
      expect(await shown("seen", paths)).toBe("merino 2 ear=left 1");
      expect(await managersOf(kubectl, "seen")).toContain("kubectl-patch Update status");
    } else {
      expect((await kubectl.run(patch)).stderr).toContain("unknown flag: --subresource");
    }
    const before = await shown("seen", "{.status}");
    await merge("seen", { status: { animals: 9 } });
    expect(await shown("seen", "{.status}")).toBe(before);
  });

  test("patch --type=strategic merges lists by their key, and replaces atomic ones", async () => {
    await create("merged");
    const patch = (spec: object): Promise<string> =>
      kubectl.ok(["patch", "herd", "merged", "--type=strategic", "-p", JSON.stringify({ spec })]);
    await patch({ pens: [{ name: "south", litter: "straw" }, { name: "west" }] });
    const pens = JSON.parse(await shown("merged", "{.spec.pens}")) as { name: string }[];
    expect(pens.toSorted((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
      { name: "north", places: 4 },
      { name: "south", places: 6, litter: "straw" },
      { name: "west", places: 10 },
    ]);
    await patch({
      pens: [{ name: "south", $patch: "delete" }],
      route: ["gate"],
      feed: { $patch: "replace", noon: "hay" },
    });
    expect((await shown("merged", "{.spec.pens[*].name}")).split(" ").toSorted()).toEqual(["north", "west"]);
    expect(await shown("merged", "{.spec.route} {.spec.feed}")).toBe('["gate"] {"noon":"hay"}');
  });

  test.each([
    ["label", "labels", "labeled"],
    ["annotate", "annotations", "annotated"],
  ])("%s changes a value only with --overwrite", async (command, field, done) => {
    const name = `with-${field}`;
    await create(name);
    const value = (): Promise<string> => shown(name, `{.metadata.${field}.vet}`);
    expect(await kubectl.ok([command, "herd", name, "vet=ann"])).toBe(`herd.farm.example.dev/${name} ${done}\n`);
    const refused = await kubectl.run([command, "herd", name, "vet=bob"]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("--overwrite is false")]);
    expect(await value()).toBe("ann");
    await kubectl.ok([command, "--overwrite", "herd", name, "vet=bob"]);
    expect(await value()).toBe("bob");
    await kubectl.ok([command, "herd", name, "vet-"]);
    expect(await value()).toBe("");
    const stale = await kubectl.run([command, "herd", name, "--resource-version=1", "vet=ann"]);
    expect(stale.stderr).toContain(
      `Operation cannot be fulfilled on herds.farm.example.dev "${name}": the object has been modified; ` +
        "please apply your changes to the latest version and try again",
    );
  });

  test("replace --force makes another object of the same name", async () => {
    await create("replaced");
    const before = await shown("replaced", "{.metadata.uid}");
    const texel = herd("replaced", { breed: "texel" });
    expect(await kubectl.ok(["replace", "--force", "-f", "-"], { input: texel })).toContain("/replaced replaced");
    expect(await shown("replaced", "{.spec.breed} {.metadata.generation}")).toBe("texel 1");
    expect(await shown("replaced", "{.metadata.uid}")).not.toBe(before);
  });
});

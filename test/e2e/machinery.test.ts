import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { herd, olderHerd, since, startFarm, until, type Farm } from "./farm.ts";
import { kubectlVersions, type Kubectl, type Outcome } from "./kubectl.ts";

const deprecated =
  "Warning: farm.example.dev/v1beta1 Herd is deprecated in v1.30+, unavailable in v1.40+; use farm.example.dev/v1 Herd\n";

describe.each(kubectlVersions)("kubectl %s", (version) => {
  let farm: Farm;
  let kubectl: Kubectl;

  beforeAll(async () => {
    farm = await startFarm(version);
    ({ kubectl } = farm);
    await kubectl.ok(["create", "-f", "-"], {
      input: [
        herd("sheep"),
        herd("cattle", { breed: "angus" }).replace("animals: 3", "animals: 12\n  pasture: { name: hill }"),
        olderHerd("goats"),
      ].join("---\n"),
    });
  });
  afterAll(() => farm.stop());

  test("api-resources and api-versions show the kind once, and both versions", async () => {
    expect(await kubectl.ok(["api-versions"])).toBe("farm.example.dev/v1\nfarm.example.dev/v1beta1\n");
    const table = await kubectl.ok(["api-resources", "--api-group=farm.example.dev"]);
    expect(table).toMatch(/^NAME .*\nherds +hd +farm\.example\.dev\/v1 +true +Herd\n$/);
    expect(await kubectl.ok(["api-resources", "--verbs=list,watch", "--namespaced", "-o", "name"])).toBe(
      "herds.farm.example.dev\n",
    );
    const wide = await kubectl.ok(["api-resources", "--api-group=farm.example.dev", "-o", "wide"]);
    for (const verb of ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]) {
      expect(wide).toContain(verb);
    }
    expect(wide.includes("livestock")).toBe(since(version, 25));
  });

  test("explain tells of each version by its own types", async () => {
    const spec = await kubectl.ok(["explain", "herd.spec"]);
    expect(spec).toContain("HerdSpec is what one wishes of a herd.");
    expect(spec).toMatch(/animals\s+<integer>/);
    expect(spec).toMatch(/breed\s+<string> -required-/);
    expect(spec).not.toContain("pastureName");
    const older = await kubectl.ok(["explain", "herd.spec", "--api-version=farm.example.dev/v1beta1"]);
    expect(older).toMatch(/VERSION: +(farm\.example\.dev\/)?v1beta1/);
    expect(older).toMatch(/pastureName\s+<string>/);
    expect(await kubectl.ok(["explain", "herds.spec.pens.places"])).toContain("places there are in the pen.");
    const nothing = await kubectl.run(["explain", "herd.spec.wings"]);
    expect(nothing.stderr).toContain('field "wings" does not exist');
  });

  test("explain --recursive lists the whole tree, in the older format too", async () => {
    const tree = await kubectl.ok(["explain", "herd", "--recursive"]);
    expect(tree).toMatch(/status\t<(Object|HerdStatus)>\n +animals\t<integer>\n +selector\t<string>\n/);
    const asV2 = ["explain", "herd.spec", "--output=plaintext-openapiv2"];
    if (since(version, 25)) {
      expect(await kubectl.ok(asV2)).toMatch(
        /^KIND: +Herd\nVERSION: +farm\.example\.dev\/v1\n\nRESOURCE: spec <Object>/,
      );
    } else {
      expect((await kubectl.run(asV2)).stderr).toContain("unknown flag: --output");
    }
  });

  test("get shows the columns of the version that is asked for", async () => {
    const [header, ...rows] = (await kubectl.ok(["get", "herds"])).split("\n");
    expect(header).toMatch(/^NAME +BREED +ANIMALS +AGE$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 3).join(" "))).toEqual([
      "cattle angus 12",
      "goats angora 5",
      "sheep merino 3",
      "",
    ]);
    const older = await kubectl.run(["get", "herds.v1beta1.farm.example.dev"]);
    expect(older.stdout).toMatch(/^NAME +BREED +SIZE\ncattle +angus +12\ngoats +angora +5\nsheep +merino +3\n$/);
    expect(older.stderr).toBe(deprecated);
  });

  test("get prints in every form", async () => {
    expect(await kubectl.ok(["get", "hd", "cattle", "-o", "wide", "--no-headers"])).toMatch(
      /^cattle +angus +12 +hill +\d+s\n$/,
    );
    expect(await kubectl.ok(["get", "livestock", "-o", "name"])).toBe(
      "herd.farm.example.dev/cattle\nherd.farm.example.dev/goats\nherd.farm.example.dev/sheep\n",
    );
    const yaml = await kubectl.ok(["get", "herd", "sheep", "-o", "yaml"]);
    expect(yaml).toMatch(/^ {2}pens:\n {2}- name: north\n {4}places: 4\n/m);
    const json = JSON.parse(await kubectl.ok(["get", "herd/sheep", "-o", "json"])) as object;
    expect(json).toMatchObject({
      apiVersion: "farm.example.dev/v1",
      kind: "Herd",
      spec: { route: ["gate", "hill", "gate"] },
    });
    expect(await kubectl.ok(["get", "herds", "-o", "jsonpath={.items[*].spec.animals}"])).toBe("12 5 3");
    expect(await kubectl.ok(["get", "herds", "-o", "custom-columns=N:.metadata.name,P:.spec.pens[*].name"])).toMatch(
      /^N +P\ncattle +north,south\ngoats +big\nsheep +north,south\n$/,
    );
    expect(await kubectl.ok(["get", "herds", "--sort-by=.spec.animals", "--no-headers", "--show-labels"])).toMatch(
      /^sheep .*<none>\ngoats .*\ncattle .*\n$/,
    );
    expect(await kubectl.ok(["get", "herds", "-o", "go-template={{range .items}}{{.spec.breed}} {{end}}"])).toBe(
      "angus angora merino ",
    );
    expect(await kubectl.ok(["describe", "herd", "goats"])).toMatch(/^Spec:\n {2}Animals: +5\n {2}Breed: +angora\n/m);
  });

  test("an object of either version is one object, and each way to it says which is left", async () => {
    const created = await kubectl.run(["create", "-f", "-"], { input: olderHerd("hens") });
    expect(created).toMatchObject({ code: 0, stdout: "herd.farm.example.dev/hens created\n", stderr: deprecated });
    const asOlder = await kubectl.run(["get", "herds.v1beta1.farm.example.dev", "hens", "-o", "json"]);
    expect(asOlder.stderr).toBe(deprecated);
    expect(JSON.parse(asOlder.stdout)).toMatchObject({
      apiVersion: "farm.example.dev/v1beta1",
      spec: { breed: "angora", size: 5, pastureName: "hill", stalls: [{ stall: "big", capacity: 3 }] },
    });
    const asV1 = await kubectl.run(["get", "herd", "hens", "-o", "json"]);
    expect(asV1.stderr).toBe("");
    expect(JSON.parse(asV1.stdout)).toMatchObject({
      apiVersion: "farm.example.dev/v1",
      spec: { breed: "angora", animals: 5, pasture: { name: "hill" }, pens: [{ name: "big", places: 3 }] },
    });
    const patch = ["--type=merge", "-p", '{"spec":{"size":6}}'];
    expect((await kubectl.run(["patch", "herds.v1beta1.farm.example.dev", "hens", ...patch])).stderr).toBe(deprecated);
    expect(await kubectl.ok(["get", "herd", "hens", "-o", "jsonpath={.spec.animals}"])).toBe("6");
    const removed = await kubectl.run(["delete", "herds.v1beta1.farm.example.dev", "hens"]);
    expect(removed).toMatchObject({ code: 0, stderr: expect.stringContaining(deprecated) as string });
  });

  test("apply moves a manifest from one version to the other", async () => {
    const apply = (input: string): Promise<Outcome> => kubectl.run(["apply", "-f", "-"], { input });
    expect((await apply(olderHerd("ducks"))).stdout).toBe("herd.farm.example.dev/ducks created\n");
    const moved = herd("ducks").replace(/spec:[^]*/, "spec:\n  breed: angora\n  animals: 8\n");
    expect(await apply(moved)).toMatchObject({ code: 0, stdout: "herd.farm.example.dev/ducks configured\n" });
    expect(await kubectl.ok(["get", "herd", "ducks", "-o", "jsonpath={.spec.breed} {.spec.animals}"])).toBe("angora 8");
    await kubectl.ok(["delete", "herd", "ducks"]);
  });

  test("the author's warning is printed, and the write goes on", async () => {
    const input = herd("empty").replace("animals: 3", "animals: 0");
    const { code, stdout, stderr } = await kubectl.run(["create", "-f", "-"], { input });
    expect([code, stdout]).toEqual([0, "herd.farm.example.dev/empty created\n"]);
    expect(stderr).toBe("Warning: spec.animals: 0 leaves the keepers without work\n");
    await kubectl.ok(["delete", "herd", "empty"]);
  });

  test("--validate says what becomes of unknown fields", async () => {
    const input = `${herd("odd")}  colour: red\n`;
    const create = (level: string): Promise<Outcome> =>
      kubectl.run(["create", `--validate=${level}`, "--dry-run=server", "-f", "-"], { input });
    const created = { code: 0, stdout: "herd.farm.example.dev/odd created (server dry run)\n" };
    const warning = 'Warning: unknown field "spec.colour"\n';
    if (since(version, 25)) {
      for (const level of ["strict", "true"]) {
        expect(await create(level)).toMatchObject({
          code: 1,
          stderr: expect.stringContaining(
            'Herd in version "v1" cannot be handled as a Herd: strict decoding error: unknown field "spec.colour"',
          ) as string,
        });
      }
      expect(await create("warn")).toMatchObject({ ...created, stderr: warning });
      for (const level of ["ignore", "false"]) expect(await create(level)).toMatchObject({ ...created, stderr: "" });
    } else {
      expect((await create("warn")).stderr).toContain('invalid argument "warn" for "--validate" flag');
      expect((await create("true")).stderr).toContain('unknown field "colour" in dev.example.farm.v1.HerdSpec');
      // It asks for nothing, and the server warns by default.
      expect(await create("false")).toMatchObject({ ...created, stderr: warning });
    }
  });

  test("a value of a wrong type and an object that breaks the rules are refused with all that is wrong", async () => {
    const wrong = await kubectl.run(["create", "--validate=false", "-f", "-"], {
      input: herd("wrong").replace("animals: 3", "animals: many"),
    });
    expect(wrong.stderr).toContain('Herd in version "v1" cannot be handled as a Herd');
    const invalid = await kubectl.run(["create", "-f", "-"], {
      input: herd("invalid", { breed: '" merino"' })
        .replace("places: 4", "places: 0")
        .replace("[ann, bob]", "[ann, ann]"),
    });
    expect(invalid.code).toBe(1);
    expect(invalid.stderr).toContain('The Herd "invalid" is invalid:');
    for (const text of [
      'spec.breed: Invalid value: " merino": must not begin or end with a space',
      "spec.pens[0].places: Invalid value: 0: must be greater than or equal to 1",
      'spec.keepers[1]: Duplicate value: "ann"',
    ]) {
      expect(invalid.stderr).toContain(text);
    }
  });

  test("create --dry-run=server sets defaults and checks, and stores nothing", async () => {
    const input = herd("thought").replace("      places: 4\n", "");
    const dry = ["create", "--dry-run=server", "-f", "-"];
    expect(await kubectl.ok([...dry, "-o", "jsonpath={.metadata.uid} {.spec.pens[0].places}"], { input })).toMatch(
      /^[0-9a-f-]{36} 10$/,
    );
    const refused = await kubectl.run(dry, { input: herd("sheep") });
    expect(refused.stderr).toContain('herds.farm.example.dev "sheep" already exists');
    expect((await kubectl.run(["get", "herd", "thought"])).stderr).toContain('"thought" not found');
  });

  test("get --field-selector chooses by the selectable field, in either version", async () => {
    const select = (selector: string, resource = "herds"): Promise<Outcome> =>
      kubectl.run(["get", resource, `--field-selector=${selector}`, "-o", "name"]);
    expect((await select("spec.breed=angus")).stdout).toBe("herd.farm.example.dev/cattle\n");
    expect((await select("spec.breed!=angus")).stdout).toBe(
      "herd.farm.example.dev/goats\nherd.farm.example.dev/sheep\n",
    );
    expect((await select("spec.breed=angus", "herds.v1beta1.farm.example.dev")).stdout).toBe(
      "herd.farm.example.dev/cattle\n",
    );
    const unknown = await select("spec.animals=3");
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      expect.stringContaining('"spec.animals" is not a known field selector'),
    ]);
  });

  test("get --chunk-size reads page after page", async () => {
    const { code, stdout, stderr } = await kubectl.run(["get", "herds", "--chunk-size=1", "-o", "name", "-v=6"]);
    expect([code, stdout.split("\n").length]).toEqual([0, 4]);
    expect(stderr.match(/limit=1/g)).toHaveLength(3);
    expect(stderr.match(/continue=/g)).toHaveLength(2);
  });

  test("get --watch --output-watch-events tells what happens, and of a selection what enters and leaves it", async () => {
    const flags = ["--watch", "--output-watch-events", "--no-headers"];
    const all = kubectl.start(["get", "herds", "--field-selector=metadata.name=bees", ...flags]);
    const carniolans = kubectl.start(["get", "herds", "--field-selector=spec.breed=carniolan", ...flags]);
    let [seen, chosen] = ["", ""];
    all.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    carniolans.stdout?.on("data", (chunk: Buffer) => (chosen += chunk.toString()));
    await kubectl.ok(["create", "-f", "-"], { input: herd("bees", { breed: "carniolan" }) });
    await until(() => seen !== "" && chosen !== "");
    await kubectl.ok(["patch", "herd", "bees", "--type=merge", "-p", '{"spec":{"breed":"buckfast"}}']);
    await until(() => /MODIFIED/.test(seen) && /DELETED/.test(chosen));
    await kubectl.ok(["delete", "herd", "bees"]);
    await until(() => /DELETED/.test(seen));
    const events = (text: string): string[] =>
      text
        .trim()
        .split("\n")
        .map((line) => line.split(/ +/).slice(0, 3).join(" "));
    expect(events(seen)).toEqual(["ADDED bees carniolan", "MODIFIED bees buckfast", "DELETED bees buckfast"]);
    expect(events(chosen)).toEqual(["ADDED bees carniolan", "DELETED bees carniolan"]);
    for (const watch of [all, carniolans]) {
      watch.kill();
      await once(watch, "exit");
    }
  });
});

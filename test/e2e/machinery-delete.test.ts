import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { herd, since, startFarm, until, type Farm } from "./farm.ts";
import { kubectlVersions, outcomeOf, type Kubectl } from "./kubectl.ts";

const shear = '\n  finalizers: ["farm.example.dev/shear"]';
const noFinalizers = ["--type=merge", "-p", '{"metadata":{"finalizers":null}}'];

describe.each(kubectlVersions)("kubectl %s", (version) => {
  let farm: Farm;
  let kubectl: Kubectl;

  beforeAll(async () => {
    farm = await startFarm(version);
    ({ kubectl } = farm);
  });
  afterAll(() => farm.stop());

  const create = (name: string, metadata = ""): Promise<string> =>
    kubectl.ok(["create", "-f", "-"], { input: herd(name, { metadata }) });
  const shown = (name: string, path: string): Promise<string> =>
    kubectl.ok(["get", "herd", name, "-o", `jsonpath=${path}`]);

  async function expectGone(name: string): Promise<void> {
    const { code, stderr } = await kubectl.run(["get", "herd", name]);
    expect([code, stderr]).toEqual([1, `Error from server (NotFound): herds.farm.example.dev "${name}" not found\n`]);
  }

  test("delete --cascade=background removes at once", async () => {
    await create("sheep");
    expect(await kubectl.ok(["delete", "herd", "sheep", "--cascade=background", "--wait=false"])).toContain(
      '"sheep" deleted',
    );
    await expectGone("sheep");
  });

  test.each([
    ["foreground", "foregroundDeletion"],
    ["orphan", "orphan"],
  ])("delete --cascade=%s leaves the object to the garbage collector", async (cascade, finalizer) => {
    await create("goats");
    await kubectl.ok(["delete", "herd", "goats", `--cascade=${cascade}`, "--wait=false"]);
    expect(await shown("goats", "{.metadata.finalizers} {.metadata.deletionGracePeriodSeconds}")).toBe(
      `["${finalizer}"] 0`,
    );
    expect(await shown("goats", "{.metadata.deletionTimestamp}")).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    await kubectl.ok(["patch", "herd", "goats", ...noFinalizers]);
    await expectGone("goats");
  });

  test("delete waits for finalizers, and ends when the last one goes", async () => {
    await create("lambs", shear);
    const deleting = kubectl.start(["delete", "herd", "lambs"]);
    let printed = "";
    deleting.stdout?.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    const outcome = outcomeOf(deleting);
    await until(() => printed.includes('"lambs" deleted'));
    expect(await shown("lambs", "{.metadata.deletionTimestamp}")).not.toBe("");
    expect(deleting.exitCode).toBeNull();
    await kubectl.ok(["patch", "herd", "lambs", ...noFinalizers]);
    expect((await outcome).code).toBe(0);
    await expectGone("lambs");
  });

  test("an object that is being deleted can neither be created again nor get a finalizer", async () => {
    await create("rams", shear);
    await kubectl.ok(["delete", "herd", "rams", "--wait=false"]);
    const again = await kubectl.run(["create", "-f", "-"], { input: herd("rams") });
    expect(again.stderr).toContain('object is being deleted: herds.farm.example.dev "rams" already exists');
    const more = '{"metadata":{"finalizers":["farm.example.dev/shear","farm.example.dev/count"]}}';
    const refused = await kubectl.run(["patch", "herd", "rams", "--type=merge", "-p", more]);
    expect(refused.stderr).toContain(
      'metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"farm.example.dev/count"}',
    );
    await kubectl.ok(["patch", "herd", "rams", ...noFinalizers]);
    await expectGone("rams");
  });

  test("wait --for=delete ends when the object is gone", async () => {
    await create("ewes", shear);
    await kubectl.ok(["delete", "herd", "ewes", "--wait=false"]);
    const waiting = outcomeOf(kubectl.start(["wait", "--for=delete", "herd/ewes", "--timeout=30s"]));
    await kubectl.ok(["patch", "herd", "ewes", ...noFinalizers]);
    expect(await waiting).toMatchObject({ code: 0 });
  });

  test("wait --for=jsonpath sees the status come", async () => {
    await create("cows");
    const status = ["patch", "herd", "cows", "--subresource=status", "--type=merge", "-p", '{"status":{"animals":2}}'];
    const wait = ["wait", "--for=jsonpath={.status.animals}=2", "herd/cows", "--timeout=30s"];
    if (since(version, 24)) {
      const waiting = outcomeOf(kubectl.start(wait));
      await kubectl.ok(status);
      expect(await waiting).toMatchObject({ code: 0, stdout: "herd.farm.example.dev/cows condition met\n" });
    } else {
      expect((await kubectl.run(wait)).stderr).toMatch(/unrecognized condition/);
      expect((await kubectl.run(status)).stderr).toContain("unknown flag: --subresource");
    }
  });

  test("delete -l removes what the selector chooses, and delete --all the rest", async () => {
    await create("one", "\n  labels: { flock: west }");
    await create("two");
    await kubectl.ok(["delete", "herds", "-l", "flock=west"]);
    await expectGone("one");
    expect(await shown("two", "{.metadata.name}")).toBe("two");
    await kubectl.ok(["delete", "herds", "--all"]);
    expect(await kubectl.ok(["get", "herds", "-o", "name"])).toBe("");
  });

  test("delete --ignore-not-found is content with what is not there", async () => {
    expect(await kubectl.ok(["delete", "herd", "nobody", "--ignore-not-found"])).toBe("");
    const { code, stderr } = await kubectl.run(["delete", "herd", "nobody"]);
    expect([code, stderr]).toEqual([1, 'Error from server (NotFound): herds.farm.example.dev "nobody" not found\n']);
  });

  test("delete --dry-run=server deletes nothing", async () => {
    await create("kept");
    expect(await kubectl.ok(["delete", "herd", "kept", "--dry-run=server"])).toContain("(server dry run)");
    expect(await shown("kept", "{.metadata.name} {.metadata.deletionTimestamp}")).toBe("kept ");
  });
});

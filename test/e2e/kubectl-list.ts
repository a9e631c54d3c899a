import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { outcomeOf, type Kubectl, type KubectlVersion } from "./kubectl.ts";

/** A cat as a person writes it. */
export const lucky = `apiVersion: animal.skai.io/v1alpha1
kind: Cat
metadata:
  name: mycat
spec:
  name: lucky
`;

/** The options that came with later versions of kubectl. */
const since = (version: KubectlVersion, minor: number): boolean => Number(version.slice(2)) >= minor;

/**
 * What people do to cats with kubectl, one test after the other in a namespace `default` without cats; the last leaves
 * none. Call it in a `describe`; `kubectlOf` is asked once the tests run.
 */
export function kubectlList(version: KubectlVersion, kubectlOf: () => Promise<Kubectl>): void {
  let kubectl: Kubectl;

  beforeAll(async () => {
    kubectl = await kubectlOf();
    await writeFile(join(kubectl.folder, "lucky.yaml"), lucky);
  });

  test("api-versions shows the group version", async () => {
    expect(await kubectl.ok(["api-versions"])).toContain("animal.skai.io/v1alpha1\n");
  });

  test("api-resources shows cats with short name, category and verbs", async () => {
    const table = await kubectl.ok(["api-resources", "--api-group=animal.skai.io", "-o", "wide"]);
    expect(table).toMatch(/^cats +ct +animal\.skai\.io\/v1alpha1 +true +Cat /m);
    for (const verb of ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]) {
      expect(table).toContain(verb);
    }
    if (since(version, 25)) {
      const named = await kubectl.ok(["api-resources", "--categories=animals", "-o", "name"]);
      expect(named).toBe("cats.animal.skai.io\n");
    }
  });

  test("explain prints the doc comments", async () => {
    const text = await kubectl.ok(["explain", "cat.spec"]);
    expect(text).toContain("CatSpec is what one wishes of a cat.");
    expect(text).toMatch(/mode\s+<string>/);
    expect(await kubectl.ok(["explain", "cat.spec.toys.squeaks"])).toContain("squeaks is how often it squeaks");
    if (since(version, 25)) {
      const old = await kubectl.ok(["explain", "cat.spec", "--output=plaintext-openapiv2"]);
      expect(old).toContain("what the cat is called");
    }
  });

  test("apply creates, and applied again changes nothing", async () => {
    expect(await kubectl.ok(["apply", "-f", "lucky.yaml"])).toBe("cat.animal.skai.io/mycat created\n");
    expect(await kubectl.ok(["apply", "-f", "lucky.yaml"])).toBe("cat.animal.skai.io/mycat unchanged\n");
  });

  test("get prints the columns of the type", async () => {
    expect(await kubectl.ok(["get", "cat"])).toMatch(/^NAME +CALLED +LIVES +AGE\nmycat +lucky +9 +\d+s\n$/);
    const wide = await kubectl.ok(["get", "cats", "-o", "wide"]);
    expect(wide).toMatch(/^NAME +CALLED +LIVES +BREED +MODE +AGE\nmycat +lucky +9 +(<none>)? +Indoor +\d+s\n$/);
    expect(await kubectl.ok(["get", "ct", "-A", "-o", "name"])).toBe("cat.animal.skai.io/mycat\n");
    expect(await kubectl.ok(["get", "animals", "-o", "name"])).toBe("cat.animal.skai.io/mycat\n");
  });

  test("get -o yaml shows the empty status, the defaults and what was applied", async () => {
    const yaml = await kubectl.ok(["get", "cat", "mycat", "-o", "yaml"]);
    expect(yaml).toMatch(/^status: \{\}$/m);
    expect(yaml).toMatch(/^ {2}lives: 9$/m);
    expect(yaml).toContain("kubectl.kubernetes.io/last-applied-configuration: |");
    expect(yaml).toMatch(/^ {2}generation: 1$/m);
    expect(yaml).toMatch(/^ {2}resourceVersion: "\d+"$/m);
    expect(yaml).toMatch(/^ {2}uid: [0-9a-f-]{36}$/m);
  });

  test("edit changes the object through an editor", async () => {
    const env = { KUBE_EDITOR: "sed -i -e s/lives:.9/lives:\\ 8/" };
    expect(await kubectl.ok(["edit", "cat", "mycat"], { env })).toContain("cat.animal.skai.io/mycat edited");
    expect(await kubectl.ok(["get", "cat", "mycat", "-o", "jsonpath={.spec.lives} {.metadata.generation}"])).toBe(
      "8 2",
    );
  });

  test("patch of both types, label and annotate change what they name", async () => {
    await kubectl.ok(["patch", "cat", "mycat", "--type=merge", "-p", '{"spec":{"nicknames":["lu"]}}']);
    const operations = '[{"op":"add","path":"/spec/nicknames/-","value":"lucy"}]';
    await kubectl.ok(["patch", "cat", "mycat", "--type=json", "-p", operations]);
    await kubectl.ok(["label", "cat", "mycat", "home=barn"]);
    await kubectl.ok(["annotate", "cat", "mycat", "vet=dr-doe"]);
    const shown = ["-o", "jsonpath={.spec.nicknames} {.metadata.labels.home} {.metadata.annotations.vet}"];
    expect(await kubectl.ok(["get", "cat", "-l", "home=barn", "--no-headers", "-o", "name"])).toContain("mycat");
    expect(await kubectl.ok(["get", "cat", "mycat", ...shown])).toBe('["lu","lucy"] barn dr-doe');
  });

  test("replace writes the whole object, and refuses a stale one", async () => {
    const current = await kubectl.ok(["get", "cat", "mycat", "-o", "json"]);
    const changed = current.replace('"lives": 8', '"lives": 7');
    expect(await kubectl.ok(["replace", "-f", "-"], { input: changed })).toContain("replaced");
    const stale = await kubectl.run(["replace", "-f", "-"], { input: changed });
    expect(stale.code).toBe(1);
    expect(stale.stderr).toContain(
      'Operation cannot be fulfilled on cats.animal.skai.io "mycat": the object has been modified; ' +
        "please apply your changes to the latest version and try again",
    );
  });

  test("get -w sees changes live", async () => {
    const watch = kubectl.start(["get", "cats", "-w", "--no-headers"]);
    let seen = "";
    watch.stdout?.on("data", (chunk: Buffer) => (seen += chunk.toString()));
    await until(() => /mycat +lucky +7/.test(seen));
    await kubectl.ok(["patch", "cat", "mycat", "--type=merge", "-p", '{"spec":{"lives":6}}']);
    await until(() => /mycat +lucky +6/.test(seen));
    watch.kill();
    await once(watch, "exit");
  });

  test("wait ends when the condition is there", async () => {
    const waiting = outcomeOf(kubectl.start(["wait", "--for=condition=Fed", "cat/mycat", "--timeout=30s"]));
    const cat = JSON.parse(await kubectl.ok(["get", "cat", "mycat", "-o", "json"])) as { status: object };
    const condition = {
      type: "Fed",
      status: "True",
      reason: "Dinner",
      message: "",
      lastTransitionTime: "2026-01-02T03:04:05Z",
    };
    const path = "/apis/animal.skai.io/v1alpha1/namespaces/default/cats/mycat/status";
    await writeFile(join(kubectl.folder, "fed.json"), JSON.stringify({ ...cat, status: { conditions: [condition] } }));
    await kubectl.ok(["replace", "--raw", path, "-f", "fed.json"]);
    expect(await waiting).toMatchObject({ code: 0, stdout: "cat.animal.skai.io/mycat condition met\n" });
    const shown = ["-o", "jsonpath={.status.conditions[0].type} {.metadata.generation}"];
    const generation = (cat as { metadata?: { generation?: number } }).metadata?.generation;
    expect(await kubectl.ok(["get", "cat", "mycat", ...shown])).toBe(`Fed ${generation}`);
  });

  test("a bad cat is refused with all its field errors", async () => {
    const bad = lucky.replace("mycat", "Bad_Name").replace("name: lucky", 'name: ""\n  lives: 12\n  mode: Orbital');
    const refused = await kubectl.run(["create", "--validate=false", "-f", "-"], { input: bad });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('The Cat "Bad_Name" is invalid:');
    for (const text of [
      'metadata.name: Invalid value: "Bad_Name": a lowercase RFC 1123 subdomain must consist of',
      'spec.name: Invalid value: "": must be specify',
      "spec.lives: Invalid value: 12: must be less than or equal to 9",
      'spec.mode: Unsupported value: "Orbital": supported values: "Indoor", "Outdoor"',
    ]) {
      expect(refused.stderr).toContain(text);
    }
  });

  test("an immutable field cannot change, and an unknown one is named", async () => {
    await kubectl.ok(["patch", "cat", "mycat", "--type=merge", "-p", '{"spec":{"lives":5}}']);
    const immutable = await kubectl.run(["patch", "cat", "mycat", "--type=merge", "-p", '{"spec":{"breed":"tabby"}}']);
    expect(immutable.stderr).toContain("spec.breed: Invalid value");
    expect(immutable.stderr).toContain("field is immutable");
    const unknown = await kubectl.run(["apply", "-f", "-"], { input: `${lucky}  colour: red\n` });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toMatch(/unknown field "?(spec\.)?colour/);
  });

  test("diff and a server-side dry run show the change and do not make it", async () => {
    const input = lucky.replace("lucky", "unlucky");
    const difference = await kubectl.run(["diff", "-f", "-"], { input });
    expect(difference.code, difference.stderr).toBe(1);
    expect(difference.stdout).toMatch(/^\+ {2}name: unlucky$/m);
    expect(await kubectl.ok(["apply", "--dry-run=server", "-f", "-"], { input })).toContain("(server dry run)");
    expect(await kubectl.ok(["get", "cat", "mycat", "-o", "jsonpath={.spec.name}"])).toBe("lucky");
  });

  test("selectors and chunks choose and page", async () => {
    const cats = Array.from({ length: 12 }, (_, i) => lucky.replace("mycat", `cat-${i}`)).join("---\n");
    await kubectl.ok(["create", "-f", "-"], { input: cats });
    expect(
      (await kubectl.ok(["get", "cats", "--chunk-size=5", "-o", "name"])).split("\n").filter(Boolean),
    ).toHaveLength(13);
    const one = await kubectl.ok(["get", "cats", "--field-selector=metadata.name=cat-3", "-o", "name"]);
    expect(one).toBe("cat.animal.skai.io/cat-3\n");
  });

  test("delete removes one, and all that is left", async () => {
    expect(await kubectl.ok(["delete", "cat", "mycat"])).toMatch(/^cat\.animal\.skai\.io "mycat" deleted/);
    const gone = await kubectl.run(["get", "cat", "mycat"]);
    expect(gone.stderr).toBe('Error from server (NotFound): cats.animal.skai.io "mycat" not found\n');
    await kubectl.ok(["delete", "cats", "--all"]);
    expect(await kubectl.ok(["get", "cats", "-A", "-o", "name"])).toBe("");
  });
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("what was waited for did not come in 20 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

import { afterEach, beforeEach, expect, test } from "vitest";
import { clusterClient, type ClusterClient } from "../../runtime/cluster/client.ts";
import { reflect, type Reflected } from "../../runtime/cluster/reflector.ts";
import { startKubeApi, status, until, type Asked, type KubeApi } from "./kube-api.ts";

interface Thing {
  readonly name: string;
  readonly text: string;
}

let api: KubeApi;
let client: ClusterClient;
let things: Reflected<Thing>;
let told: string[];
/** Requests for the list and for watches, each answered by the first entry, or the last of them. */
let lists: ((asked: Asked) => void)[];
let watches: ((asked: Asked) => void)[];

beforeEach(async () => {
  told = [];
  lists = [];
  watches = [quiet];
  api = await startKubeApi((asked) => {
    const queue = asked.url.searchParams.has("watch") ? watches : lists;
    const answer = queue.length > 1 ? queue.shift() : queue[0];
    answer?.(asked);
  });
  client = clusterClient(api.config);
});

afterEach(async () => {
  things.close();
  client.close();
  await api.close();
});

function start(): Reflected<Thing> {
  things = reflect(client, {
    path: "/api/v1/things",
    query: "fieldSelector=a%3Db",
    what: "things",
    tell: (line) => told.push(line),
    decode: (object) => {
      const { metadata, text } = object as { metadata: { name: string }; text?: string };
      if (text === undefined) throw new Error("no text");
      return { name: metadata.name, text };
    },
  });
  return things;
}

function thing(name: string, revision: number, text = "x"): object {
  const namespace = name.includes("/") ? { namespace: name.split("/")[0] } : {};
  return { metadata: { name: name.split("/").at(-1), ...namespace, resourceVersion: String(revision) }, text };
}

function list(revision: number, items: object[], next = ""): (asked: Asked) => void {
  return ({ json }) => json(200, { metadata: { resourceVersion: String(revision), continue: next }, items });
}

function quiet({ response }: Asked): void {
  response.writeHead(200).flushHeaders();
}

/** A watch that stays open after its events. */
function events(...sent: [type: string, object: object][]): (asked: Asked) => void {
  return ({ response }) => {
    response.writeHead(200).flushHeaders();
    for (const [type, object] of sent) response.write(`${JSON.stringify({ type, object })}\n`);
  };
}

function broken(...sent: [type: string, object: object][]): (asked: Asked) => void {
  return (asked) => {
    events(...sent)(asked);
    setImmediate(() => asked.response.end());
  };
}

const contents = (): string[] =>
  things
    .list()
    .map(({ name, text }) => `${name}=${text}`)
    .sort();
const queryOf = (line: string | undefined): URLSearchParams =>
  new URL(line?.split(" ")[1] ?? "/", "https://x").searchParams;

test("what is listed is there, by name or by namespace and name", async () => {
  lists = [list(5, [thing("a", 1), thing("ns/b", 2)])];
  expect(start().hasSynced).toBe(false);
  await things.synced;
  expect(things.hasSynced).toBe(true);
  expect(things.get("a")).toEqual({ name: "a", text: "x" });
  expect(things.get("ns/b")).toEqual({ name: "b", text: "x" });
  expect(things.get("b")).toBeUndefined();
  expect(things.list()).toBe(things.list());
  expect(Object.fromEntries(queryOf(api.asked[0]))).toEqual({ fieldSelector: "a=b", resourceVersion: "0" });
});

test("the watch begins where the list ends, asks for bookmarks, and lasts five to ten minutes", async () => {
  lists = [list(5, [])];
  await start().synced;
  await until(() => api.asked.length === 2);
  const { timeoutSeconds, ...query } = Object.fromEntries(queryOf(api.asked[1]));
  expect(query).toEqual({ fieldSelector: "a=b", watch: "true", allowWatchBookmarks: "true", resourceVersion: "5" });
  expect(Number(timeoutSeconds)).toBeGreaterThanOrEqual(300);
  expect(Number(timeoutSeconds)).toBeLessThanOrEqual(600);
});

test("events change what is there, and its generation", async () => {
  lists = [list(5, [thing("a", 1), thing("b", 2)])];
  watches = [events(["ADDED", thing("c", 6)], ["MODIFIED", thing("a", 7, "y")], ["DELETED", thing("b", 8)])];
  await start().synced;
  const { generation } = things;
  await until(() => things.get("b") === undefined);
  expect(contents()).toEqual(["a=y", "c=x"]);
  expect(things.generation).toBeGreaterThan(generation);
});

test("after a watch has ended the next goes on from the last event or bookmark", async () => {
  lists = [list(5, [])];
  watches = [broken(["ADDED", thing("a", 6)], ["BOOKMARK", thing("", 9)]), broken(["ADDED", thing("b", 11)]), quiet];
  await start().synced;
  await until(() => api.asked.length === 4);
  expect(api.asked.slice(1).map((line) => queryOf(line).get("resourceVersion"))).toEqual(["5", "9", "11"]);
  expect(contents()).toEqual(["a=x", "b=x"]);
  expect(told).toEqual([]);
});

test("a revision that is too old is listed anew from the store; what is the same stays the same object", async () => {
  lists = [list(5, [thing("a", 1), thing("b", 2)]), list(20, [thing("a", 1), thing("c", 15)])];
  watches = [events(["ERROR", status(410, "Expired", "too old resource version")]), quiet];
  await start().synced;
  const before = things.get("a");
  await until(() => things.get("c") !== undefined);
  expect(contents()).toEqual(["a=x", "c=x"]);
  expect(things.get("a")).toBe(before);
  expect(queryOf(api.asked[2]).get("resourceVersion")).toBeNull();
  await until(() => api.asked.length === 4);
  expect(queryOf(api.asked[3]).get("resourceVersion")).toBe("20");
});

test("a list that comes in pages is whole before it counts", async () => {
  lists = [
    ({ json }) => json(504, status(504, "Timeout", "Too large resource version")),
    list(5, [thing("a", 1)], "next"),
    list(5, [thing("b", 2)]),
  ];
  await start().synced;
  expect(contents()).toEqual(["a=x", "b=x"]);
  expect(Object.fromEntries(queryOf(api.asked[1]))).toEqual({ fieldSelector: "a=b", limit: "500" });
  expect(Object.fromEntries(queryOf(api.asked[2]))).toEqual({ fieldSelector: "a=b", limit: "500", continue: "next" });
});

test("without the right to list the missing rule is named, and it goes on once it is granted", async () => {
  const message =
    'things.example.com is forbidden: User "system:serviceaccount:default:x" cannot list resource "things" in API group "example.com" in the namespace "kube-system"';
  lists = [({ json }) => json(403, status(403, "Forbidden", message)), list(5, [thing("a", 1)])];
  start();
  await until(() => things.trouble !== undefined);
  const trouble =
    "cannot list things: grant get, list, watch on things (example.com) in namespace kube-system to system:serviceaccount:default:x";
  expect(things.trouble).toBe(trouble);
  expect(things.hasSynced).toBe(false);
  await things.synced;
  await until(() => things.trouble === undefined);
  expect(told).toEqual([trouble, "things can be read again"]);
});

test("without the right to watch the contents are kept, and the missing rule is named once", async () => {
  const message =
    'namespaces is forbidden: User "ann" cannot watch resource "namespaces" in API group "" at the cluster scope';
  lists = [list(5, [thing("a", 1)])];
  watches = [({ json }) => json(403, status(403, "Forbidden", message))];
  await start().synced;
  await until(() => things.trouble !== undefined);
  const trouble = "cannot watch things: grant get, list, watch on namespaces (core) to ann";
  expect(things.trouble).toBe(trouble);
  expect(contents()).toEqual(["a=x"]);
  await until(() => api.asked.length >= 4);
  expect(told).toEqual([trouble]);
});

test("a server that goes away and comes back loses nothing", async () => {
  lists = [list(5, [thing("a", 1)])];
  watches = [({ request }) => request.socket.destroy(), events(["ADDED", thing("b", 6)])];
  await start().synced;
  await until(() => things.trouble !== undefined);
  expect(things.trouble).toContain(`cannot watch things: https://127.0.0.1:${api.port}: `);
  await until(() => things.get("b") !== undefined);
  expect(contents()).toEqual(["a=x", "b=x"]);
  expect(things.trouble).toBeUndefined();
  expect(queryOf(api.asked[2]).get("resourceVersion")).toBe("5");
});

test("a watch that ends at once is not asked for again without pause", async () => {
  lists = [list(5, [])];
  watches = [broken(), quiet];
  await start().synced;
  const beganMs = performance.now();
  await until(() => api.asked.length === 3);
  expect(performance.now() - beganMs).toBeGreaterThan(300);
});

test("an object that cannot be read is told of, and the others are there", async () => {
  lists = [list(5, [thing("a", 1), { metadata: { name: "b", resourceVersion: "2" } }])];
  await start().synced;
  expect(contents()).toEqual(["a=x"]);
  expect(told).toEqual(["things: b cannot be read: Error: no text"]);
});

test("closing ends the watch, and nothing is asked any more", async () => {
  lists = [list(5, [])];
  let ended = false;
  watches = [
    (asked) => {
      asked.request.socket.once("close", () => (ended = true));
      quiet(asked);
    },
  ];
  await start().synced;
  await until(() => api.asked.length === 2);
  things.close();
  await until(() => ended);
  expect(api.asked).toHaveLength(2);
  expect(told).toEqual([]);
});

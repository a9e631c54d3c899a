import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import { storeFor, type Store } from "../../runtime/registry/store.ts";
import type { ResourceTarget } from "../../runtime/rest/target.ts";
import type { Conversion } from "../../runtime/scheme/conversion.ts";
import type { ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import { encodedJson } from "../../runtime/scheme/encoded.ts";
import { createScheme, type Scheme } from "../../runtime/scheme/scheme.ts";
import { openLmdbStorage } from "../../runtime/storage/lmdb.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { allow, listOptions, request } from "../registry/request.ts";
import { newWidget, widgetOf, widgetScheme } from "../registry/widget.ts";
import { temporaryFolder } from "../storage/temporary-folder.ts";
import { widgetApp, widgets } from "./widget-app.ts";

/** How often objects were read from what is stored, and converted into the version that is served. */
const counts = { decoded: 0, converted: 0 };

/** Widgets whose author's functions, and generated ones, count their calls. */
function countingScheme(): Scheme {
  const { groupVersions } = widgetScheme();
  const counting = (descriptor: ResourceDescriptor): ResourceDescriptor => ({
    ...descriptor,
    decode(value, report) {
      // Objects in which nothing is set are made by decoding nothing.
      if (hasName(value)) counts.decoded++;
      return descriptor.decode(value, report);
    },
    ...(descriptor.conversion === undefined ? {} : { conversion: countingConversion(descriptor.conversion) }),
  });
  return createScheme(groupVersions.map((each) => ({ ...each, resources: each.resources.map(counting) })));
}

function hasName(value: { readonly metadata?: { readonly name?: unknown } }): boolean {
  return value.metadata?.name !== undefined;
}

function countingConversion(conversion: Conversion): Conversion {
  return {
    toStorage: (served) => conversion.toStorage(served),
    fromStorage(stored) {
      counts.converted++;
      return conversion.fromStorage(stored);
    },
  };
}

const scheme = countingScheme();
const storage = memoryStorage();
const stores = { v1: storeOf("v1"), v1beta1: storeOf("v1beta1") };
const targets: ResourceTarget[] = [stores.v1, stores.v1beta1].map((store) => ({
  scheme,
  descriptor: store.kind.descriptor,
  subresource: "",
  storage: store,
}));
const app = widgetApp({ scheme, targets });
/** What is handed to Node to be sent, answer by answer. */
const answers: Uint8Array[][] = [];
/** What is handed to Node connection by connection, but for what it makes of an answer itself. */
const connections: Uint8Array[][] = [];
let port: number;

function storeOf(version: "v1" | "v1beta1"): Store {
  return storeFor(widgetOf(scheme, version), { scheme, storage });
}

beforeAll(async () => {
  app.server.prependListener("request", (_request: IncomingMessage, response: ServerResponse) => witness(response));
  app.server.prependListener("connection", (socket: Socket) => witnessConnection(socket));
  await app.listen({ host: "127.0.0.1", port: 0 });
  port = (app.server.address() as AddressInfo).port;
  for (const name of ["a", "b", "c"]) await create(stores.v1, name);
});

afterAll(() => app.close());

function create(store: Store, name: string): Promise<KubeObject> {
  return store.create(request(), newWidget({ name }), allow, {
    dryRun: false,
    fieldManager: "",
    fieldValidation: "Ignore",
  });
}

function witness(response: ServerResponse): void {
  const chunks: Uint8Array[] = [];
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  answers.push(chunks);
  Object.assign(response, {
    write(chunk: Uint8Array): boolean {
      chunks.push(chunk);
      return write(chunk);
    },
    end(chunk?: Uint8Array): ServerResponse {
      if (chunk !== undefined) chunks.push(chunk);
      return end(chunk);
    },
  });
}

function witnessConnection(socket: Socket): void {
  const chunks: Uint8Array[] = [];
  const write = socket.write.bind(socket);
  connections.push(chunks);
  Object.assign(socket, {
    write(chunk: Uint8Array | string, ...rest: []): boolean {
      if (typeof chunk !== "string") chunks.push(chunk);
      return write(chunk, ...rest);
    },
  });
}

/** What the answer to a request was made of, once it is there. */
async function written(path: string): Promise<readonly Uint8Array[]> {
  const before = answers.length;
  const [response] = (await once(http.get({ port, path, agent: false }), "response")) as [IncomingMessage];
  await once(response.resume(), "end");
  return answers[before] ?? [];
}

/** Begins watches; resolves once each has got what there is. */
function watchTimes(count: number, path: string): Promise<readonly http.ClientRequest[]> {
  return Promise.all(Array.from({ length: count }, () => watchFrom(path)));
}

async function watchFrom(path: string): Promise<http.ClientRequest> {
  const begun = http.get({ port, path, agent: false });
  const [response] = (await once(begun, "response")) as [IncomingMessage];
  begun.on("error", () => undefined);
  await once(response, "data");
  return begun;
}

test("every GET of an object at one revision writes the very bytes that were made once", async () => {
  const bytes = encodedJson(await stores.v1.get(request(), "a", { resourceVersion: "" }));
  for (const _ of [1, 2]) {
    const chunks = await written(`${widgets}/a`);
    expect(chunks).toHaveLength(1);
    expect(chunks[0]).toBe(bytes);
  }
});

test("an object of another revision has other bytes", async () => {
  const before = await written(`${widgets}/c`);
  await stores.v1.delete(request(), "c", allow, {
    dryRun: false,
    gracePeriodSeconds: undefined,
    preconditions: {},
    orphanDependents: undefined,
    propagationPolicy: "",
  });
  await create(stores.v1, "c");
  const after = await written(`${widgets}/c`);
  expect(Buffer.from(after[0] ?? []).toString()).not.toBe(Buffer.from(before[0] ?? []).toString());
});

test("an event is encoded once, and every watcher is sent the same bytes", async () => {
  const watchers = 5;
  const before = connections.length;
  const watching = await watchTimes(watchers, `${widgets}?watch=1`);
  // The second comes to watches that have caught up.
  for (const name of ["watched", "followed"]) {
    await create(stores.v1, name);
    const last = (): (Uint8Array | undefined)[] => connections.slice(before).map((chunks) => chunks.at(-1));
    await expect.poll(() => last().every((chunk) => Buffer.from(chunk ?? []).includes(name))).toBe(true);
    expect(last()).toHaveLength(watchers);
    expect(new Set(last()).size).toBe(1);
  }
  for (const each of watching) each.destroy();
});

test("an object is read and converted once for each version, however often and by whatever verb it is asked for", async () => {
  const path = "/apis/example.dev/v1beta1/namespaces/ns/widgets";
  await create(stores.v1, "converted");
  await written(path);
  const before = { ...counts };
  for (const _ of [1, 2, 3]) {
    await written(`${path}/converted`);
    await written(path);
  }
  for (const each of await watchTimes(3, `${path}?watch=1&resourceVersion=0`)) each.destroy();
  expect(counts).toEqual(before);
  await create(stores.v1, "new");
  for (const _ of [1, 2, 3]) await written(path);
  // The answer to the create is of the other version.
  expect(counts).toEqual({ decoded: before.decoded + 2, converted: before.converted + 1 });
});

test("what LMDB stores is read once too, while it is remembered", async () => {
  const lmdb: Storage = await openLmdbStorage({ folder: temporaryFolder() });
  const store = storeFor(widgetOf(scheme, "v1"), { scheme, storage: lmdb });
  await create(store, "a");
  const first = await store.get(request(), "a", { resourceVersion: "" });
  expect(await store.get(request(), "a", { resourceVersion: "" })).toBe(first);
  expect((await store.list(request(), listOptions())).items[0]).toBe(first);
  await lmdb.close();
});

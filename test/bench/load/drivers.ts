import { counterPlace, flunder } from "../flunders.ts";
import type { Lane, Template } from "./exchange.ts";
import type { ChangeVerb, Plan } from "./job.ts";

/** Says what one client sends, request by request. */
export interface Driver {
  /** How much of the beginning of each body it wants to see. */
  readonly wantsBytes: number;
  /** What to send next; `seen` is the beginning of the last body, empty before the first. */
  next(seen: string): void;
}

/** A client's lane, and which of the clients it is. */
export interface Client {
  readonly lane: Lane;
  readonly number: number;
  /** Gives the next number that no client has had. */
  readonly takeOrdinal: () => number;
}

const json = { "Content-Type": "application/json" };

/** The driver that carries out a plan for one client. */
export function driverFor(plan: Plan, client: Client): Driver {
  switch (plan.kind) {
    case "get": {
      const template = client.lane.prepare({ method: "GET", path: plan.path, ...withHeaders(plan.headers) });
      return { wantsBytes: 0, next: () => client.lane.send(template) };
    }
    case "create":
      return creating(plan, client);
    case "update":
    case "patch":
    case "apply":
      return changing(plan, client);
    case "pages":
      return paging(plan, client);
  }
}

function withHeaders(headers: Readonly<Record<string, string>> | undefined): {
  headers?: Readonly<Record<string, string>>;
} {
  return headers === undefined ? {} : { headers };
}

function creating(plan: Extract<Plan, { kind: "create" }>, { lane, takeOrdinal }: Client): Driver {
  const templates = plan.collections.map((path) => lane.prepare({ method: "POST", path, headers: json }));
  return {
    wantsBytes: 0,
    next() {
      const ordinal = takeOrdinal();
      const template = templates[Math.floor(ordinal / namesPerTurn) % templates.length] ?? { head: Buffer.alloc(0) };
      lane.send(template, Buffer.from(flunder(`${plan.prefix}-${ordinal}`, ordinal, plan.bytes)));
    },
  };
}

/** So many objects of consecutive numbers come into one collection before the next one has its turn. */
const namesPerTurn = 1000;

const changes: Record<ChangeVerb, { method: "PUT" | "PATCH"; contentType: string; query: string }> = {
  update: { method: "PUT", contentType: "application/json", query: "" },
  patch: { method: "PATCH", contentType: "application/merge-patch+json", query: "" },
  apply: { method: "PATCH", contentType: "application/apply-patch+yaml", query: "?fieldManager=bench&force=true" },
};

function changing(plan: Extract<Plan, { kind: ChangeVerb }>, { lane, number }: Client): Driver {
  const { method, contentType, query } = changes[plan.kind];
  const name = `${plan.prefix}-${number}`;
  const path = `${plan.collection}/${name}${query}`;
  const create = lane.prepare({ method: "POST", path: plan.collection, headers: json });
  const change = lane.prepare({ method, path, headers: { "Content-Type": contentType } });
  const body = changeBodies(plan, name);
  let counter = 0;
  return {
    wantsBytes: plan.kind === "update" ? 1024 : 0,
    next(seen) {
      if (counter === 0) lane.send(create, Buffer.from(flunder(name, number + 1_000, plan.bytes)));
      else lane.send(change, body(counter, seen));
      counter++;
    },
  };
}

/** Bodies that differ in a counter, and for an update in the version that it replaces. */
function changeBodies(plan: Extract<Plan, { kind: ChangeVerb }>, name: string): (n: number, seen: string) => Buffer {
  const whole = plan.kind === "patch" ? `{"spec":{"reference":"${counterPlace}"}}` : flunder(name, 1_000, plan.bytes);
  const [start = "", end = ""] = whole.split(`"${counterPlace}"`);
  const counted = (n: number): string => `"${String(n).padStart(counterPlace.length, "0")}"`;
  if (plan.kind !== "update") return (n) => Buffer.from(start + counted(n) + end);
  return (n, seen) => {
    const version = /"resourceVersion":"(\d+)"/.exec(seen)?.[1];
    if (version === undefined) throw new Error(`an object without resourceVersion: ${seen}`);
    const versioned = start.replace(`"name":`, `"resourceVersion":"${version}","name":`);
    return Buffer.from(versioned + counted(n) + end);
  };
}

function paging({ path, limit }: Extract<Plan, { kind: "pages" }>, { lane }: Client): Driver {
  const firstPage = `${path}${path.includes("?") ? "&" : "?"}limit=${limit}`;
  const first: Template = lane.prepare({ method: "GET", path: firstPage });
  return {
    wantsBytes: 1024,
    next(seen) {
      const token = /"continue":"([^"]+)"/.exec(seen)?.[1];
      if (token === undefined) lane.send(first);
      else lane.send(lane.prepare({ method: "GET", path: `${firstPage}&continue=${encodeURIComponent(token)}` }));
    },
  };
}

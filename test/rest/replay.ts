import { readFileSync } from "node:fs";
import { fieldManagerOf } from "../../runtime/http/field-manager.ts";
import type { WriteOptions } from "../../runtime/meta/options.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { KubeList, KubeObject, Status } from "../../runtime/meta/v1.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { deleteCollection } from "../../runtime/rest/delete-collection.ts";
import { parseDeleteOptions } from "../../runtime/rest/delete-options.ts";
import { deleteObject } from "../../runtime/rest/delete.ts";
import { getObject } from "../../runtime/rest/get.ts";
import { listObjects } from "../../runtime/rest/list.ts";
import { parseGetOptions, parseListOptions, parsePatchOptions, parseWriteOptions } from "../../runtime/rest/options.ts";
import { partialMetadataListOf, partialMetadataOf } from "../../runtime/rest/partial-metadata.ts";
import { patchObject } from "../../runtime/rest/patch.ts";
import { parseIncludeObject, tableOf } from "../../runtime/rest/table.ts";
import type { PatchType, RequestBody, ResourceTarget } from "../../runtime/rest/target.ts";
import { updateObject } from "../../runtime/rest/update.ts";
import { now, request, type Targets, type TestContext } from "./requests.ts";

/** One request of `cases.mjs`. */
export interface Case {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: Record<string, string | null>;
  readonly body?: unknown;
  readonly cap?: Record<string, string | ((body: unknown) => string)>;
  readonly watch?: boolean;
}

/** What a request is answered. */
export interface Answer {
  readonly status: number;
  readonly body: object;
  readonly warnings: readonly string[];
}

/** What the Go server answered. */
export interface Recorded {
  readonly id: string;
  readonly response: { status: number; headers: Record<string, unknown>; body?: object };
}

/** All recorded exchanges by their case. */
export function recordings(): ReadonlyMap<string, Recorded> {
  const text = readFileSync(new URL("../exchanges/recording.json", import.meta.url), "utf8");
  const { cases } = JSON.parse(text) as { cases: Recorded[] };
  return new Map(cases.map((recorded) => [recorded.id, recorded]));
}

/** The requests, in order. */
export async function requests(): Promise<readonly Case[]> {
  const url = new URL("../exchanges/cases.mjs", import.meta.url);
  const { cases } = (await import(url.href)) as { cases: Case[] };
  return cases;
}

const patchTypes: Record<string, PatchType> = {
  "application/json-patch+json": "json",
  "application/merge-patch+json": "merge",
  "application/strategic-merge-patch+json": "strategic",
  "application/apply-patch+yaml": "apply",
};

const resourcePath =
  /^\/apis\/wardle\.example\.com\/(v1alpha1|v1beta1)(?:\/namespaces\/([^/]+))?\/(flunders|fischers)(?:\/([^/]+))?$/;

/** Answers one request after the other as a server would, without HTTP. */
export class Replay {
  readonly #targets: Targets;
  readonly #variables = new Map<string, string>();

  constructor(targets: Targets) {
    this.#targets = targets;
  }

  /** The answer to a request; undefined for those that are not about objects. */
  async send(sent: Case): Promise<Answer | undefined> {
    const url = new URL(this.#fill(sent.path), "http://localhost");
    const match = resourcePath.exec(decodeURIComponent(url.pathname));
    if (match === null) return undefined;
    const [, version, namespace = "", plural, name = ""] = match;
    const { flunders, olderFlunders, fischers } = this.#targets;
    const target = plural === "fischers" ? fischers : version === "v1beta1" ? olderFlunders : flunders;
    if (target === fischers && namespace !== "") return undefined;
    if (target !== fischers && namespace === "" && (name !== "" || sent.method !== "GET")) return undefined;
    const context = request(namespace);
    const answer = await this.#answer(sent, { target, context, name, query: url.searchParams });
    if (answer !== undefined) this.#capture(sent, answer.body);
    return answer;
  }

  async #answer(sent: Case, call: Call): Promise<Answer | undefined> {
    const { warnings } = call.context;
    try {
      const result = await this.#dispatch(sent, call);
      if (result === undefined) return undefined;
      const { target, query } = call;
      const body = transformed(target, result.value, sent.headers?.["Accept"] ?? "", query);
      return { status: result.status, body, warnings };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      return { status: error.status.code ?? 0, body: error.status, warnings };
    }
  }

  async #dispatch(sent: Case, { target, context, name, query }: Call): Promise<Result | undefined> {
    const body = this.#body(sent);
    switch (`${sent.method} ${name === "" ? "collection" : "name"}`) {
      case "GET name":
        return { status: 200, value: await getObject(target, context, name, parseGetOptions(query)) };
      case "GET collection": {
        const options = parseListOptions(query, target.descriptor, "");
        return { status: 200, value: await listObjects(target, context, options) };
      }
      case "POST collection": {
        const options = managed(parseWriteOptions(query, "CreateOptions"), sent);
        return { status: 201, value: await createObject(target, context, body, options) };
      }
      case "PUT name": {
        const options = managed(parseWriteOptions(query, "UpdateOptions"), sent);
        const { object, created } = await updateObject(target, context, name, body, options);
        return { status: created ? 201 : 200, value: object };
      }
      case "PATCH name": {
        const type = patchTypes[sent.headers?.["Content-Type"] ?? ""];
        if (type === undefined) return undefined;
        const options = managed(parsePatchOptions(query, type), sent);
        const { object, created } = await patchObject(target, context, name, { type, bytes: body.bytes }, options);
        return { status: created ? 201 : 200, value: object };
      }
      case "DELETE name": {
        const options = parseDeleteOptions(query, body, target.scheme);
        const { answer, code } = await deleteObject(target, context, name, options);
        return { status: code, value: answer };
      }
      case "DELETE collection": {
        const selection = parseListOptions(query, target.descriptor, "");
        const options = parseDeleteOptions(query, body, target.scheme);
        return { status: 200, value: await deleteCollection(target, context, options, selection) };
      }
      default:
        return undefined;
    }
  }

  #body({ body, headers }: Case): RequestBody {
    const text = body === undefined ? "" : this.#fill(typeof body === "string" ? body : JSON.stringify(body));
    const mediaType = headers?.["Content-Type"] === "application/yaml" ? "application/yaml" : "application/json";
    return { bytes: new TextEncoder().encode(text), mediaType };
  }

  #fill(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => this.#variables.get(name) ?? "");
  }

  #capture({ cap = {} }: Case, body: unknown): void {
    for (const [name, path] of Object.entries(cap)) {
      if (typeof path !== "string" || path.startsWith("@")) continue;
      const value = path
        .split(".")
        .reduce((at: unknown, field) => (at as Record<string, unknown> | undefined)?.[field], body);
      if (typeof value === "string") this.#variables.set(name, value);
    }
  }
}

/** The options with the manager that HTTP takes from the client's name; that of the recording's client if it has none. */
function managed<Options extends WriteOptions>(options: Options, { headers }: Case): Options {
  return { ...options, fieldManager: fieldManagerOf(options.fieldManager, headers?.["User-Agent"] ?? "golden/1.0") };
}

interface Call {
  readonly target: ResourceTarget;
  readonly context: TestContext;
  readonly name: string;
  readonly query: URLSearchParams;
}

interface Result {
  readonly status: number;
  readonly value: KubeObject | KubeList | Status;
}

function transformed(target: ResourceTarget, value: Result["value"], accept: string, query: URLSearchParams): object {
  const [, kind, version] = /as=(\w+);v=(v1|v1beta1);/.exec(accept) ?? [];
  if (isStatus(value) || kind === undefined || (version !== "v1" && version !== "v1beta1")) return value;
  if (kind === "Table") {
    return tableOf(target.descriptor, value, { includeObject: parseIncludeObject(query), headers: true, version }, now);
  }
  const make = kind === "PartialObjectMetadata" ? partialMetadataOf : partialMetadataListOf;
  return make(target.descriptor, value, version);
}

function isStatus(value: Result["value"]): value is Status {
  return value.kind === "Status";
}

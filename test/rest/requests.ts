import { expect } from "vitest";
import { StatusError } from "../../runtime/meta/status-error.ts";
import type { Status } from "../../runtime/meta/v1.ts";
import { storeFor } from "../../runtime/registry/store.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Admission } from "../../runtime/admission/admission.ts";
import { kindSchemas } from "../../runtime/rest/kind-schemas.ts";
import type { RequestBody, ResourceTarget } from "../../runtime/rest/target.ts";
import type { RequestContext } from "../../runtime/scheme/request-context.ts";
import type { Scheme } from "../../runtime/scheme/scheme.ts";
import { descriptorOf, wardleScheme, type FlunderChanges } from "./wardle.ts";

/** The server's clock in tests. */
export const now = new Date("2026-01-02T15:04:05.678Z");

/** The resources of a server in memory. */
export interface Targets {
  readonly scheme: Scheme;
  readonly flunders: ResourceTarget;
  readonly olderFlunders: ResourceTarget;
  readonly fischers: ResourceTarget;
}

/** Fresh resources, of which a test may change the flunders, and who is asked about them. */
export function targets(changes: FlunderChanges & { readonly admission?: Admission } = {}): Targets {
  const scheme = wardleScheme(changes);
  const storage = memoryStorage();
  const schemas = kindSchemas(scheme);
  const { admission } = changes;
  const target = (plural: string, version: string): ResourceTarget => {
    const descriptor = descriptorOf(scheme, plural, version);
    return {
      scheme,
      descriptor,
      subresource: "",
      storage: storeFor(descriptor, { scheme, storage }),
      schemas: schemas(descriptor, ""),
      authorizeCreate: async () => undefined,
      ...(admission === undefined ? {} : { admission }),
    };
  };
  return {
    scheme,
    flunders: target("flunders", "v1alpha1"),
    olderFlunders: target("flunders", "v1beta1"),
    fischers: target("fischers", "v1alpha1"),
  };
}

/** A request, and what its answer warns of. */
export interface TestContext extends RequestContext {
  readonly warnings: string[];
}

/** A request of a user in a namespace, at a fixed time. */
export function request(namespace = "ns"): TestContext {
  const warnings: string[] = [];
  return {
    user: { name: "alice", uid: "", groups: [], extra: {} },
    namespace,
    signal: new AbortController().signal,
    now: () => now,
    warn: (text) => void warnings.push(text),
    warnings,
  };
}

/** A body: JSON of a value, or a text as it is. */
export function body(content: unknown, mediaType: RequestBody["mediaType"] = "application/json"): RequestBody {
  return { bytes: bytesOf(content), mediaType };
}

/** The bytes of a text, or of a value's JSON. */
export function bytesOf(content: unknown): Uint8Array {
  return new TextEncoder().encode(typeof content === "string" ? content : JSON.stringify(content));
}

/** A flunder as a client sends it. */
export function flunder(name: string, metadata: object = {}, spec: object = {}): object {
  return { apiVersion: "wardle.example.com/v1alpha1", kind: "Flunder", metadata: { name, ...metadata }, spec };
}

/** The Status with which a call is refused. */
export async function refusal(call: () => unknown): Promise<Status> {
  try {
    await call();
  } catch (error) {
    if (error instanceof StatusError) return error.status;
    throw error;
  }
  return expect.unreachable("not refused");
}

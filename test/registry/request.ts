import type { DeleteOptions, ListOptions } from "../../runtime/meta/options.ts";
import { forbiddenRequest } from "../../runtime/meta/status-error.ts";
import type { UpdateCheck, UpdateOptions } from "../../runtime/registry/rest-storage.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { RequestContext } from "../../runtime/scheme/request-context.ts";

/** The server's clock in tests. */
export const now = new Date("2026-01-02T15:04:05.678Z");

/** A request of a user in the namespace `ns`, at a fixed time, whose warnings go nowhere. */
export function request(changes: Partial<RequestContext> = {}): RequestContext {
  return {
    user: { name: "alice", uid: "", groups: [], extra: {} },
    namespace: "ns",
    signal: new AbortController().signal,
    now: () => now,
    warn: () => undefined,
    ...changes,
  };
}

/** Options of a list that asks for nothing in particular. */
export function listOptions(changes: Partial<ListOptions> = {}): ListOptions {
  return {
    labels: [],
    fields: [],
    resourceVersion: "",
    resourceVersionMatch: "",
    limit: 0,
    continue: "",
    allowWatchBookmarks: false,
    sendInitialEvents: undefined,
    timeoutSeconds: undefined,
    ...changes,
  };
}

/** Options of an update that asks for nothing in particular. */
export function updateOptions(changes: Partial<UpdateOptions> = {}): UpdateOptions {
  return { dryRun: false, fieldManager: "", fieldValidation: "Ignore", forceAllowCreate: false, ...changes };
}

/** Options of a delete that asks for nothing in particular. */
export function deleteOptions(changes: Partial<DeleteOptions> = {}): DeleteOptions {
  return {
    dryRun: false,
    gracePeriodSeconds: undefined,
    preconditions: {},
    orphanDependents: undefined,
    propagationPolicy: "",
    ...changes,
  };
}

/** A check that lets everything pass. */
export async function allow(): Promise<void> {}

/** A check that refuses all with 403. */
export async function refuse(): Promise<void> {
  throw forbiddenRequest({ group: "example.dev", resource: "widgets" }, "w", "no");
}

/** The checks of an update that let everything pass. */
export const allowUpdate: UpdateCheck<KubeObject> = { create: allow, update: allow };

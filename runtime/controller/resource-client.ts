import type { KubeObject } from "../meta/v1.ts";
import type { KubeCall, KubeClient } from "./kube-client.ts";
import { fieldsOf, isNotFound } from "./kube-error.ts";
import { apiVersionOf, collectionPath, objectPath, type Place, type Resource } from "./resource.ts";

/** The status of a kind, any part of it. */
export type StatusOf<T> = T extends { status?: infer Status } ? Partial<NonNullable<Status>> : never;

/** What of a collection is asked for. */
export interface Selection {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
}

/** The forms of a patch. https://kubernetes.io/docs/reference/using-api/api-concepts/#patch-and-apply */
export type PatchForm = "merge" | "json" | "strategic";

/** How an object is patched. */
export interface PatchOptions {
  /** `merge` if unset. */
  readonly form?: PatchForm;
  readonly subresource?: string;
}

/** How an object is applied. */
export interface ApplyOptions {
  /** Whether fields of other managers are taken over; true if unset, as is right for a controller. */
  readonly force?: boolean;
}

/** Any part of a value: fields may be left out at each depth. */
type Part<V> = V extends string | number | boolean | null | undefined
  ? V
  : V extends readonly (infer Item)[]
    ? readonly Part<Item>[]
    : { readonly [Field in keyof V]?: Part<V[Field]> };

/** What may be applied: an object with its kind and name, and those of its other fields that the controller decides. */
export type Applied<T extends KubeObject> = Part<Omit<T, "kind" | "metadata">> & {
  readonly kind: string;
  readonly metadata: T["metadata"];
};

/** How an object is deleted. */
export interface DeleteOptions {
  /** Only the object of this uid. */
  readonly uid?: string | undefined;
  /** Only in this state. */
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
}

/** The objects of one resource, as JSON has them. Each function throws KubeError. */
export interface ResourceClient<T extends KubeObject> {
  /** Undefined where there is no such object. */
  get(place: Place): Promise<T | undefined>;
  /** All of them, read page by page. */
  list(selection?: Selection): Promise<T[]>;
  create(object: T): Promise<T>;
  /** Writes an object whole; with a resourceVersion only if it has not changed since. */
  replace(object: T): Promise<T>;
  /** Changes parts of an object; a resourceVersion in a merge patch makes sure that it has not changed since. */
  patch(place: Place, patch: object, options?: PatchOptions): Promise<T>;
  /** Changes parts of the status of an object, by a merge patch: a field of null goes. */
  patchStatus(place: Place, status: StatusOf<T>): Promise<T>;
  /** Server-side apply. https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
  apply(object: Applied<T>, options?: ApplyOptions): Promise<T>;
  /** Server-side apply of the status. */
  applyStatus(object: Applied<T>, options?: ApplyOptions): Promise<T>;
  /** Deletes an object; false where there is none. */
  delete(place: Place, options?: DeleteOptions): Promise<boolean>;
}

/** Who writes, and until when. */
export interface Writer {
  /** Under which name it owns the fields that it writes. */
  readonly fieldManager: string;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
  /** For each request; that of the client if unset. */
  readonly timeoutMs?: number;
}

const patchTypes: Readonly<Record<PatchForm, string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
};
const pageSize = 500;

/** The objects of a resource, read and written through a client. */
export function resourceClient<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  { fieldManager, ...bounds }: Writer,
): ResourceClient<T> {
  const managed = `fieldManager=${encodeURIComponent(fieldManager)}`;
  // What a resource's own path answers is an object of its kind.
  const send = async (call: KubeCall): Promise<T> => (await client.request({ ...call, ...bounds })) as T;
  const patch: ResourceClient<T>["patch"] = (place, body, { form = "merge", subresource } = {}) => {
    const path = `${objectPath(resource, place, subresource)}?${managed}`;
    return send({ method: "PATCH", path, body, contentType: patchTypes[form] });
  };
  const apply = (object: Applied<T>, { force = true }: ApplyOptions, subresource?: string): Promise<T> => {
    const path = `${objectPath(resource, object.metadata, subresource)}?${managed}&force=${force}`;
    const body = Object.assign({ apiVersion: apiVersionOf(resource) }, object);
    return send({ method: "PATCH", path, body, contentType: "application/apply-patch+yaml" });
  };
  return {
    async get(place) {
      try {
        return await send({ method: "GET", path: objectPath(resource, place) });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
    list: (selection = {}) => listAll<T>(client, resource, selection, bounds.signal),
    create: (object) =>
      send({ method: "POST", path: `${collectionPath(resource, object.metadata.namespace)}?${managed}`, body: object }),
    replace: (object) =>
      send({ method: "PUT", path: `${objectPath(resource, object.metadata)}?${managed}`, body: object }),
    patch,
    patchStatus: (place, status) => patch(place, { status }, { subresource: "status" }),
    apply: (object, options = {}) => apply(object, options),
    applyStatus: (object, options = {}) => apply(object, options, "status"),
    async delete(place, { uid, resourceVersion, propagationPolicy } = {}) {
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy,
        preconditions: { uid, resourceVersion },
      };
      try {
        await send({ method: "DELETE", path: objectPath(resource, place), body });
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    },
  };
}

async function listAll<T extends KubeObject>(
  client: KubeClient,
  resource: Resource,
  { namespace, ...selectors }: Selection,
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const items: T[] = [];
  let next = "";
  do {
    const query = new URLSearchParams({ ...selectorQuery(selectors), limit: String(pageSize) });
    if (next !== "") query.set("continue", next);
    const path = `${collectionPath(resource, namespace)}?${query.toString()}`;
    const page = await client.request({ method: "GET", path, signal });
    // What a collection answers is a list of its kind.
    items.push(...(itemsOf(page) as readonly T[]));
    next = continueOf(page);
  } while (next !== "");
  return items;
}

/** The part of a query that selects. */
export function selectorQuery({ labelSelector, fieldSelector }: Selection): Record<string, string> {
  return {
    ...(labelSelector === undefined ? {} : { labelSelector }),
    ...(fieldSelector === undefined ? {} : { fieldSelector }),
  };
}

/** How to ask for the next page of a list; empty where there is none. */
export function continueOf(page: unknown): string {
  const token = fieldsOf(fieldsOf(page)["metadata"])["continue"];
  return typeof token === "string" ? token : "";
}

/** The items of a list, with the type that in lists of the cluster's own kinds only the list tells. */
export function itemsOf(page: unknown): readonly object[] {
  const { items, apiVersion, kind } = fieldsOf(page);
  if (!Array.isArray(items)) return [];
  const type = { apiVersion, kind: String(kind).replace(/List$/, "") };
  return items.map((item: unknown) => ({ ...type, ...fieldsOf(item) }));
}

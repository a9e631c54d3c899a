import type { PatchOptions, WriteOptions } from "../../runtime/meta/options.ts";
import type { KubeObject, ManagedFieldsEntry } from "../../runtime/meta/v1.ts";
import { statusStore, storeFor } from "../../runtime/registry/store.ts";
import { createObject } from "../../runtime/rest/create.ts";
import { kindSchemas } from "../../runtime/rest/kind-schemas.ts";
import { patchObject } from "../../runtime/rest/patch.ts";
import type { PatchType, ResourceTarget } from "../../runtime/rest/target.ts";
import { updateObject, type Written } from "../../runtime/rest/update.ts";
import type { Definitions } from "../../runtime/scheme/descriptor.ts";
import { createScheme, type Scheme } from "../../runtime/scheme/scheme.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { recordedBody } from "../http/openapi/recorded.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { body, bytesOf, now, request, type TestContext } from "./requests.ts";

/** The endpoints of widgets, whose fields have owners. */
export interface OwnedWidgets {
  readonly main: ResourceTarget;
  readonly status: ResourceTarget;
  /** The same widgets in the older version. */
  readonly older: ResourceTarget;
}

/** What a test may change. */
export interface OwnedWidgetChanges {
  readonly storage?: Storage;
  /** Changes the definitions of a version. */
  readonly define?: (definitions: Definitions) => Definitions;
  readonly target?: Partial<ResourceTarget>;
}

/** Fresh widgets. */
export function ownedWidgets({
  storage = memoryStorage(),
  define,
  target = {},
}: OwnedWidgetChanges = {}): OwnedWidgets {
  const scheme = definedScheme(define ?? ((definitions) => definitions));
  const schemas = kindSchemas(scheme);
  const endpoint = (version: "v1" | "v1beta1", subresource: string): ResourceTarget => {
    const descriptor = widgetOf(scheme, version);
    const store = storeFor(descriptor, { scheme, storage });
    return {
      scheme,
      descriptor,
      subresource,
      storage: subresource === "status" ? statusStore(store) : store,
      schemas: schemas(descriptor, subresource),
      authorizeCreate: async () => undefined,
      ...target,
    };
  };
  return { main: endpoint("v1", ""), status: endpoint("v1", "status"), older: endpoint("v1beta1", "") };
}

function definedScheme(define: (definitions: Definitions) => Definitions): Scheme {
  const { groupVersions } = widgetScheme();
  return createScheme(
    groupVersions.map((registration) => ({
      ...registration,
      openApi: { v2: {}, v3: define(definitionsOf(registration.version)) },
    })),
  );
}

function definitionsOf(version: string): Definitions {
  const { components } = recordedBody("oa-v3-gv") as { components: { schemas: Definitions } };
  const text = { type: "string" };
  const reference = (name: string): object => ({ allOf: [{ $ref: `#/components/schemas/${name}` }], default: {} });
  const object = (properties: object): object => ({ type: "object", properties });
  const name = `dev.example.${version}.Widget`;
  return {
    ...components.schemas,
    [name]: object({
      apiVersion: text,
      kind: text,
      metadata: reference("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"),
      spec: reference(`${name}Spec`),
      status: reference(`${name}Status`),
    }),
    [`${name}Spec`]: object({
      [version === "v1" ? "color" : "colour"]: text,
      size: { type: "integer" },
      tags: { type: "array", items: text, "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge" },
    }),
    [`${name}Status`]: object({ phase: text }),
  };
}

/** A widget as a client of v1 sends it. */
export function widget(spec: object = {}, metadata: object = {}, rest: object = {}): object {
  return { apiVersion: "example.dev/v1", kind: "Widget", metadata: { name: "w", ...metadata }, spec, ...rest };
}

const writeOptions: WriteOptions = { dryRun: false, fieldManager: "", fieldValidation: "Warn" };

/** Creates what a body holds. */
export function create(target: ResourceTarget, content: object, fieldManager: string): Promise<KubeObject> {
  return createObject(target, request(), body(content), { ...writeOptions, fieldManager });
}

/** Puts what a body holds in the place of the widget `w`. */
export async function put(target: ResourceTarget, content: object, fieldManager: string): Promise<KubeObject> {
  return (await updateObject(target, request(), "w", body(content), { ...writeOptions, fieldManager })).object;
}

/** Patches the widget `w`. */
export function patch(
  target: ResourceTarget,
  type: PatchType,
  content: unknown,
  options: Partial<PatchOptions> = {},
  context: TestContext = request(),
): Promise<Written> {
  return patchObject(
    target,
    context,
    "w",
    { type, bytes: bytesOf(content) },
    {
      ...writeOptions,
      force: undefined,
      ...options,
    },
  );
}

/** Applies a configuration of the widget `w`. */
export async function apply(
  target: ResourceTarget,
  content: unknown,
  fieldManager: string,
  options: Partial<PatchOptions> = {},
): Promise<KubeObject> {
  return (await patch(target, "apply", content, { fieldManager, ...options })).object;
}

/** Who owns what, as `manager operation version[/subresource]: fields`. */
export function ownersOf(object: KubeObject): Record<string, unknown> {
  return Object.fromEntries((object.metadata.managedFields ?? []).map((entry) => [ownerOf(entry), entry.fieldsV1]));
}

function ownerOf({ manager, operation, apiVersion = "", subresource }: ManagedFieldsEntry): string {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  return `${manager} ${operation} ${version}${subresource === undefined ? "" : `/${subresource}`}`;
}

/** A request some seconds later. */
export function later(seconds: number): TestContext {
  return { ...request(), now: () => new Date(now.getTime() + seconds * 1000) };
}

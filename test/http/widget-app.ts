import type { FastifyInstance } from "fastify";
import { buildApp, type AppOptions } from "../../runtime/http/app.ts";
import type { VersionInfo } from "../../runtime/http/fixed-paths.ts";
import { ping } from "../../runtime/http/health.ts";
import { statusStore, storeFor, type Store } from "../../runtime/registry/store.ts";
import type { StoreOptions } from "../../runtime/registry/stored-kind.ts";
import type { ResourceTarget } from "../../runtime/rest/target.ts";
import type { Lifecycle, ResourceDescriptor } from "../../runtime/scheme/descriptor.ts";
import { createScheme, type Scheme } from "../../runtime/scheme/scheme.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { now } from "../registry/request.ts";
import { widgetScheme } from "../registry/widget.ts";

/** The collection of widgets in the namespace `ns`. */
export const widgets = "/apis/example.dev/v1/namespaces/ns/widgets";

/** What `/version` tells in tests. */
export const version: VersionInfo = {
  major: "1",
  minor: "36",
  gitVersion: "v1.36.0",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "linux/amd64",
};

/** What a test may change of the server. */
export type WidgetAppOptions = Partial<AppOptions> & {
  readonly storage?: Storage;
  /** Of the version v1beta1. */
  readonly lifecycle?: Lifecycle;
};

/** A server of widgets in two versions, and of gadgets, which are widgets of the whole cluster. Everybody may do everything. */
export function widgetApp(options: WidgetAppOptions = {}): FastifyInstance {
  const { storage = memoryStorage(), lifecycle, ...rest } = options;
  const scheme = servedScheme(lifecycle);
  return buildApp({
    scheme,
    targets: targetsOf(scheme, { scheme, storage }),
    authenticators: [],
    authorizer: () => ({ allowed: true }),
    health: { healthz: [ping], livez: [ping], readyz: [ping] },
    version,
    openApi: { title: "Widgets", version: "0.1", security: "none" },
    serverAddress: () => ":8443",
    now: () => now,
    ...rest,
  });
}

function servedScheme(lifecycle: Lifecycle | undefined): Scheme {
  const kinds = widgetScheme().groupVersions.flatMap(({ resources }) => resources);
  const gadgets = widgetScheme({ scope: "Cluster" }).groupVersions.flatMap(({ resources }) => resources.map(asGadget));
  return createScheme(
    ["v1", "v1beta1"].map((each) => ({
      group: "example.dev",
      version: each,
      resources: [...kinds, ...gadgets]
        .filter(({ gvk }) => gvk.version === each)
        .map((descriptor) =>
          each === "v1beta1" && lifecycle !== undefined ? { ...descriptor, lifecycle } : descriptor,
        ),
      openApi: { v2: {}, v3: {} },
    })),
  );
}

function asGadget(descriptor: ResourceDescriptor): ResourceDescriptor {
  return {
    ...descriptor,
    gvk: { ...descriptor.gvk, kind: "Gadget" },
    names: { ...descriptor.names, plural: "gadgets", singular: "gadget", listKind: "GadgetList" },
  };
}

function targetsOf(scheme: Scheme, options: StoreOptions): ResourceTarget[] {
  return scheme.groupVersions.flatMap(({ resources }) =>
    resources.flatMap((descriptor) => {
      const store: Store = storeFor(descriptor, options);
      return [
        { scheme, descriptor, subresource: "", storage: store },
        { scheme, descriptor, subresource: "status", storage: statusStore(store) },
      ];
    }),
  );
}

/** A widget as JSON. */
export function widgetJson(name: string, spec: object = {}, metadata: object = {}): object {
  return {
    kind: "Widget",
    apiVersion: "example.dev/v1",
    metadata: { name, ...metadata },
    spec: { color: "green", ...spec },
  };
}

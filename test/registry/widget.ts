import { decodeObjectMeta, deepCopyObjectMeta } from "../../runtime/meta/object-meta.ts";
import { isFields, reportType, reportUnknownField, type DecodeReport, type Fields } from "../../runtime/meta/decode.ts";
import { forbidden, invalid, required, type FieldError } from "../../runtime/meta/field-error.ts";
import type { KubeObject } from "../../runtime/meta/v1.ts";
import type { Conversion } from "../../runtime/scheme/conversion.ts";
import type { ResourceDescriptor, ScalePaths } from "../../runtime/scheme/descriptor.ts";
import { createScheme, type Scheme } from "../../runtime/scheme/scheme.ts";
import type { Strategy } from "../../runtime/scheme/strategy.ts";

/**
 * A kind as the generator would describe it: stored as v1, served as v1beta1 too, where `color` is called `colour`.
 * Its status has an endpoint of its own.
 */
export interface Widget extends KubeObject {
  spec: { color: string; size?: number; tags?: string[] };
  status?: { phase?: string };
}

/** The older version of a widget. */
export interface WidgetV1beta1 extends KubeObject {
  spec: { colour: string; size?: number; tags?: string[] };
  status?: { phase?: string };
}

function newer({ spec: { colour, ...spec }, ...rest }: WidgetV1beta1): Widget {
  return { ...rest, spec: { color: colour, ...spec } };
}

function older({ spec: { color, ...spec }, ...rest }: Widget): WidgetV1beta1 {
  return { ...rest, spec: { colour: color, ...spec } };
}

const ofOlder: Conversion<WidgetV1beta1, Widget> = { toStorage: newer, fromStorage: older };
const ofNewer: Conversion<Widget, WidgetV1beta1> = { toStorage: older, fromStorage: newer };

const colors = ["red", "green", "blue", "beige"];

/** What a test may change of the kind. */
export interface WidgetChanges {
  readonly strategy?: Strategy<Widget>;
  /** Of the version v1beta1; the same as `strategy` if unset. */
  readonly olderStrategy?: Strategy<WidgetV1beta1>;
  readonly scope?: "Namespaced" | "Cluster";
  readonly storageVersion?: "v1" | "v1beta1";
  readonly separateStatus?: boolean;
  readonly scale?: ScalePaths;
}

/** The scheme of a kind in two versions. */
export function widgetScheme(changes: WidgetChanges = {}): Scheme {
  const v1 = widget("v1", "color", changes);
  const { olderStrategy } = changes;
  const v1beta1 = widget("v1beta1", "colour", {
    ...changes,
    ...(olderStrategy === undefined ? {} : { strategy: olderStrategy as unknown as Strategy<Widget> }),
  });
  const { storageVersion = "v1" } = changes;
  const served =
    storageVersion === "v1"
      ? [v1, { ...v1beta1, conversion: ofOlder as unknown as Conversion }]
      : [{ ...v1, conversion: ofNewer as unknown as Conversion }, v1beta1];
  return createScheme(
    served.map((descriptor) => ({
      group: "example.dev",
      version: descriptor.gvk.version,
      resources: [descriptor],
      openApi: { v2: {}, v3: {} },
    })),
  );
}

/** One version's descriptor. */
export function widgetOf(scheme: Scheme, version: "v1" | "v1beta1"): ResourceDescriptor {
  const descriptor = scheme.kind("example.dev", version, "Widget");
  if (descriptor === undefined) throw new Error(`no version ${version}`);
  return descriptor;
}

function widget(version: string, color: "color" | "colour", changes: WidgetChanges): ResourceDescriptor {
  const { scope = "Namespaced", storageVersion = "v1", separateStatus = true } = changes;
  return {
    gvk: { group: "example.dev", version, kind: "Widget" },
    names: { plural: "widgets", singular: "widget", shortNames: [], categories: [], listKind: "WidgetList" },
    scope,
    storageVersion,
    subresources: {
      ...(separateStatus ? { status: true as const } : {}),
      ...(changes.scale === undefined ? {} : { scale: changes.scale }),
    },
    columns: [],
    selectableFields: [`spec.${color}`, "spec.size"],
    definition: `dev.example.${version}.Widget`,
    decode: (value, report) => decodeWidget(value as Fields, color, report),
    applyDefaults(object) {
      specOf(object)["size"] ??= 1;
    },
    validate: (object, old) => validateWidget(object, old, color),
    deepCopy: (object) => ({ ...structuredClone(object), metadata: deepCopyObjectMeta(object.metadata) }),
    strategy: changes.strategy ?? {},
  };
}

function decodeWidget(value: Fields, color: string, report: DecodeReport): KubeObject {
  for (const name of Object.keys(value)) {
    if (["kind", "apiVersion", "metadata", "spec", "status"].includes(name)) continue;
    delete value[name];
    reportUnknownField(report, name);
  }
  value["metadata"] = decodeObjectMeta(value["metadata"], "metadata", report);
  const spec = isFields(value["spec"]) ? value["spec"] : {};
  value["spec"] = spec;
  spec[color] ??= "";
  if (typeof spec[color] !== "string") reportType(report, spec[color], "WidgetSpec", `spec.${color}`, "string");
  return value as unknown as KubeObject;
}

function validateWidget(object: KubeObject, old: KubeObject | undefined, color: string): FieldError[] {
  const value = specOf(object)[color];
  const before = old === undefined ? undefined : specOf(old)[color];
  if (value === before) return [];
  if (value === "") return [required(`spec.${color}`)];
  if (typeof value !== "string" || !colors.includes(value)) return [invalid(`spec.${color}`, value, "not a color")];
  return before === "red" ? [forbidden(`spec.${color}`, "red stays red")] : [];
}

function specOf(object: KubeObject): Fields {
  const spec = (object as KubeObject & { spec?: unknown }).spec;
  return isFields(spec) ? spec : {};
}

/** A widget as a client of v1 sends it. */
export function newWidget(metadata: Widget["metadata"] = { name: "w" }, spec: Partial<Widget["spec"]> = {}): Widget {
  return { kind: "Widget", apiVersion: "example.dev/v1", metadata, spec: { color: "green", size: 1, ...spec } };
}

/** A widget as a client of v1beta1 sends it. */
export function olderWidget(metadata: Widget["metadata"] = { name: "w" }, colour = "green"): WidgetV1beta1 {
  return { kind: "Widget", apiVersion: "example.dev/v1beta1", metadata, spec: { colour, size: 1 } };
}

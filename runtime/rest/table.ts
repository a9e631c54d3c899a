import { humanDuration } from "../meta/duration.ts";
import { canonicalKey } from "../meta/equality.ts";
import { fieldErrorMessage, invalid } from "../meta/field-error.ts";
import { badRequest } from "../meta/status-error.ts";
import { TimeFormatError } from "../meta/time-format-error.ts";
import { parseTime } from "../meta/time.ts";
import type { KubeList, KubeObject, ListMeta } from "../meta/v1.ts";
import type { PrinterColumn, ResourceDescriptor } from "../scheme/descriptor.ts";
import { compileJsonPath, type JsonPath } from "./json-path.ts";
import { isListOf, partialMetadataOf, type MetaVersion, type PartialObjectMetadata } from "./partial-metadata.ts";
import { textOf } from "./query-values.ts";

/** Objects as rows for people to read. https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
export interface Table {
  readonly kind: "Table";
  readonly apiVersion: `meta.k8s.io/${MetaVersion}`;
  readonly metadata: ListMeta;
  /** Null where they have been told before. */
  readonly columnDefinitions: readonly TableColumn[] | null;
  readonly rows: readonly TableRow[];
}

/** What a column is called and holds. */
interface TableColumn {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly description: string;
  readonly priority: number;
}

/** One object: a cell a column, and as much of the object as was asked for. */
interface TableRow {
  readonly cells: readonly Cell[];
  readonly object: KubeObject | PartialObjectMetadata | null;
}

/** What a cell shows. */
export type Cell = string | number | boolean | null;

/** How much of an object comes with its row. */
type IncludeObject = "None" | "Metadata" | "Object";

/** What can be chosen of a table. */
export interface TableOptions {
  readonly includeObject: IncludeObject;
  /** Whether the columns are told; in a watch they are, in the first event. */
  readonly headers: boolean;
  readonly version: MetaVersion;
}

/** How much of the objects a request wants with the rows. Throws 400 for what cannot be wanted. */
export function parseIncludeObject(query: URLSearchParams): IncludeObject {
  const text = textOf(query, "includeObject");
  if (text === "" || text === "Metadata") return "Metadata";
  if (text === "None" || text === "Object") return text;
  const error = invalid("includeObject", text, "must be 'Metadata', 'Object', 'None', or empty");
  throw badRequest(`Unable to convert to Table as requested: ${fieldErrorMessage(error)}`);
}

/** One object, or the objects of a list, as a table. */
export function tableOf(
  descriptor: ResourceDescriptor,
  value: KubeObject | KubeList,
  options: TableOptions,
  now: Date,
): Table {
  const { columns, cells } = layoutOf(descriptor);
  const list = isListOf(descriptor, value);
  const objects = list ? value.items : [value];
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${options.version}`,
    metadata: list ? listMeta(value.metadata) : versionOf(value),
    columnDefinitions: options.headers ? columns : null,
    rows: objects.map((object) => ({
      cells: cells(object, now),
      object: rowObject(descriptor, object, options),
    })),
  };
}

function listMeta({ resourceVersion, continue: token, remainingItemCount }: ListMeta): ListMeta {
  return {
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
    ...(token === undefined ? {} : { continue: token }),
    ...(remainingItemCount === undefined ? {} : { remainingItemCount }),
  };
}

function versionOf({ metadata: { resourceVersion } }: KubeObject): ListMeta {
  return resourceVersion === undefined ? {} : { resourceVersion };
}

function rowObject(
  descriptor: ResourceDescriptor,
  object: KubeObject,
  { includeObject, version }: TableOptions,
): TableRow["object"] {
  // The end of a watch's initial events is told in the metadata, so that is never left out.
  const endsInitialEvents = object.metadata.annotations?.["k8s.io/initial-events-end"] === "true";
  if (includeObject === "Object") return object;
  return includeObject === "None" && !endsInitialEvents ? null : partialMetadataOf(descriptor, object, version);
}

/** The columns of a kind, and how an object fills them. */
interface Layout {
  readonly columns: readonly TableColumn[];
  readonly cells: (object: KubeObject, now: Date) => Cell[];
}

// Paths are worked out once for each kind.
const layouts = new WeakMap<ResourceDescriptor, Layout>();

function layoutOf(descriptor: ResourceDescriptor): Layout {
  let layout = layouts.get(descriptor);
  if (layout === undefined) {
    layout = descriptor.columns.length === 0 ? plainLayout : columnLayout(descriptor.columns);
    layouts.set(descriptor, layout);
  }
  return layout;
}

const nameColumn: TableColumn = {
  name: "Name",
  type: "string",
  format: "name",
  description:
    "The name of the object, unique among those of its kind in its namespace. It cannot be changed. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names",
  priority: 0,
};

const createdColumn: TableColumn = {
  name: "Created At",
  type: "date",
  format: "",
  description: "When the server created the object, in RFC 3339 and UTC.",
  priority: 0,
};

/** What an object shows that has not been created: Go's zero time. */
const neverText = "0001-01-01T00:00:00Z";

/** The columns of kinds that have none of their own. */
const plainLayout: Layout = {
  columns: [nameColumn, createdColumn],
  cells: ({ metadata }) => [metadata.name ?? "", metadata.creationTimestamp ?? neverText],
};

function columnLayout(columns: readonly PrinterColumn[]): Layout {
  const paths = columns.map(({ type, jsonPath }): CellSource => ({ type, path: compileJsonPath(jsonPath) }));
  return {
    columns: [nameColumn, ...columns.map(columnDefinition)],
    cells: (object, now) => [object.metadata.name ?? "", ...paths.map((source) => cellOf(source, object, now))],
  };
}

function columnDefinition({ name, type, format, description, priority, jsonPath }: PrinterColumn): TableColumn {
  const fallback = `Custom resource definition column (in JSONPath format): ${jsonPath}`;
  return { name, type, format, description: description === "" ? fallback : description, priority };
}

interface CellSource {
  readonly type: PrinterColumn["type"];
  readonly path: JsonPath;
}

function cellOf({ type, path }: CellSource, object: KubeObject, now: Date): Cell {
  const value = path(object)?.[0];
  if (value === undefined || value === null) return null;
  switch (type) {
    case "string":
      return typeof value === "string" ? value : canonicalKey(value);
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? ageOf(value, now) : null;
  }
}

function ageOf(time: string, now: Date): string {
  if (time === "") return "<unknown>";
  try {
    const { seconds, nanoseconds } = parseTime(time);
    return humanDuration(now.getTime() - seconds * 1000 - Math.floor(nanoseconds / 1e6));
  } catch (error) {
    if (error instanceof TimeFormatError) return "<invalid>";
    throw error;
  }
}

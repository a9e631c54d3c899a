import type { KubeList, KubeObject, Status } from "../meta/v1.ts";
import type { WatchEvent } from "../registry/rest-storage.ts";
import { partialMetadataListOf, partialMetadataOf } from "../rest/partial-metadata.ts";
import { parseIncludeObject, tableOf, type Table, type TableOptions } from "../rest/table.ts";
import type { ResourceTarget } from "../rest/target.ts";
import { encodedJson } from "../scheme/encoded.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { encodedValue, isPretty } from "./answer.ts";
import { eventLine } from "./event-lines.ts";
import { encodedPieces, type Elements, type LongDocument } from "./long-document.ts";
import type { Conversion, Representation } from "./negotiation.ts";
import { sendPieces } from "./piecewise.ts";
import type { RequestState } from "./request-state.ts";
import type { Serving } from "./serving.ts";
import type { EventEncoder } from "./watch-stream.ts";

/** A request for a resource whose route and form of answer are known. */
export interface Call {
  readonly serving: Serving;
  readonly state: RequestState;
  readonly target: ResourceTarget;
  readonly context: RequestContext;
  /** Empty for collections; a watch may be of one name. */
  readonly name: string;
  readonly representation: Representation;
}

/** Answers with one object, or with what it is to be shown as. */
export async function answerObject(call: Call, status: number, object: KubeObject): Promise<void> {
  const { state, representation, serving } = call;
  const { conversion, mediaType } = representation;
  if (conversion !== undefined) {
    await answerValue(call, status, convertedObject(call, object, conversion));
    return;
  }
  const asIs = mediaType === "application/json" && !isPretty(state, representation);
  if (asIs) await sendPieces(state, status, mediaType, [encodedJson(object), newline].values(), serving.limits);
  else await answerValue(call, status, object);
}

/** Answers with a Status, which is never shown as anything else. */
export function answerStatus(call: Call, code: number, status: Status): Promise<void> {
  return answerValue(call, code, status);
}

/** Answers with a list, or with what its items are to be shown as. */
export async function answerList(call: Call, list: KubeList): Promise<void> {
  const { descriptor } = call.target;
  const { conversion } = call.representation;
  switch (conversion?.kind) {
    case undefined: {
      const { items, ...fields } = list;
      const elements: Elements = { kind: "objects", objects: items, gvk: descriptor.gvk };
      return answerLong(call, { fields, arrayField: "items", elements });
    }
    case "Table": {
      const { rows, ...fields } = tableFor(call, list, tableOptions(call, conversion));
      return answerLong(call, { fields, arrayField: "rows", elements: { kind: "values", values: rows } });
    }
    case "PartialObjectMetadata":
      return answerValue(call, 200, partialMetadataOf(descriptor, list, conversion.version));
    case "PartialObjectMetadataList": {
      const { items, ...fields } = partialMetadataListOf(descriptor, list, conversion.version);
      if (items === null) return answerValue(call, 200, { ...fields, items });
      return answerLong(call, { fields, arrayField: "items", elements: { kind: "values", values: items } });
    }
  }
}

/** Encodes the events of one watch; throws what is wrong with the form that is asked for. */
export function eventEncoder(call: Call): EventEncoder {
  const { conversion } = call.representation;
  const { eventLines } = call.serving;
  switch (conversion?.kind) {
    case "Table":
      return tableEncoder(call, tableOptions(call, conversion));
    case "PartialObjectMetadata":
      return (event) => convertedLine(event, (object) => partialOf(call, object, conversion));
    case "PartialObjectMetadataList":
    case undefined:
      // No event is a list: those who ask for one get the objects as they are.
      return (event) => eventLines.line(event);
  }
}

const newline = Buffer.from("\n");

async function answerValue({ state, representation, serving }: Call, status: number, value: object): Promise<void> {
  const bytes = encodedValue(value, representation, isPretty(state, representation));
  await sendPieces(state, status, representation.mediaType, [bytes].values(), serving.limits);
}

async function answerLong(call: Call, document: LongDocument): Promise<void> {
  const { state, representation, serving } = call;
  const pieces = encodedPieces(document, representation, isPretty(state, representation));
  await sendPieces(state, 200, representation.mediaType, pieces, serving.limits);
}

function convertedObject(call: Call, object: KubeObject, conversion: Conversion): object {
  switch (conversion.kind) {
    case "Table":
      return tableFor(call, object, tableOptions(call, conversion));
    case "PartialObjectMetadata":
      return partialOf(call, object, conversion);
    case "PartialObjectMetadataList":
      return partialMetadataListOf(call.target.descriptor, object, conversion.version);
  }
}

function tableOptions({ state }: Call, { version }: Conversion): TableOptions {
  return { includeObject: parseIncludeObject(state.query), headers: true, version };
}

function tableFor({ target, context }: Call, value: KubeObject | KubeList, options: TableOptions): Table {
  return tableOf(target.descriptor, value, options, context.now());
}

function partialOf({ target }: Call, object: KubeObject, { version }: Conversion): object {
  return partialMetadataOf(target.descriptor, object, version);
}

// The columns are told once, with the first event that has an object.
function tableEncoder(call: Call, options: TableOptions): EventEncoder {
  let { headers } = options;
  return (event) =>
    convertedLine(event, (object) => {
      const table = tableFor(call, object, { ...options, headers });
      headers = false;
      return table;
    });
}

function convertedLine(event: WatchEvent, convert: (object: KubeObject) => object): Uint8Array {
  const value = event.type === "ERROR" ? event.object : convert(event.object);
  return eventLine(event.type, Buffer.from(JSON.stringify(value)));
}

import { encodeCborEvent } from "../meta/cbor-writer.ts";
import { encodeProtobufEvent } from "../meta/protobuf-envelope.ts";
import { notAcceptable } from "../meta/status-error.ts";
import type { KubeList, KubeObject, Status, TypeMeta } from "../meta/v1.ts";
import type { WatchEvent } from "../registry/rest-storage.ts";
import { partialMetadataListOf, partialMetadataOf } from "../rest/partial-metadata.ts";
import { parseIncludeObject, tableOf, type Table, type TableOptions } from "../rest/table.ts";
import { bodyKindOf, type ResourceTarget } from "../rest/target.ts";
import { encodedJson } from "../scheme/encoded.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { encodedValue, isPretty } from "./answer.ts";
import { auditAnswer, auditDocument, auditObject } from "./auditing.ts";
import { eventLine } from "./event-lines.ts";
import type { EventEncoding } from "./event-slabs.ts";
import { encodedPieces, type Elements, type LongDocument } from "./long-document.ts";
import { cborSequence } from "./media-types.ts";
import { onlyAccepted, type Conversion, type Representation } from "./negotiation.ts";
import { sendPieces, sendWhole } from "./piecewise.ts";
import type { RequestState } from "./request-state.ts";
import type { Serving } from "./serving.ts";

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
export function answerObject(call: Call, status: number, object: KubeObject): Promise<void> | void {
  const { state, representation, serving } = call;
  const { conversion, mediaType } = representation;
  if (conversion !== undefined) return answerValue(call, status, convertedObject(call, object, conversion));
  const asIs = mediaType === "application/json" && !isPretty(state, representation);
  if (!asIs) return answerValue(call, status, object);
  if (state.audit !== undefined) auditObject(state, object);
  return sendWhole(state, status, mediaType, encodedJson(object), serving.limits);
}

/** Answers with a Status, which is never shown as anything else. */
export function answerStatus(call: Call, code: number, status: Status): Promise<void> | void {
  call.state.audit?.answerWithStatus(status);
  return answerValue(call, code, status);
}

/** Answers with a list, or with what its items are to be shown as. */
export function answerList(call: Call, list: KubeList): Promise<void> | void {
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
      const partial = partialMetadataListOf(descriptor, list, conversion.version);
      const { items, ...fields } = partial;
      if (items === null) return answerValue(call, 200, partial);
      return answerLong(call, { fields, arrayField: "items", elements: { kind: "values", values: items } });
    }
  }
}

/** How the events of one watch are written; throws what is wrong with the form that is asked for. */
export function eventEncoding(call: Call): EventEncoding {
  const { mediaType } = call.representation;
  const shown = shownEvents(call);
  const sharedAs = sharedForm(call);
  switch (mediaType) {
    case "application/json": {
      const encode = shown === asTheyAre ? wholeEventLine : shownEventLine(shown);
      return { contentType: mediaType, encode, ...sharedAs };
    }
    case "application/vnd.kubernetes.protobuf": {
      if (shown === asTheyAre) throw notAcceptable("the events of a watch are no lists: ask for PartialObjectMetadata");
      const encode = (event: WatchEvent): Uint8Array => encodeProtobufEvent(event.type, shown(event));
      return { contentType: `${mediaType};stream=watch`, encode, ...sharedAs };
    }
    case "application/cbor": {
      const encode = (event: WatchEvent): Uint8Array => encodeCborEvent(event.type, shown(event));
      return { contentType: cborSequence, encode, ...sharedAs };
    }
    case "application/yaml":
      throw onlyAccepted(call.serving.mediaTypes.watches);
  }
}

// A table's columns are told once a stream, and its ages change with time.
function sharedForm({ representation: { conversion, mediaType } }: Call): Pick<EventEncoding, "sharedAs"> {
  if (conversion?.kind === "Table") return {};
  const shown = conversion?.kind === "PartialObjectMetadata" ? `${conversion.kind} ${conversion.version}` : "";
  return { sharedAs: `${mediaType} ${shown}` };
}

// The object's JSON is shared with all other answers.
function wholeEventLine({ type, object }: WatchEvent): Uint8Array {
  return eventLine(type, encodedJson(object).subarray(0, -1));
}

function shownEventLine(shown: Shown): (event: WatchEvent) => Uint8Array {
  return (event) => eventLine(event.type, Buffer.from(JSON.stringify(shown(event))));
}

/** What an event shows of its object. */
type Shown = (event: WatchEvent) => TypeMeta;

const asTheyAre: Shown = (event) => event.object;

function shownEvents(call: Call): Shown {
  const { conversion } = call.representation;
  switch (conversion?.kind) {
    case "Table":
      return shownTables(call, tableOptions(call, conversion));
    case "PartialObjectMetadata":
      return (event) => (event.type === "ERROR" ? event.object : partialOf(call, event.object, conversion));
    case "PartialObjectMetadataList":
    case undefined:
      // No event is a list: those who ask for one get the objects as they are.
      return asTheyAre;
  }
}

function answerValue({ state, representation, serving }: Call, status: number, value: TypeMeta): Promise<void> | void {
  if (state.audit !== undefined) auditAnswer(state, value);
  const bytes = encodedValue(value, representation, isPretty(state, representation));
  return sendWhole(state, status, representation.mediaType, bytes, serving.limits);
}

async function answerLong(call: Call, document: LongDocument): Promise<void> {
  const { state, representation, serving } = call;
  if (state.audit !== undefined) auditDocument(serving, state, document);
  const pieces = encodedPieces(document, representation, isPretty(state, representation), serving.itemRuns);
  await sendPieces(state, 200, representation.mediaType, pieces, serving.limits);
}

function convertedObject(call: Call, object: KubeObject, conversion: Conversion): TypeMeta {
  switch (conversion.kind) {
    case "Table":
      return tableFor(call, object, tableOptions(call, conversion));
    case "PartialObjectMetadata":
      return partialOf(call, object, conversion);
    case "PartialObjectMetadataList":
      return partialMetadataListOf(bodyKindOf(call.target).descriptor, object, conversion.version);
  }
}

function tableOptions({ state }: Call, { version }: Conversion): TableOptions {
  return { includeObject: parseIncludeObject(state.query), headers: true, version };
}

function tableFor({ target, context }: Call, value: KubeObject | KubeList, options: TableOptions): Table {
  return tableOf(bodyKindOf(target).descriptor, value, options, context.now());
}

function partialOf({ target }: Call, object: KubeObject, { version }: Conversion): TypeMeta {
  return partialMetadataOf(bodyKindOf(target).descriptor, object, version);
}

// The columns are told once, with the first event that has an object.
function shownTables(call: Call, options: TableOptions): Shown {
  let { headers } = options;
  return (event) => {
    if (event.type === "ERROR") return event.object;
    const table = tableFor(call, event.object, { ...options, headers });
    headers = false;
    return table;
  };
}

import { cborToJson } from "../meta/cbor-reader.ts";
import type { WriteOptions } from "../meta/options.ts";
import { badRequest } from "../meta/status-error.ts";
import { WireError } from "../meta/wire-error.ts";
import { createObject } from "../rest/create.ts";
import { deleteCollection } from "../rest/delete-collection.ts";
import { parseDeleteOptions } from "../rest/delete-options.ts";
import { deleteObject } from "../rest/delete.ts";
import { getObject } from "../rest/get.ts";
import { listObjects } from "../rest/list.ts";
import { parseGetOptions, parseListOptions, parsePatchOptions, parseWriteOptions } from "../rest/options.ts";
import { patchObject } from "../rest/patch.ts";
import type { PatchBody, RequestBody } from "../rest/target.ts";
import { updateObject, type Written } from "../rest/update.ts";
import { watchObjects } from "../rest/watch.ts";
import { bodyMediaType, patchFormOf } from "./content-type.ts";
import type { Verb } from "./endpoint.ts";
import { fieldManagerOf } from "./field-manager.ts";
import type { PatchForm } from "./media-types.ts";
import { readBody } from "./request-body.ts";
import { header, type RequestState } from "./request-state.ts";
import { answerList, answerObject, answerStatus, eventEncoding, type Call } from "./representation.ts";
import { streamEvents } from "./watch-stream.ts";

/** What each verb does: reads its options and body, has the object or list made, and answers with it. */
export const verbs: { readonly [Name in Verb]: (call: Call) => Promise<void> } = {
  async get(call) {
    const { target, context, name, state } = call;
    await answerObject(call, 200, await getObject(target, context, name, parseGetOptions(state.query)));
  },

  async list(call) {
    const { target, context, name, state } = call;
    const options = parseListOptions(state.query, target.descriptor, name);
    await answerList(call, await listObjects(target, context, options));
  },

  async watch(call) {
    const { target, context, name, state, serving } = call;
    const options = parseListOptions(state.query, target.descriptor, name);
    const encoding = eventEncoding(call);
    const events = watchObjects(target, context, options);
    state.sentEvents = serving.metrics?.requests.eventsOf(target);
    await streamEvents(serving, state, events, encoding, options.timeoutSeconds);
  },

  async create(call) {
    const { target, context, state } = call;
    const body = await bodyOf(call);
    const options = withManager(parseWriteOptions(state.query, "CreateOptions"), state);
    await answerObject(call, 201, await createObject(target, context, body, options));
  },

  async update(call) {
    const { target, context, name, state } = call;
    const body = await bodyOf(call);
    const options = withManager(parseWriteOptions(state.query, "UpdateOptions"), state);
    await answerWritten(call, await updateObject(target, context, name, body, options));
  },

  async patch(call) {
    const { target, context, name, state, serving } = call;
    const form = patchFormOf(header(state, "content-type"), serving.mediaTypes);
    const body = patchBody(form, await bytesOf(call));
    state.audit?.sentText(body.bytes);
    const options = withManager(parsePatchOptions(state.query, form.type), state);
    await answerWritten(call, await patchObject(target, context, name, body, options));
  },

  async delete(call) {
    const { target, context, name, state } = call;
    const options = parseDeleteOptions(state.query, await optionalBodyOf(call), target.scheme);
    const { answer, code, deleted } = await deleteObject(target, context, name, options);
    await (deleted ? answerStatus(call, code, answer) : answerObject(call, code, answer));
  },

  async deletecollection(call) {
    const { target, context, state } = call;
    const selection = parseListOptions(state.query, target.descriptor, "");
    const options = parseDeleteOptions(state.query, await optionalBodyOf(call), target.scheme);
    await answerList(call, await deleteCollection(target, context, options, selection));
  },
};

function answerWritten(call: Call, { object, created }: Written): Promise<void> | void {
  return answerObject(call, created ? 201 : 200, object);
}

function bytesOf({ state, serving }: Call): Promise<Uint8Array> {
  return readBody(state.request, serving.limits.bodyBytesMax, state.lifetime);
}

async function bodyOf(call: Call): Promise<RequestBody> {
  const mediaType = mediaTypeOf(call);
  return { mediaType, bytes: await bytesOf(call) };
}

// What an empty body is said to be does not matter.
async function optionalBodyOf(call: Call): Promise<RequestBody | undefined> {
  const bytes = await bytesOf(call);
  if (bytes.length === 0) return undefined;
  const mediaType = mediaTypeOf(call);
  const isText = mediaType === "application/json" || mediaType === "application/yaml";
  if (isText) call.state.audit?.sentText(bytes);
  return { mediaType, bytes };
}

function mediaTypeOf({ state, serving }: Call): RequestBody["mediaType"] {
  return bodyMediaType(header(state, "content-type"), serving.mediaTypes);
}

/** Patches are JSON or YAML by the time they are applied. */
function patchBody({ type, bytes: form }: PatchForm, bytes: Uint8Array): PatchBody {
  if (form === "text") return { type, bytes };
  try {
    return { type, bytes: Buffer.from(cborToJson(bytes)) };
  } catch (error) {
    throw error instanceof WireError ? badRequest(`error decoding CBOR: ${error.message}`) : error;
  }
}

function withManager<Options extends WriteOptions>(options: Options, { request }: RequestState): Options {
  return { ...options, fieldManager: fieldManagerOf(options.fieldManager, request.headers["user-agent"]) };
}

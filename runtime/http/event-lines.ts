import type { WatchEvent } from "../registry/rest-storage.ts";

/** The line of one event, around the JSON of its object. */
export function eventLine(type: WatchEvent["type"], json: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), json, lineEnd]);
}

const lineEnd = Buffer.from("}\n");

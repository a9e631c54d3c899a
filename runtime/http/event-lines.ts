import type { WatchEvent } from "../registry/rest-storage.ts";
import { encodedJson } from "../scheme/encoded.ts";

/** Longer lines are not remembered. */
const rememberedBytesMax = 16 * 1024;
/** So many lines are remembered; the oldest are forgotten first. */
const rememberedMax = 512;

/**
 * The lines of watch streams. Watchers of one resource get the same events at about the same time: the newest lines
 * are kept for a while, so that each is made once and the same bytes go to every watcher.
 */
export class EventLines {
  readonly #lines = new Map<WatchEvent, Uint8Array>();

  /** The line of an event; the object's JSON in it is shared with all other answers. Never written to. */
  line(event: WatchEvent): Uint8Array {
    const known = this.#lines.get(event);
    if (known !== undefined) return known;
    const line = eventLine(event.type, encodedJson(event.object).subarray(0, -1));
    // Only events that cannot change are shared.
    if (Object.isFrozen(event) && line.length <= rememberedBytesMax) this.#remember(event, line);
    return line;
  }

  #remember(event: WatchEvent, line: Uint8Array): void {
    if (this.#lines.size >= rememberedMax) {
      for (const oldest of this.#lines.keys()) {
        this.#lines.delete(oldest);
        break;
      }
    }
    this.#lines.set(event, line);
  }
}

/** The line of one event, around the JSON of its object. */
export function eventLine(type: WatchEvent["type"], json: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), json, lineEnd]);
}

const lineEnd = Buffer.from("}\n");

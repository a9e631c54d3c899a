import type { KubeObject } from "../meta/v1.ts";
import type { WatchEvent } from "./rest-storage.ts";

type ObjectEventType = "ADDED" | "MODIFIED" | "DELETED";

/**
 * Makes events of shared objects. The same object and type give the same event each time, so that what an event is
 * encoded as can be remembered by its identity, and sent to every watcher.
 */
export type SharedEvents = (type: ObjectEventType, object: KubeObject) => WatchEvent;

/** Events that are forgotten with their objects. */
export function sharedEvents(): SharedEvents {
  const byType: Record<ObjectEventType, WeakMap<KubeObject, WatchEvent>> = {
    ADDED: new WeakMap(),
    MODIFIED: new WeakMap(),
    DELETED: new WeakMap(),
  };
  return (type, object) => {
    const known = byType[type].get(object);
    if (known !== undefined) return known;
    const event: WatchEvent = Object.freeze({ type, object });
    byType[type].set(object, event);
    return event;
  };
}

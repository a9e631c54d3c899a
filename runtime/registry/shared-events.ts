import type { KubeObject } from "../meta/v1.ts";
import type { Change } from "../storage/storage.ts";
import type { WatchEvent } from "./rest-storage.ts";

type ObjectEventType = "ADDED" | "MODIFIED" | "DELETED";
type Events = readonly WatchEvent[];

/**
 * The events of one version of a kind, made once for all its watches. What is made of an event, or of a batch of them,
 * can be remembered by identity and sent to every watcher. All is forgotten with what it was made of.
 */
export class SharedEvents {
  readonly #byObject: { readonly [Type in ObjectEventType]: WeakMap<KubeObject, WatchEvent> } = {
    ADDED: new WeakMap(),
    MODIFIED: new WeakMap(),
    DELETED: new WeakMap(),
  };
  // Keyed by identity: the readers of a prefix are handed the same changes.
  readonly #byChanges = new WeakMap<readonly Change[], Map<string, Events>>();

  /** The event of an object: the same each time. */
  of(type: ObjectEventType, object: KubeObject): WatchEvent {
    const known = this.#byObject[type].get(object);
    if (known !== undefined) return known;
    const event: WatchEvent = Object.freeze({ type, object });
    this.#byObject[type].set(object, event);
    return event;
  }

  /** What changes are to the watches of a selection, if that is known already. */
  ofChanges(changes: readonly Change[], selection: string): Events | undefined {
    return this.#byChanges.get(changes)?.get(selection);
  }

  /** Has ofChanges() give these events, which are frozen. */
  remember(changes: readonly Change[], selection: string, events: Events): void {
    const known = this.#byChanges.get(changes);
    if (known === undefined) this.#byChanges.set(changes, new Map([[selection, events]]));
    else known.set(selection, events);
  }
}

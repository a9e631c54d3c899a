import type { KubeObject } from "../meta/v1.ts";
import type { Entry, EntryIndex } from "../storage/storage.ts";
import { selectableText } from "./field-path.ts";
import type { ObjectView } from "./object-view.ts";

/** By how many labels the objects of a kind are indexed; clients choose the keys, so that there must be an end to them. */
const labelIndexesMax = 32;

/**
 * The indexes of one version of a kind: by a label, or by the value of a selectable field. The same index is given each
 * time, but for labels that others have been asked for since.
 */
export class EntryIndexes {
  readonly #objects: ObjectView;
  readonly #fields: ReadonlyMap<string, EntryIndex>;
  /** By key, in the order of their last use. */
  readonly #labels = new Map<string, EntryIndex>();

  constructor(objects: ObjectView, selectableFields: readonly string[]) {
    this.#objects = objects;
    this.#fields = new Map([
      // The name is the end of the key, so that nothing has to be decoded.
      ["metadata.name", { valueOf: ({ key }: Entry) => key.slice(key.lastIndexOf("/") + 1) }],
      ...selectableFields.map((path): [string, EntryIndex] => [
        path,
        this.#by((object) => selectableText(object, path)),
      ]),
    ]);
  }

  /** The index by a field's value, which is empty for objects that do not have it; undefined if it is not selectable. */
  ofField(path: string): EntryIndex | undefined {
    return this.#fields.get(path);
  }

  /** The index by the value of a label. */
  ofLabel(key: string): EntryIndex {
    const index = this.#labels.get(key) ?? this.#by(({ metadata }) => labelOf(metadata.labels, key));
    this.#labels.delete(key);
    this.#labels.set(key, index);
    for (const [oldest] of this.#labels) {
      if (this.#labels.size <= labelIndexesMax) break;
      this.#labels.delete(oldest);
    }
    return index;
  }

  #by(valueOf: (object: KubeObject) => string | undefined): EntryIndex {
    const objects = this.#objects;
    return {
      valueOf(entry) {
        try {
          return valueOf(objects.read(entry));
        } catch {
          // What cannot be decoded has no value: it must not end everybody's watches.
          return undefined;
        }
      },
    };
  }
}

function labelOf(labels: Readonly<Record<string, string>> | undefined, key: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
}

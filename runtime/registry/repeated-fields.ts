import type { ManagedFieldsEntry, RawExtension } from "../meta/v1.ts";
import { deepFreeze } from "./deep-freeze.ts";

/** How many different field sets and texts are remembered, and how long each may be, in units of UTF-16. */
const rememberedMax = 1_024;
const lengthMax = 4_096;

/**
 * What a kind's objects have in common: most were written by the same few programs, so that their managedFields name the
 * same fields. Objects that share these take half the memory.
 */
export class RepeatedFields {
  readonly #sets = new Map<string, RawExtension>();
  readonly #texts = new Map<string, string>();

  /** Gives a text's first copy. */
  text(text: string): string {
    return this.#texts.get(text) ?? remember(this.#texts, text, text);
  }

  /** Has entries that have just been decoded share what earlier ones had the same; that is frozen from now on. */
  share(entries: readonly ManagedFieldsEntry[]): void {
    for (const entry of entries) {
      if (entry.apiVersion !== undefined) entry.apiVersion = this.text(entry.apiVersion);
      if (entry.manager !== undefined) entry.manager = this.text(entry.manager);
      if (entry.time !== undefined && entry.time !== null) entry.time = this.text(entry.time);
      if (entry.fieldsV1 !== undefined) entry.fieldsV1 = this.#set(entry.fieldsV1);
    }
  }

  #set(fields: RawExtension): RawExtension {
    const text = JSON.stringify(fields);
    return this.#sets.get(text) ?? remember(this.#sets, text, deepFreeze(fields));
  }
}

/** Gives the value. */
function remember<T>(known: Map<string, T>, text: string, value: T): T {
  if (text.length > lengthMax) return value;
  // What is still in use is soon there again.
  if (known.size >= rememberedMax) known.clear();
  known.set(text, value);
  return value;
}

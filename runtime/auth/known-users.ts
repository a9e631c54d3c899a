import type { UserInfo } from "../meta/user-info.ts";

/** Users that are told apart by their text; beyond either the texts are forgotten. */
const textsMax = 8_192;
const charactersMax = 16 * 1024 * 1024;

/**
 * Short names for users, the same for those that are equal and for no others. Frozen users, as those of authenticators
 * that remember are, are known again without a look at them; others are made for one request, and not worth it.
 */
export class KnownUsers {
  readonly #idOf = new WeakMap<UserInfo, string>();
  readonly #idOfText = new Map<string, string>();
  #characters = 0;
  #last = 0;

  /** The name of a user, which is never given to another. */
  id(user: UserInfo): string {
    if (!Object.isFrozen(user)) return this.#idByText(userText(user));
    let id = this.#idOf.get(user);
    if (id === undefined) {
      id = this.#idByText(userText(user));
      this.#idOf.set(user, id);
    }
    return id;
  }

  #idByText(text: string): string {
    const known = this.#idOfText.get(text);
    if (known !== undefined) return known;
    if (this.#idOfText.size >= textsMax || this.#characters + text.length > charactersMax) {
      this.#idOfText.clear();
      this.#characters = 0;
    }
    const id = String(++this.#last);
    this.#idOfText.set(text, id);
    this.#characters += text.length;
    return id;
  }
}

// What clients choose is told apart by lengths, since it may hold any separator.
function userText({ name, uid, groups, extra }: UserInfo): string {
  let text = `${name.length},${uid.length},${groups.length}:${name}${uid}`;
  for (const group of groups) text += `${group.length}:${group}`;
  for (const key in extra) {
    const values = extra[key] ?? [];
    text += `+${key.length},${values.length}:${key}`;
    for (const value of values) text += `${value.length}:${value}`;
  }
  return text;
}

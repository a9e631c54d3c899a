/** Beyond so many characters in all, every warning of an answer is shortened. */
const charactersMax = 4 * 1024;
/** What a shortened warning keeps, in characters. */
const shortenedCharacters = 256;

/** A warning, and how it is sent; many answers have the same. */
export interface Warning {
  readonly text: string;
  readonly characters: number;
  /** The header's value; undefined where the text cannot be sent. */
  readonly header: string | undefined;
}

/** Makes a warning of a text. */
export function warningOf(text: string): Warning {
  const header = controlCharacter.test(text) ? undefined : headerBytes(`299 - "${text.replace(/["\\]/g, "\\$&")}"`);
  return { text, characters: characterCount(text), header };
}

/**
 * Gathers the `Warning` headers of one answer: each text once, and bounded as the Go API server bounds them.
 * https://kubernetes.io/blog/2020/09/03/warnings/, https://pkg.go.dev/k8s.io/apiserver/pkg/warning
 */
export class WarningHeaders {
  // Most answers have none, and others one: a Set would be the largest part of them.
  #only: Warning | undefined;
  #texts: Set<string> | undefined;
  #headers: string[] = [];
  #characters = 0;
  #shortening = false;

  /** Adds a warning. Ignored where it is empty, was there before, has control characters, or no room is left. */
  add(warning: Warning): void {
    const { text, characters } = warning;
    if (text === "" || (this.#shortening && this.#characters >= charactersMax)) return;
    if (this.#only === undefined && characters <= charactersMax) {
      this.#only = warning;
      this.#write(warning);
      return;
    }
    const texts = (this.#texts ??= new Set(this.#only === undefined ? [] : [this.#only.text]));
    if (texts.has(text)) return;
    texts.add(text);
    if (!this.#shortening && this.#characters + characters > charactersMax) {
      this.#shortening = true;
      this.#headers = [];
      this.#characters = 0;
      for (const each of texts) this.#write(warningOf(shortened(each)));
      return;
    }
    this.#write(this.#shortening ? warningOf(shortened(text)) : warning);
  }

  /** The headers' values so far; empty for most answers. */
  get values(): readonly string[] {
    return this.#headers;
  }

  #write({ characters, header }: Warning): void {
    if (header === undefined) return;
    this.#characters += characters;
    this.#headers.push(header);
  }
}

// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

function characterCount(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function shortened(text: string): string {
  return text.length <= shortenedCharacters ? text : Array.from(text).slice(0, shortenedCharacters).join("");
}

// Node writes header values byte for character, clients read them as UTF-8.
function headerBytes(value: string): string {
  return Buffer.from(value, "utf8").toString("latin1");
}

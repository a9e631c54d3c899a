/** Beyond so many characters in all, every warning of an answer is shortened. */
const charactersMax = 4 * 1024;
/** What a shortened warning keeps, in characters. */
const shortenedCharacters = 256;

/**
 * Gathers the `Warning` headers of one answer: each text once, and bounded as the Go API server bounds them.
 * https://kubernetes.io/blog/2020/09/03/warnings/, https://pkg.go.dev/k8s.io/apiserver/pkg/warning
 */
export class WarningHeaders {
  readonly #texts = new Set<string>();
  #headers: string[] = [];
  #characters = 0;
  #shortening = false;

  /** Adds a warning. Ignored where it is empty, was there before, has control characters, or no room is left. */
  add(text: string): void {
    if (text === "" || (this.#shortening && this.#characters >= charactersMax)) return;
    if (this.#texts.has(text)) return;
    this.#texts.add(text);
    if (!this.#shortening && this.#characters + characterCount(text) > charactersMax) {
      this.#shortening = true;
      this.#headers = [];
      this.#characters = 0;
      for (const each of this.#texts) this.#write(shortened(each));
      return;
    }
    this.#write(this.#shortening ? shortened(text) : text);
  }

  /** The headers' values so far; empty for most answers. */
  get values(): readonly string[] {
    return this.#headers;
  }

  #write(text: string): void {
    if (controlCharacter.test(text)) return;
    this.#characters += characterCount(text);
    this.#headers.push(headerBytes(`299 - "${text.replace(/["\\]/g, "\\$&")}"`));
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

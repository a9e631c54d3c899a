import { setMember } from "./set-member.ts";
import { isFields, type Fields } from "./decode.ts";

/** What a JSON pointer can lead into. */
type Container = Fields | unknown[];

/** A place in a document: an existing container, and the key or index in it, at which there may be nothing. */
export interface Place {
  readonly container: Container;
  readonly token: string;
}

/**
 * The place that a pointer such as `/metadata/labels/app` leads to; undefined if there is no container to hold it. Only
 * what the document itself has counts, never what its objects inherit.
 * https://www.rfc-editor.org/rfc/rfc6901
 */
export function locate(root: unknown, pointer: string): Place | undefined {
  const [before, ...tokens] = pointer.split("/").map(unescape);
  const last = tokens.pop();
  if (before !== "" || last === undefined) return undefined;
  let container = root;
  for (const token of tokens) {
    if (!isContainer(container)) return undefined;
    container = valueAt({ container, token });
  }
  return isContainer(container) ? { container, token: last } : undefined;
}

function unescape(token: string): string {
  return token.includes("~") ? token.replaceAll("~1", "/").replaceAll("~0", "~") : token;
}

function isContainer(value: unknown): value is Container {
  return Array.isArray(value) || isFields(value);
}

/** The value at a place; undefined if there is none. */
export function valueAt({ container, token }: Place): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, token) ? container[token] : undefined;
  const index = indexOf(token, container.length);
  return index === undefined ? undefined : container[index];
}

/** Puts a value at a place: in lists before what is there, `-` being the end. False if the list has no such place. */
export function insertAt({ container, token }: Place, value: unknown): boolean {
  if (!Array.isArray(container)) {
    setMember(container, token, value);
    return true;
  }
  const index = token === "-" ? container.length : indexOf(token, container.length + 1);
  if (index === undefined) return false;
  container.splice(index, 0, value);
  return true;
}

/** Puts a value in the place of the one that is there. False if there is none. */
export function replaceAt(place: Place, value: unknown): boolean {
  const { container, token } = place;
  if (valueAt(place) === undefined) return false;
  if (!Array.isArray(container)) setMember(container, token, value);
  else container[indexOf(token, container.length) ?? 0] = value;
  return true;
}

/** Takes away the value at a place. False if there is none. */
export function removeAt(place: Place): boolean {
  const { container, token } = place;
  if (valueAt(place) === undefined) return false;
  if (!Array.isArray(container)) delete container[token];
  else container.splice(indexOf(token, container.length) ?? 0, 1);
  return true;
}

/** The index below `end` that a token names, negative ones counting from the end as Kubernetes allows; undefined if none. */
function indexOf(token: string, end: number): number | undefined {
  if (!/^[-+]?\d{1,9}$/.test(token)) return undefined;
  const index = Number(token);
  const fromStart = token.startsWith("-") ? index + end : index;
  return fromStart >= 0 && fromStart < end ? fromStart : undefined;
}

import { impersonatedUser } from "../auth/impersonation.ts";
import { badRequest } from "../meta/status-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { RequestState } from "./request-state.ts";
import type { Serving } from "./serving.ts";

const prefix = "impersonate-";

/**
 * Makes the request one of the user that its `Impersonate-` headers tell of, if it has any, and the requestor has the
 * right to; the headers are gone afterwards.
 * https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export function impersonate(serving: Pick<Serving, "authorizer">, state: RequestState): Promise<void> | void {
  for (const name in state.request.headers) if (name.startsWith(prefix)) return actAsAnother(serving, state);
}

async function actAsAnother({ authorizer }: Pick<Serving, "authorizer">, state: RequestState): Promise<void> {
  const { request, user: requestor, info, lifetime } = state;
  const wanted = wantedUser(request.rawHeaders);
  const by = { authorizer, requestor, path: info.path, waiting: lifetime };
  state.user = await impersonatedUser(by, wanted);
  state.impersonator = requestor;
  for (const name of Object.keys(request.headers)) if (name.startsWith(prefix)) delete request.headers[name];
}

/**
 * The user of the headers, given as names and values in turn, since a group may have a comma in it. Throws 400 where
 * they name none, or are not all understood: to leave one out might be to act with more rights than were meant.
 */
function wantedUser(rawHeaders: readonly string[]): UserInfo {
  const headers = new Set<string>();
  const names: string[] = [];
  const uids: string[] = [];
  const groups: string[] = [];
  const extra = new Map<string, string[]>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    if (!name.startsWith(prefix)) continue;
    headers.add(name);
    valuesOf(name, { names, uids, groups, extra }).push(textOf(rawHeaders[at + 1] ?? "", name));
  }
  const [name = ""] = names;
  if (name === "") throw badRequest(`requested ${[...headers].join(", ")} without impersonating a user name`);
  // Own fields, whatever a client calls them.
  return { name, uid: uids[0] ?? "", groups, extra: Object.fromEntries(extra) };
}

interface WantedParts {
  readonly names: string[];
  readonly uids: string[];
  readonly groups: string[];
  readonly extra: Map<string, string[]>;
}

const extraPrefix = `${prefix}extra-`;

function valuesOf(header: string, { names, uids, groups, extra }: WantedParts): string[] {
  switch (header) {
    case "impersonate-user":
      return names;
    case "impersonate-uid":
      return uids;
    case "impersonate-group":
      return groups;
  }
  if (!header.startsWith(extraPrefix)) throw badRequest(`the header ${header} is not understood`);
  const key = unescapedKey(header.slice(extraPrefix.length));
  const values = extra.get(key) ?? [];
  extra.set(key, values);
  return values;
}

/** Keys have characters that headers cannot, as percent escapes; what is no escape stands for itself. */
function unescapedKey(escaped: string): string {
  try {
    return decodeURIComponent(escaped);
  } catch {
    return escaped;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Clients send UTF-8, of which Node gives each byte as a character. */
function textOf(value: string, header: string): string {
  try {
    return utf8.decode(Buffer.from(value, "latin1"));
  } catch {
    throw badRequest(`the value of the header ${header} is not UTF-8`);
  }
}

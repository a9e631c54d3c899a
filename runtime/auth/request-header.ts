import type { UserInfo } from "../meta/user-info.ts";
import type { Authenticator, ClientCertificate, Credentials } from "./authenticator.ts";
import type { RequestHeaderConfig } from "./request-header-config.ts";

/**
 * Recognises users by the headers of a front proxy, such as the kube-apiserver that aggregates this server. Throws where
 * there is such a header and no certificate that allows it. Without a configuration it knows nobody.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#authenticating-proxy
 */
export function requestHeaderAuthenticator(config: () => RequestHeaderConfig | undefined): Authenticator {
  const known = new KnownIdentities();
  return (credentials) => {
    const current = config();
    if (current === undefined) return undefined;
    const told = identityText(credentials.rawHeaders, current);
    if (told === "") return undefined;
    const user = known.get(current, told);
    if (user === undefined && firstValue(credentials.rawHeaders, current.usernameHeaders) === "") return undefined;
    requireProxy(current, credentials);
    return user ?? known.add(told, userOf(credentials.rawHeaders, current));
  };
}

const identitiesMax = 2_048;
const identityLengthMax = 4_096;

/** Users by all that was told of them: a proxy brings the same ones over and over. */
class KnownIdentities {
  readonly #users = new Map<string, UserInfo>();
  #config: RequestHeaderConfig | undefined;

  get(config: RequestHeaderConfig, told: string): UserInfo | undefined {
    if (config !== this.#config) this.#users.clear();
    this.#config = config;
    return this.#users.get(told);
  }

  add(told: string, user: UserInfo): UserInfo {
    if (this.#users.size >= identitiesMax) this.#users.clear();
    if (told.length <= identityLengthMax) this.#users.set(told, user);
    return user;
  }
}

/** All headers that tell something of the user; no header has a NUL in it. */
function identityText(rawHeaders: readonly string[], { identityHeaders, extraPrefixes }: RequestHeaderConfig): string {
  let told = "";
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    if (!identityHeaders.has(name) && !startsWithAny(name, extraPrefixes)) continue;
    told += `${name}\0${rawHeaders[index + 1] ?? ""}\0`;
  }
  return told;
}

function startsWithAny(name: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true;
  return false;
}

// The requests of those whom another authenticator knows throw them too, so they are made but once.
const noCertificate = new Error("request headers name a user, but there is no certificate of a front proxy");
const notOurs = new Error("request headers name a user, but the certificate is none of a front proxy");

function requireProxy(config: RequestHeaderConfig, { clientCertificate, receivedAtMs }: Credentials): void {
  if (clientCertificate === undefined) throw noCertificate;
  if (!config.authorities.vouchesFor(clientCertificate, receivedAtMs)) throw notOurs;
  requireAllowed(config, clientCertificate);
}

function requireAllowed({ allowedNames }: RequestHeaderConfig, { commonName }: ClientCertificate): void {
  if (allowedNames.length === 0 || allowedNames.includes(commonName)) return;
  throw new Error(`the front proxy's common name ${commonName} is not in the allowed list`);
}

function userOf(rawHeaders: readonly string[], config: RequestHeaderConfig): UserInfo {
  const groups = config.groupHeaders.flatMap((header) => valuesOf(rawHeaders, header)).filter((group) => group !== "");
  return Object.freeze({
    name: firstValue(rawHeaders, config.usernameHeaders),
    uid: firstValue(rawHeaders, config.uidHeaders),
    groups: Object.freeze(groups),
    extra: Object.freeze(extraOf(rawHeaders, config.extraPrefixes)),
  });
}

/** The first value of the first header that has one; of a header that is sent twice, the first counts. */
function firstValue(rawHeaders: readonly string[], headers: readonly string[]): string {
  for (const header of headers) {
    const [value = ""] = valuesOf(rawHeaders, header);
    if (value !== "") return value;
  }
  return "";
}

function valuesOf(rawHeaders: readonly string[], header: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    if (name.length === header.length && name.toLowerCase() === header) values.push(text(rawHeaders[index + 1] ?? ""));
  }
  return values;
}

function extraOf(rawHeaders: readonly string[], prefixes: readonly string[]): UserInfo["extra"] {
  const extra = new Map<string, string[]>();
  for (const prefix of prefixes) {
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] ?? "").toLowerCase();
      if (!name.startsWith(prefix)) continue;
      const key = unescaped(name.slice(prefix.length));
      const value = text(rawHeaders[index + 1] ?? "");
      const values = extra.get(key);
      if (values === undefined) extra.set(key, [value]);
      else values.push(value);
    }
  }
  // Gives even keys such as __proto__ as any other.
  return Object.fromEntries(extra);
}

const percentByte = /%([0-9a-f]{2})/g;
const loosePercent = /%(?![0-9a-f]{2})/;

/** A key that is not well escaped is taken as it is. */
function unescaped(key: string): string {
  if (!key.includes("%") || loosePercent.test(key)) return key;
  return text(key.replace(percentByte, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 16))));
}

// oxlint-disable-next-line no-control-regex -- bytes beyond ASCII are looked for
const ascii = /^[\x00-\x7f]*$/;

/** Go sends UTF-8, and Node takes each byte for a character. */
function text(bytes: string): string {
  return ascii.test(bytes) ? bytes : Buffer.from(bytes, "latin1").toString("utf8");
}

import type { CaBundle } from "./ca-bundle.ts";

/** Whose word counts for who a user is, and where it says so. Headers are in lower case. */
export interface RequestHeaderConfig {
  /** The authorities of the front proxy's certificate. */
  readonly authorities: CaBundle;
  /** The common names that a proxy may have; any if there are none. */
  readonly allowedNames: readonly string[];
  /** The first that has a value tells the name. */
  readonly usernameHeaders: readonly string[];
  readonly uidHeaders: readonly string[];
  /** All values of all of them are groups. */
  readonly groupHeaders: readonly string[];
  /** What follows the prefix is the key. */
  readonly extraPrefixes: readonly string[];
  /** The headers of names, ids and groups together. */
  readonly identityHeaders: ReadonlySet<string>;
}

/** The texts of a request header configuration, as flags and the cluster give them. */
export type RequestHeaderNames = Omit<RequestHeaderConfig, "authorities" | "identityHeaders">;

/** Puts the two together. */
export function requestHeaderConfig(authorities: CaBundle, names: RequestHeaderNames): RequestHeaderConfig {
  const usernameHeaders = lower(names.usernameHeaders);
  const uidHeaders = lower(names.uidHeaders);
  const groupHeaders = lower(names.groupHeaders);
  return {
    authorities,
    allowedNames: names.allowedNames,
    usernameHeaders,
    uidHeaders,
    groupHeaders,
    extraPrefixes: lower(names.extraPrefixes),
    identityHeaders: new Set([...usernameHeaders, ...uidHeaders, ...groupHeaders]),
  };
}

/** The data of the ConfigMap by which the kube-apiserver tells aggregated servers whom to trust. */
export interface AuthenticationData {
  readonly clientCa: string | undefined;
  readonly requestHeaderCa: string | undefined;
  readonly requestHeaderNames: RequestHeaderNames;
}

/**
 * Reads the data of the ConfigMap `extension-apiserver-authentication`. Throws for lists that are none.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/#original-request-username-and-group
 */
export function readAuthenticationData(data: Readonly<Record<string, unknown>>): AuthenticationData {
  return {
    clientCa: textOf(data["client-ca-file"]),
    requestHeaderCa: textOf(data["requestheader-client-ca-file"]),
    requestHeaderNames: {
      allowedNames: listOf(data, "requestheader-allowed-names"),
      usernameHeaders: listOf(data, "requestheader-username-headers"),
      uidHeaders: listOf(data, "requestheader-uid-headers"),
      groupHeaders: listOf(data, "requestheader-group-headers"),
      extraPrefixes: listOf(data, "requestheader-extra-headers-prefix"),
    },
  };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function listOf(data: Readonly<Record<string, unknown>>, key: string): readonly string[] {
  const text = textOf(data[key]);
  if (text === undefined) return [];
  const list: unknown = JSON.parse(text);
  if (list === null) return [];
  if (!Array.isArray(list) || !list.every((item) => typeof item === "string")) {
    throw new Error(`${key} is not a JSON list of strings`);
  }
  return list;
}

function lower(names: readonly string[]): readonly string[] {
  return names.map((name) => name.trim().toLowerCase());
}

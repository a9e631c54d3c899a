import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { alwaysAllow, allowedPaths } from "../../runtime/auth/always-allow.ts";
import { authenticationConfig } from "../../runtime/auth/authentication-config.ts";
import { allow, type AuthorizationAttributes, type Authorizer } from "../../runtime/auth/authorizer.ts";
import { clientCertificateAuthenticator } from "../../runtime/auth/client-certificate.ts";
import { requestHeaderAuthenticator } from "../../runtime/auth/request-header.ts";
import type { Limits } from "../../runtime/http/limits.ts";
import { pathSegmentName } from "../../runtime/meta/names.ts";
import type { UserInfo } from "../../runtime/meta/user-info.ts";
import { createScheme } from "../../runtime/scheme/scheme.ts";
import { createServer } from "../../runtime/server.ts";
import type { Storage } from "../../runtime/storage/storage.ts";
import { scheme as cats } from "../../generated/index.ts";
import { scheme as farm } from "../farm/generated/index.ts";
import { files } from "./identities.ts";

/** What a server was asked that it let as far as the authorizer. */
export interface Seen {
  readonly user: UserInfo;
  readonly asked: AuthorizationAttributes;
}

/** A server that is to be attacked. */
export interface GuardedServer {
  readonly port: number;
  /** In the order of their coming. */
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** What to serve, and whom to trust. */
export interface GuardedOptions {
  /** Where the identities are. */
  readonly folder: string;
  readonly storage: Storage;
  readonly limits?: Partial<Limits>;
}

/** A namespace is its owner's: this group may do everything in it. */
export function ownersOf(namespace: string): string {
  return `owners:${namespace}`;
}

const proxyNames = {
  allowedNames: ["front-proxy"],
  usernameHeaders: ["X-Remote-User"],
  uidHeaders: ["X-Remote-Uid"],
  groupHeaders: ["X-Remote-Group"],
  extraPrefixes: ["X-Remote-Extra-"],
};

/** Cats, but of any name that a path can have. */
function straysOf() {
  const [known] = cats.groupVersions;
  const [cat] = known?.resources ?? [];
  if (known === undefined || cat === undefined) throw new Error("no cats");
  const stray = {
    ...cat,
    gvk: { ...cat.gvk, group: "street.skai.io", kind: "Stray" },
    // Its lists are lists of cats, as the documents of cats have them.
    names: { ...cat.names, plural: "strays", singular: "stray", shortNames: [], categories: [] },
    strategy: { names: pathSegmentName },
  };
  return { group: "street.skai.io", version: "v1alpha1", resources: [stray], openApi: known.openApi };
}

/** Starts a server of cats, strays and herds that trusts a front proxy, certificates of users, and nobody else. */
export async function startGuardedServer({ folder, storage, limits = {} }: GuardedOptions): Promise<GuardedServer> {
  const config = await authenticationConfig({
    clientCaFile: join(folder, files.users),
    requestHeader: { caFile: join(folder, files.proxies), names: proxyNames },
    tell: (line) => {
      throw new Error(line);
    },
  });
  const seen: Seen[] = [];
  const witness: Authorizer = (user, asked) => {
    if (seen.length < seenMax) seen.push({ user, asked });
    if (user.groups.includes("system:masters")) return allow;
    const isOwner = asked.namespace !== "" && user.groups.includes(ownersOf(asked.namespace));
    return isOwner ? allow : { allowed: false, reason: "" };
  };
  const server = createServer({
    scheme: createScheme([...cats.groupVersions, ...farm.groupVersions, straysOf()]),
    storage,
    tls: {
      key: await readFile(join(folder, files.servingKey)),
      cert: await readFile(join(folder, files.serving)),
      clientCa: config,
    },
    authenticators: [
      requestHeaderAuthenticator(() => config.requestHeader()),
      clientCertificateAuthenticator(() => config.clientCa()),
    ],
    authorizer: alwaysAllow({ groups: [], paths: allowedPaths(["/healthz", "/livez", "/readyz"]) }, witness),
    version: "0",
    port: 0,
    cbor: true,
    limits,
  });
  const port = await server.listen("127.0.0.1", 0);
  return {
    port,
    seen,
    async close() {
      await server.close();
      config.close();
    },
  };
}

/** Floods are not written down. */
const seenMax = 1_000;

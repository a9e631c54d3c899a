import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issue, issueRoot, type Issued, type Wanted } from "../auth/certificates.ts";

/** What a server reads of whom it trusts, and shows of itself. */
export const files = {
  users: "users.crt",
  proxies: "proxies.crt",
  serving: "serving.crt",
  servingKey: "serving.key",
} as const;

/** A certificate, with those that lead from it to an authority, and its key, in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** The authorities that a server trusts, and some who have their certificates. */
export interface Identities {
  /** Has all the files. */
  readonly folder: string;
  readonly users: Issued;
  readonly proxies: Issued;
  /** May speak for others. */
  readonly proxy: Identity;
  /** A user called mallory, of no group. */
  readonly mallory: Identity;
  remove(): Promise<void>;
}

/** The identity of an issued certificate. */
export function identityOf(issued: Issued, ...chain: readonly Issued[]): Identity {
  return { cert: [issued, ...chain].map(({ pem }) => pem).join(""), key: issued.keyPem };
}

/** Issues a certificate of somebody. */
export async function issueTo(name: string, more: Partial<Wanted> = {}): Promise<Identity> {
  return identityOf(await issue({ subject: [{ CN: [name] }], ...more }));
}

/** Issues what a server needs and writes it to a folder. */
export async function issueIdentities(): Promise<Identities> {
  const [users, proxies] = [await issueRoot("users"), await issueRoot("proxies")];
  const serving = await issue({ subject: [{ CN: ["server"] }], issuer: await issueRoot("servers"), usage: "server" });
  const folder = await mkdtemp(join(tmpdir(), "identities-"));
  const texts = [
    [files.users, users.pem],
    [files.proxies, proxies.pem],
    [files.serving, serving.pem],
    [files.servingKey, serving.keyPem],
  ] as const;
  await Promise.all(texts.map(([name, text]) => writeFile(join(folder, name), text)));
  return {
    folder,
    users,
    proxies,
    proxy: await issueTo("front-proxy", { issuer: proxies }),
    mallory: await issueTo("mallory", { issuer: users }),
    remove: () => rm(folder, { recursive: true }),
  };
}

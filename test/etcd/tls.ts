import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { issueAuthority, issueClient, issueServing } from "../../runtime/start/issue-certificates.ts";

/** What a client needs to reach an etcd that has TLS: PEM texts, and the same in files. */
export interface EtcdTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly files: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** Issues certificates into a folder. Gives them with the flags that make etcd use them. */
export async function issueEtcdTls(
  folder: string,
  { mutual }: { readonly mutual: boolean },
): Promise<{ readonly tls: EtcdTls; readonly flags: readonly string[] }> {
  const now = new Date();
  const authority = await issueAuthority(now);
  const serving = await issueServing(authority, "127.0.0.1", now);
  const client = await issueClient(authority, { name: "apiserver", group: "etcd-clients" }, now);
  const write = async (name: string, text: string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  const files = {
    ca: await write("ca.crt", authority.certificate),
    cert: await write("client.crt", client.certificate),
    key: await write("client.key", client.key),
  };
  const flags = [
    `--cert-file=${await write("server.crt", serving.certificate)}`,
    `--key-file=${await write("server.key", serving.key)}`,
    ...(mutual ? ["--client-cert-auth", `--trusted-ca-file=${files.ca}`] : []),
  ];
  return { tls: { ca: authority.certificate, cert: client.certificate, key: client.key, files }, flags };
}

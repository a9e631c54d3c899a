import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { localCertificates, type LocalCertificates } from "../../runtime/start/certificates.ts";
import { writeKubeconfig } from "../../runtime/start/kubeconfig.ts";

let folder: string;
let certificates: LocalCertificates;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  certificates = await localCertificates(folder, "127.0.0.1", new Date());
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

test("the kubeconfig names the server, its authority and a client credential, for its owner alone", async () => {
  const file = join(folder, "kubeconfig");
  const access = { host: "127.0.0.1", port: 9443, servingCertificate: certificates.serving.certificate, certificates };
  await writeKubeconfig(file, access);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const { clusters, users } = parse(await readFile(file, "utf8")) as {
    clusters: { cluster: Record<string, string> }[];
    users: { user: Record<string, string> }[];
  };
  expect(clusters[0]?.cluster["server"]).toBe("https://127.0.0.1:9443");
  expect(decoded(clusters[0]?.cluster["certificate-authority-data"])).toBe(certificates.authority);
  expect(decoded(users[0]?.user["client-certificate-data"])).toBe(certificates.client.certificate);
  await writeKubeconfig(file, { ...access, port: 1 });
  expect(await readFile(file, "utf8")).toContain("https://127.0.0.1:1\n");
});

test("a kubeconfig that someone else wrote is left alone", async () => {
  const file = join(folder, "mine");
  await writeFile(file, "apiVersion: v1\n");
  const access = { host: "::1", port: 9443, servingCertificate: certificates.serving.certificate, certificates };
  await expect(writeKubeconfig(file, access)).rejects.toThrow(/is not this server's; move it, or give/);
  expect(await readFile(file, "utf8")).toBe("apiVersion: v1\n");
});

function decoded(text: string | undefined): string {
  return Buffer.from(text ?? "", "base64").toString();
}

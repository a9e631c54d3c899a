import { X509Certificate } from "node:crypto";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { watchKeyPair } from "../../runtime/start/certificate-files.ts";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import { openListenerCertificates, type CertificateFlags } from "../../runtime/start/listener-certificates.ts";

let pairs: readonly KeyPair[];
let folder: string;
let told: string[];

const dayMs = 24 * 3600 * 1000;
const elapsed = new Date(Date.now() - 400 * dayMs);

beforeAll(async () => {
  const authority = await issueAuthority(new Date());
  const issue = (host: string, now = new Date()): Promise<KeyPair> => issueServing(authority, host, now);
  pairs = [await issue("one.example.com"), await issue("two.example.com"), await issue("old.example.com", elapsed)];
});

beforeEach(async () => {
  told = [];
  folder = await mkdtemp(join(tmpdir(), "certificate-files-"));
});
afterEach(() => rm(folder, { recursive: true }));

const tell = (line: string): void => void told.push(line);

function pairAt(index: number): KeyPair {
  return pairs[index] ?? { key: "", certificate: "" };
}

/** Puts a pair where a kubelet would put a secret: into a folder of its own, to which a link is switched. */
async function mountSecret({ key, certificate }: KeyPair, name: string): Promise<void> {
  await mkdir(join(folder, name));
  await writeFile(join(folder, name, "tls.crt"), certificate);
  await writeFile(join(folder, name, "tls.key"), key);
  await symlink(name, join(folder, "data.tmp"));
  await rename(join(folder, "data.tmp"), join(folder, "data"));
}

async function watch(pollMs = 3_600_000) {
  const named = (end: string) => ({ flag: `--${end}`, file: join(folder, "data", `tls.${end}`) });
  const files = await watchKeyPair(named("crt"), named("key"), { tell, pollMs });
  let changes = 0;
  files.onChange(() => changes++);
  return { files, changes: () => changes };
}

test("a secret that is replaced is taken, without anybody asking", async () => {
  await mountSecret(pairAt(0), "first");
  const { files, changes } = await watch(5);
  expect(files.pair().cert).toBe(pairAt(0).certificate);
  await mountSecret(pairAt(1), "second");
  await expect.poll(changes, { timeout: 10_000 }).toBe(1);
  expect(files.pair()).toEqual({ key: pairAt(1).key, cert: pairAt(1).certificate });
  files.close();
});

test.each([
  [
    "a certificate without its key",
    () => ({ key: pairAt(0).key, certificate: pairAt(1).certificate }),
    "does not belong",
  ],
  ["what is no certificate", () => ({ key: pairAt(0).key, certificate: "" }), "holds no certificate"],
  ["a certificate that has expired", () => pairAt(2), "expired on"],
])("%s is told of once, and the earlier stays until there is one that can be used", async (_what, wrong, why) => {
  await mountSecret(pairAt(0), "first");
  const { files, changes } = await watch();
  await mountSecret(wrong(), "wrong");
  await files.check();
  await files.check();
  expect(changes()).toBe(0);
  expect(files.pair().cert).toBe(pairAt(0).certificate);
  expect(told).toHaveLength(1);
  expect(told[0]).toContain(why);
  await mountSecret(pairAt(1), "second");
  await files.check();
  expect(files.pair().cert).toBe(pairAt(1).certificate);
  expect(told).toHaveLength(2);
  files.close();
});

test("files that are away for a while do no harm, and what has not changed is no change", async () => {
  await mountSecret(pairAt(0), "first");
  const { files, changes } = await watch();
  await files.check();
  await rm(join(folder, "first"), { recursive: true });
  await files.check();
  await mountSecret(pairAt(0), "again");
  await files.check();
  expect([changes(), told.length]).toEqual([0, 1]);
  files.close();
});

test("what cannot be used at first is an error", async () => {
  await mountSecret({ key: "", certificate: "" }, "first");
  await expect(watch()).rejects.toThrow("--crt");
});

test("the listener has the certificates that flags name, by the names in them or those given", async () => {
  await mountSecret(pairAt(0), "data-of-one");
  const [certFile, keyFile] = [join(folder, "data", "tls.crt"), join(folder, "data", "tls.key")];
  const flags = { tlsCertFile: certFile, tlsPrivateKeyFile: keyFile, tlsMinVersion: "TLSv1.3", tlsCipherSuites: "x" };
  const tlsSniCertKey = [
    { certFile, keyFile, names: [] },
    { certFile, keyFile, names: ["*.cats"] },
  ];
  const opened = await openListenerCertificates({ ...flags, tlsSniCertKey } as unknown as CertificateFlags, pairAt(1), {
    tell,
  });
  const { source, named, minVersion, ciphers } = opened.tls;
  expect(source.pair().cert).toBe(pairAt(0).certificate);
  expect(named.map(({ names }) => names)).toEqual([["localhost", "one.example.com"], ["*.cats"]]);
  expect([minVersion, ciphers]).toEqual(["TLSv1.3", "x"]);
  opened.close();
  const plain = await openListenerCertificates({ tlsSniCertKey: [] } as unknown as CertificateFlags, pairAt(1), {
    tell,
  });
  expect(new X509Certificate(plain.tls.source.pair().cert).subjectAltName).toContain("two.example.com");
  plain.close();
});

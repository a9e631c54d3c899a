import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, expect, test } from "vitest";
import { addAuditFlags, openAudit, type AuditFlags } from "../../runtime/start/audit-flags.ts";
import { widgetApp, widgets } from "../http/widget-app.ts";

const folder = mkdtempSync(join(tmpdir(), "audit-flags-"));
const policy = join(folder, "policy.yaml");
const log = join(folder, "audit.log");
writeFileSync(policy, "apiVersion: audit.k8s.io/v1\nkind: Policy\nextra: 1\nrules:\n- level: Metadata\n");

afterAll(() => rmSync(folder, { recursive: true }));

function flagsOf(...argv: string[]): AuditFlags {
  const command = addAuditFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(argv, { from: "user" }).opts<AuditFlags>();
}

test("nothing is audited unless flags say so", async () => {
  expect(await openAudit(flagsOf(), () => undefined)).toBeUndefined();
});

test("requests are written to the file, and all of them before it is closed", async () => {
  const told: string[] = [];
  const audit = await openAudit(flagsOf("--audit-policy-file", policy, "--audit-log-path", log), (line) =>
    told.push(line),
  );
  if (audit === undefined) throw new Error("flags name a log");
  const app = widgetApp({ audit });
  for (let index = 0; index < 20; index++) await app.inject(widgets);
  await app.close();
  await audit.close();
  const lines = readFileSync(log, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(40);
  expect(lines.every((line) => (JSON.parse(line) as { kind: string }).kind === "Event")).toBe(true);
  expect(told).toEqual([`--audit-policy-file ${policy}: no policy has a field extra; it is ignored`]);
});

test.each([
  [["--audit-log-path", "-"], "--audit-policy-file and --audit-log-path go together"],
  [["--audit-policy-file", policy], "--audit-policy-file and --audit-log-path go together"],
  [["--audit-policy-file", join(folder, "none"), "--audit-log-path", "-"], "ENOENT"],
  [["--audit-policy-file", log, "--audit-log-path", "-"], `--audit-policy-file ${log}: `],
  [["--audit-policy-file", policy, "--audit-log-path", folder], `--audit-log-path ${folder}: `],
])("%j is refused before anything is served", async (argv, message) => {
  await expect(openAudit(flagsOf(...argv), () => undefined)).rejects.toThrow(message);
});

test.each([
  ["--audit-log-maxsize", "-1"],
  ["--audit-log-maxage", "week"],
  ["--audit-log-format", "legacy"],
])("%s %s is refused", (flag, value) => {
  expect(() => flagsOf(`${flag}=${value}`)).toThrow();
});

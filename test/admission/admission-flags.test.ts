import { Command } from "commander";
import { expect, test } from "vitest";
import {
  addAdmissionFlags,
  checkAdmissionFlags,
  openAdmission,
  type AdmissionFlags,
} from "../../runtime/start/admission-flags.ts";
import { widgetScheme } from "../registry/widget.ts";
import { startCluster } from "./cluster.ts";

function parse(...argv: readonly string[]): AdmissionFlags {
  const command = addAdmissionFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(argv, { from: "user" }).opts<AdmissionFlags>();
}

test.each<[string[], Partial<AdmissionFlags>]>([
  [[], { admissionLookupFailure: "fail" }],
  [["--admission-lookup-failure=ignore"], { admissionLookupFailure: "ignore" }],
  [
    ["--disable-admission-plugins=NamespaceLifecycle,", "--disable-admission-plugins= ValidatingAdmissionWebhook"],
    { disableAdmissionPlugins: ["NamespaceLifecycle", "ValidatingAdmissionWebhook"] },
  ],
])("%j are read", (argv, expected) => {
  const flags = parse(...argv);
  checkAdmissionFlags(flags);
  expect(flags).toMatchObject(expected);
});

test.each<[string[], string]>([
  [["--admission-lookup-failure=perhaps"], "It takes ignore or fail."],
  [["--enable-admission-plugins=Other"], "There is no plugin Other; there are NamespaceLifecycle, Mutating"],
])("%j are refused", (argv, why) => {
  expect(() => parse(...argv)).toThrow(why);
});

test("a plugin is either enabled or disabled", () => {
  const flags = parse(
    "--enable-admission-plugins=NamespaceLifecycle",
    "--disable-admission-plugins=NamespaceLifecycle",
  );
  expect(() => checkAdmissionFlags(flags)).toThrow(
    "--enable-admission-plugins and --disable-admission-plugins both name NamespaceLifecycle",
  );
});

test("the plugins that are not disabled are opened", async () => {
  const cluster = await startCluster();
  const flags = parse("--disable-admission-plugins=MutatingAdmissionWebhook");
  const plugins = await openAdmission(flags, cluster.client, { scheme: widgetScheme(), tell: () => undefined });
  expect(plugins.around([]).map(({ name }) => name)).toEqual(["NamespaceLifecycle", "ValidatingAdmissionWebhook"]);
  plugins.close();
  await cluster.close();
});

import { expect, test } from "vitest";
import { certificatesIn, overlappingBundle, type LiveCertificates } from "../../codegen/deploy/overlap.ts";
import { issueAuthority, issueServing } from "../../runtime/start/issue-certificates.ts";

const now = new Date("2030-05-01T00:00:00Z");
const longAgo = new Date("2030-04-01T00:00:00Z");
const justNow = new Date("2030-04-30T23:59:00Z");
const [first, second, third] = [
  await issueAuthority(longAgo),
  await issueAuthority(longAgo),
  await issueAuthority(now),
];
const past = await issueAuthority(new Date("2010-01-01T00:00:00Z"));
const shown = (await issueServing(first, "skai-demo.default.svc", longAgo)).certificate;

/** The bundle as the letters of its authorities. */
function letters(bundle: string): string {
  const all = { a: first, b: second, c: third, p: past };
  return certificatesIn(bundle)
    .map((one) => Object.entries(all).find(([, { certificate }]) => certificate === one.toString())?.[0] ?? "?")
    .join("");
}

const live = (caBundle: string, changedAt: Date): LiveCertificates => ({ caBundle, certificate: shown, changedAt });
const pem = { a: first.certificate, b: second.certificate, c: third.certificate, p: past.certificate };

test.each([
  ["nothing is there yet", pem.c, undefined, "c"],
  ["the new bundle has who signed what is shown", pem.c + pem.a, live(pem.a, longAgo), "ca"],
  ["it has not", pem.c + pem.b, live(pem.b + pem.a, longAgo), "cba"],
  [
    "what is shown was changed a moment ago: some may still show what was before",
    pem.c,
    live(pem.b + pem.a, justNow),
    "cba",
  ],
  ["who signed it is unknown to the cluster as well", pem.c, live(pem.b, longAgo), "c"],
  ["an authority is past its time", pem.c, live(pem.a + pem.p, justNow), "ca"],
  ["the cluster's bundle is nonsense", pem.c, live("nonsense", justNow), "c"],
])("%s", (_, bundle, there, expected) => {
  expect(letters(overlappingBundle(bundle, there, now))).toBe(expected);
});

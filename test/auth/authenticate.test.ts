import { expect, test } from "vitest";
import { authenticate, type Authenticator, type Credentials } from "../../runtime/auth/authenticator.ts";
import { authenticateClientCertificate } from "../../runtime/auth/client-certificate.ts";
import { anonymousUser } from "../../runtime/auth/well-known.ts";
import { StatusError } from "../../runtime/meta/status-error.ts";

const waiting = new AbortController();
const nothing: Credentials = {
  clientCertificate: undefined,
  bearerToken: undefined,
  headers: {},
  rawHeaders: [],
  receivedAtMs: 0,
};
const certificate = {
  verified: true,
  commonName: "ann",
  organizations: ["ops", "dev"],
  der: new Uint8Array(),
  issuers: [],
};

const byToken: Authenticator = async ({ bearerToken }) => {
  if (bearerToken === undefined) return undefined;
  if (bearerToken !== "good") throw new Error("invalid bearer token");
  return { name: "bob", uid: "", groups: ["system:authenticated"], extra: {} };
};

function recognise(credentials: Partial<Credentials>): Promise<string> {
  return authenticate([authenticateClientCertificate, byToken], { ...nothing, ...credentials }, waiting).then(
    ({ name, groups }) => `${name} ${groups.join(",")}`,
    (error: unknown) => (error instanceof StatusError ? String(error.status.code) : "broken"),
  );
}

test.each<[string, Partial<Credentials>, string]>([
  ["no credential", {}, "system:anonymous system:unauthenticated"],
  ["a verified certificate", { clientCertificate: certificate }, "ann ops,dev,system:authenticated"],
  ["a certificate of somebody else", { clientCertificate: { ...certificate, verified: false } }, "401"],
  ["a certificate without a name", { clientCertificate: { ...certificate, commonName: "" } }, "401"],
  ["a good token", { bearerToken: "good" }, "bob system:authenticated"],
  ["a bad token", { bearerToken: "bad" }, "401"],
  [
    "a bad certificate and a good token",
    { clientCertificate: { ...certificate, verified: false }, bearerToken: "good" },
    "bob system:authenticated",
  ],
])("%s", async (_what, credentials, expected) => {
  expect(await recognise(credentials)).toBe(expected);
});

test("a token that no authenticator knows of is refused rather than anonymous", async () => {
  const refused = authenticate([authenticateClientCertificate], { ...nothing, bearerToken: "t" }, waiting);
  await expect(refused).rejects.toThrow("Unauthorized");
});

test("the anonymous user cannot be changed", () => {
  expect(Object.isFrozen(anonymousUser) && Object.isFrozen(anonymousUser.groups)).toBe(true);
});

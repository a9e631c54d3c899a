import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import {
  answerOpenApiV2,
  answerOpenApiV3,
  answerOpenApiV3Index,
  type V3Request,
} from "../../../runtime/http/openapi/openapi.ts";
import type { Answer, DocumentRequest } from "../../../runtime/http/document.ts";
import { readJson } from "./read-answer.ts";
import { recorded } from "./recorded.ts";
import { wardleOpenApi, wardleSources } from "./wardle-openapi.ts";

const wardle = wardleOpenApi();
const key = "apis/wardle.example.com/v1alpha1";
const now = new Date("2026-01-02T03:04:05Z");

function v3(request: Partial<V3Request> = {}, document: DocumentRequest = {}): Answer {
  return answerOpenApiV3(wardle, { key, hash: undefined, now, ...request }, document);
}

const hash = String(v3().headers["etag"]).slice(1, -1);

/** Headers that the whole server sets, and those of files, which our documents are not: an ETag is enough. */
const notOurs = new Set(["audit-id", "date", "content-length", "accept-ranges", "last-modified"]);

function comparable(headers: Answer["headers"]): Record<string, unknown> {
  const own = Object.entries(headers).filter(([name]) => !notOurs.has(name));
  return Object.fromEntries(
    own.map(([name, value]) => {
      if (name === "etag") return [name, '"<hash>"'];
      return [name, name === "expires" ? "<date>" : value];
    }),
  );
}

const cases: [id: string, answer: () => Answer][] = [
  ["oa-v3-index", () => answerOpenApiV3Index(wardle, {})],
  ["oa-v3-gv", () => v3()],
  ["oa-v3-gv-hash", () => v3({ hash })],
  ["oa-v3-gv-304", () => v3({}, { ifNoneMatch: `"${hash}"` })],
  ["oa-v3-gv-406", () => v3({}, { accept: "text/html" })],
  ["oa-v2", () => answerOpenApiV2(wardle, {})],
];

test.each(cases)("%s has the Go server's status and headers", (id, ask) => {
  const { status, headers } = recorded(id).response;
  const answer = ask();
  expect(answer.status).toBe(status);
  expect({ "cache-control": "no-cache, private", ...comparable(answer.headers) }).toEqual(comparable(headers));
  expect(answer.body === undefined).toBe(status !== 200);
});

test("with the right hash a document may be kept for a year", () => {
  const { headers } = v3({ hash });
  expect(headers["cache-control"]).toBe("public, immutable");
  expect(headers["expires"]).toBe("Sat, 02 Jan 2027 03:04:05 GMT");
});

test("another hash leads to the document that there is now", () => {
  const answer = v3({ hash: "0123" });
  expect(answer).toMatchObject({ status: 301, body: undefined });
  expect(answer.headers["location"]).toBe(`/openapi/v3/${key}?hash=${hash}`);
  expect(v3({ hash: "" }).status).toBe(200);
});

test("the index leads to every document by its hash", () => {
  const index: { paths: Record<string, { serverRelativeURL: string }> } = readJson(answerOpenApiV3Index(wardle, {}));
  for (const [name, { serverRelativeURL }] of Object.entries(index.paths)) {
    const url = new URL(serverRelativeURL, "https://server");
    expect(url.pathname).toBe(`/openapi/v3/${name}`);
    expect(v3({ key: name, hash: url.searchParams.get("hash") ?? "" }).status).toBe(200);
  }
  expect(Object.keys(index.paths)).toHaveLength(5);
});

test("the index may be had by its ETag, too", () => {
  const { etag } = answerOpenApiV3Index(wardle, {}).headers;
  expect(answerOpenApiV3Index(wardle, { ifNoneMatch: String(etag) })).toMatchObject({ status: 304, body: undefined });
});

test("a document that there is not is empty, as the Go server's", () => {
  for (const name of ["apis/nope/v1", "", "constructor", `${key}/`]) {
    expect(v3({ key: name })).toEqual({ status: 200, headers: {}, body: undefined });
  }
});

test("documents are compressed once, and have the same ETag so", () => {
  const plain = v3();
  const packed = v3({}, { acceptEncoding: "gzip, deflate" });
  expect(packed.headers).toMatchObject({
    "content-encoding": "gzip",
    vary: ["Accept-Encoding", "Accept"],
    etag: plain.headers["etag"],
  });
  expect(gunzipSync(packed.body ?? new Uint8Array())).toEqual(Buffer.from(plain.body ?? []));
  expect(v3({}, { acceptEncoding: "gzip" }).body).toBe(packed.body);
  expect(answerOpenApiV2(wardle, { acceptEncoding: "gzip" }).headers["vary"]).toEqual(["Accept-Encoding", "Accept"]);
});

const protobuf = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

test.each([
  ["application/json", "application/json"],
  ["*/*", "application/json"],
  ["", "application/json"],
  [protobuf, protobuf],
  // What kubectl sends; the answer has the spelling that is a valid media type.
  ["application/com.github.proto-openapi.spec.v2@v1.0+protobuf", protobuf],
  [`application/json;q=0.5,${protobuf}`, protobuf],
])("/openapi/v2 for Accept: %s", (accept, contentType) => {
  const answer = answerOpenApiV2(wardle, { accept });
  expect(answer.headers["content-type"]).toBe(contentType);
  expect(answerOpenApiV2(wardle, { accept }).body).toBe(answer.body);
});

test("what /openapi/v2 has not is a 406", () => {
  expect(answerOpenApiV2(wardle, { accept: "text/html" })).toMatchObject({ status: 406, body: undefined });
});

test("both forms of /openapi/v2 have one ETag, by which they need not be sent again", () => {
  const { etag } = answerOpenApiV2(wardle, {}).headers;
  expect(answerOpenApiV2(wardle, { accept: protobuf }).headers["etag"]).toBe(etag);
  const again = answerOpenApiV2(wardle, { accept: protobuf, ifNoneMatch: String(etag) });
  expect(again).toMatchObject({ status: 304, body: undefined });
  expect(again.headers["content-type"]).toBeUndefined();
});

test("the same sources make the same documents, others make others", () => {
  expect(answerOpenApiV2(wardleOpenApi(), {}).headers).toEqual(answerOpenApiV2(wardle, {}).headers);
  const fewer = wardleOpenApi({ endpoints: wardleSources.endpoints.slice(1) });
  expect(answerOpenApiV2(fewer, {}).headers["etag"]).not.toBe(answerOpenApiV2(wardle, {}).headers["etag"]);
});

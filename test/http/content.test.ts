import { expect, test } from "vitest";
import { resourceTargets } from "../../runtime/resource-targets.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { now } from "../registry/request.ts";
import { scheme } from "../wardle/generated/index.ts";
import { widgetApp } from "./widget-app.ts";

const targets = resourceTargets({ scheme, storage: memoryStorage() });
const app = widgetApp({ scheme, targets });
const path = "/openapi/v3";
const whole = (await app.inject({ url: path, headers: { accept: "application/json" } })).rawPayload;

async function ask(headers: Record<string, string>): Promise<{ status: number; text: string; range: unknown }> {
  const answer = await app.inject({ url: path, headers });
  return { status: answer.statusCode, text: answer.body, range: answer.headers["content-range"] };
}

const { length } = whole;
const text = whole.toString();

test("an OpenAPI document tells when it was made, and that it can be had in parts", async () => {
  const { headers } = await app.inject({ url: path });
  expect(headers).toMatchObject({ "accept-ranges": "bytes", "last-modified": now.toUTCString() });
});

test.each<[string, string, string | undefined]>([
  ["bytes=0-9", text.slice(0, 10), `bytes 0-9/${length}`],
  ["bytes=10-", text.slice(10), `bytes 10-${length - 1}/${length}`],
  ["bytes=-7", text.slice(-7), `bytes ${length - 7}-${length - 1}/${length}`],
  [`bytes=5-${length * 2}`, text.slice(5), `bytes 5-${length - 1}/${length}`],
  [`bytes=-${length * 2}`, text, `bytes 0-${length - 1}/${length}`],
])("the range %s is that part", async (range, part, contentRange) => {
  expect(await ask({ range })).toEqual({ status: 206, text: part, range: contentRange });
});

test.each([`bytes=${length}-`, "bytes=-0", "bytes=99999999999999999999-"])(
  "the range %s is not there",
  async (range) => {
    expect(await ask({ range })).toEqual({ status: 416, text: "", range: `bytes */${length}` });
  },
);

test.each(["bytes=9-5", "bytes=-", "bytes=0-1,5-6", "lines=0-1", "nonsense"])(
  "the range %s is ignored",
  async (range) => {
    expect(await ask({ range })).toEqual({ status: 200, text, range: undefined });
  },
);

test("a range of blanks is read in no time", async () => {
  const blanks = " ".repeat(300_000);
  const { user: before } = process.cpuUsage();
  for (const range of [`bytes=${blanks}x`, `bytes=0-${blanks}x`]) {
    expect(await ask({ range })).toEqual({ status: 200, text, range: undefined });
  }
  expect((process.cpuUsage().user - before) / 1000).toBeLessThan(10_000);
  expect((await ask({ range: "bytes= 0 - 9 " })).text).toBe(text.slice(0, 10));
});

test("a part of another state of the document is not given", async () => {
  const { etag } = (await app.inject({ url: path })).headers;
  expect(await ask({ range: "bytes=0-0", "if-range": String(etag) })).toMatchObject({ status: 206 });
  expect(await ask({ range: "bytes=0-0", "if-range": '"other"' })).toMatchObject({ status: 200 });
});

test("what is compressed comes whole", async () => {
  const { headers, statusCode } = await app.inject({
    url: "/openapi/v2",
    headers: { "accept-encoding": "gzip", range: "bytes=0-9" },
  });
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({ "content-encoding": "gzip", "last-modified": now.toUTCString() });
  expect(headers["accept-ranges"]).toBeUndefined();
});

test.each<[Record<string, string>, number]>([
  [{ "if-modified-since": now.toUTCString() }, 304],
  [{ "if-modified-since": new Date(now.getTime() - 5000).toUTCString() }, 200],
  [{ "if-modified-since": "yesterday" }, 200],
  [{ "if-modified-since": now.toUTCString(), "if-none-match": '"other"' }, 200],
])("with %j the answer is %d", async (headers, status) => {
  expect(await ask(headers)).toMatchObject({ status });
});

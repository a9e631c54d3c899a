import { describe, expect, test } from "vitest";
import { recordings, Replay, requests, type Answer, type Recorded } from "./replay.ts";
import { targets } from "./requests.ts";

/** Cases that are decided above the verbs, and why. */
const decidedByHttp = new Map([
  ["create-text", "the media type is not read"],
  ["create-bad-ctype", "the media type is not read"],
  ["create-proto", "the media type is not read"],
  ["create-too-large", "the body is cut off before it is read"],
  ["get-cbor", "the media type is not served"],
  ["list-cbor", "the media type is not served"],
  ["get-as-bogus", "the media type is not served"],
  ["get-as-bogus-json", "another media type is chosen"],
]);

/** Cases that tell of what there is not here. */
const notHere = new Map([
  ["list-rv-old-exact", "the recorded server's history had been compacted before the first request"],
]);

const recorded = recordings();
const sent = await requests();
const replay = new Replay(targets());
const answers: [string, Answer, Recorded["response"]][] = [];
for (const request of sent) {
  if (request.watch === true) continue;
  const answer = await replay.send(request);
  const wanted = recorded.get(request.id)?.response;
  if (answer === undefined || wanted?.body === undefined) continue;
  if (!decidedByHttp.has(request.id) && !notHere.has(request.id)) answers.push([request.id, answer, wanted]);
}

describe("the verbs answer as the recorded Go server did", () => {
  test.each(answers)("%s", (_id, answer, wanted) => {
    expect(comparable(withUntypedItems(answer.body))).toEqual(comparable(wanted.body));
    expect(answer.status).toBe(wanted.status);
    expect(answer.warnings).toEqual(warningsOf(wanted));
  });

  test("which are most of those about objects", () => {
    expect(answers.length).toBeGreaterThan(200);
  });
});

/** Lists as Go servers write them: their items do not tell what the list tells already. */
function withUntypedItems(body: object): object {
  if (!("items" in body) || !Array.isArray(body.items) || ("kind" in body && String(body.kind).startsWith("Partial")))
    return body;
  const items: object[] = body.items;
  const untyped = items.map((item) => Object.fromEntries(Object.entries(item).filter(([key]) => !typeFields.has(key))));
  return { ...body, items: untyped };
}

const typeFields = new Set(["kind", "apiVersion"]);

/** What can be compared: not the marks of time and chance. */
function comparable(value: unknown): unknown {
  if (typeof value === "string") return masked(value);
  if (Array.isArray(value)) return value.map(comparable);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => key !== "description");
  return Object.fromEntries(kept.map(([key, inner]) => [key, volatile.has(key) ? "…" : comparable(inner)]));
}

const volatile = new Set(["resourceVersion", "uid", "continue"]);

function masked(text: string): string {
  return text
    .replace(/<uid-\d+>|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/g, "<uid>")
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, "<time>")
    .replace(/(resourceVersion\\*":\\*")\d+/g, "$1<rv>")
    .replace(/current: (?:\d+|<rv-\d+>)/g, "current: <rv>")
    .replace(/in record \(\d+\)/g, "in record (<rv>)")
    .replace(/in scheme \\*"[^"\\]+\\*"/g, "in scheme");
}

function warningsOf({ headers }: Recorded["response"]): string[] {
  const values = [headers["warning"] ?? []].flat().filter((value) => typeof value === "string");
  const texts = values.map((value) => JSON.parse(value.slice("299 - ".length)) as string);
  return texts.filter((text) => !text.includes("is deprecated in"));
}

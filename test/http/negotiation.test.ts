import { expect, test } from "vitest";
import { AcceptHeaders, wantsPretty, type Representation } from "../../runtime/http/negotiation.ts";

const json: Representation = { mediaType: "application/json", conversion: undefined, pretty: false };
const yaml: Representation = { ...json, mediaType: "application/yaml" };
const meta = "v=v1;g=meta.k8s.io";

function as(kind: "Table" | "PartialObjectMetadata", version: "v1" | "v1beta1", representation = json): Representation {
  return { ...representation, conversion: { kind, version } };
}

const kubectl = `application/json;as=Table;${meta},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;

test.each<[string | undefined, Representation | undefined]>([
  [undefined, json],
  ["", json],
  ["*/*", json],
  ["application/json", json],
  ["application/yaml", yaml],
  ["application/json;q=0.1,application/yaml;q=0.9", yaml],
  ["text/html,application/xhtml+xml,*/*;q=0.8", json],
  [`application/json;as=Table;${meta}`, as("Table", "v1")],
  ["application/json;as=Table;v=v1beta1;g=meta.k8s.io", as("Table", "v1beta1")],
  [`application/yaml;as=Table;${meta}`, as("Table", "v1", yaml)],
  [kubectl, as("Table", "v1")],
  [`application/json;as=PartialObjectMetadata;${meta}`, as("PartialObjectMetadata", "v1")],
  [`application/json;as=Bogus;${meta}`, undefined],
  [`application/json;as=Bogus;${meta},application/json`, json],
  ["application/json;as=Table;v=v1;g=other.io", undefined],
  ["application/json;as=Table;v=v2;g=meta.k8s.io", undefined],
  [`application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;${meta},application/json`, json],
  ["application/cbor,application/json", json],
  ["application/cbor", undefined],
  ["application/json;stream=watch", json],
  ["application/json;stream=other", undefined],
  ["application/yaml;stream=watch", undefined],
  ["application/json;pretty=1", { ...json, pretty: true }],
  ["*/json", undefined],
  ["nonsense", undefined],
])("the Accept header %j gives objects the form that Kubernetes gives them", (header, expected) => {
  expect(new AcceptHeaders(10).read(header).object).toEqual(expected);
});

test("a Status is never converted: a header that only asks for tables accepts none", () => {
  const headers = new AcceptHeaders(10);
  expect(headers.read(`application/json;as=Table;${meta}`).plain).toBeUndefined();
  expect(headers.read(kubectl).plain).toEqual(json);
});

test.each([
  ["application/cbor", false],
  ["application/*", false],
  ["text/html, */*;q=0.1", true],
  [`application/json;as=Bogus;${meta}`, true],
])("whether %j finds a route at all: %s", (header, expected) => {
  expect(new AcceptHeaders(10).read(header).routable).toBe(expected);
});

test("only so many headers are remembered", () => {
  const headers = new AcceptHeaders(2);
  const first = headers.read("application/json;a=1");
  expect(headers.read("application/json;a=1")).toBe(first);
  headers.read("application/json;a=2");
  headers.read("application/json;a=3");
  expect(headers.read("application/json;a=1")).not.toBe(first);
});

test.each([
  ["", undefined, false],
  ["", "curl/8.0", true],
  ["", "Wget/1.2", true],
  ["", "Mozilla/5.0 (X11)", true],
  ["", "Mozilla/4.0", false],
  ["", "kubectl/v1.36", false],
  ["pretty=1", "kubectl/v1.36", true],
  ["pretty=true", undefined, true],
  ["pretty=false", "curl/8.0", false],
  ["pretty=yes", "curl/8.0", false],
  ["pretty=", "curl/8.0", true],
])("?%s from %j: indented is %s", (query, userAgent, expected) => {
  expect(wantsPretty(new URLSearchParams(query), userAgent)).toBe(expected);
});

import { expect, test } from "vitest";
import { mediaTypesWithCbor, standardMediaTypes } from "../../runtime/http/media-types.ts";
import { AcceptHeaders, wantsPretty, type Representation } from "../../runtime/http/negotiation.ts";

const json: Representation = { mediaType: "application/json", conversion: undefined, pretty: false };
const yaml: Representation = { ...json, mediaType: "application/yaml" };
const protobuf: Representation = { ...json, mediaType: "application/vnd.kubernetes.protobuf" };
const cbor: Representation = { ...json, mediaType: "application/cbor" };
const meta = "v=v1;g=meta.k8s.io";

function as(kind: "Table" | "PartialObjectMetadata", version: "v1" | "v1beta1", representation = json): Representation {
  return { ...representation, conversion: { kind, version } };
}

function acceptHeaders({ max = 10, mediaTypes = standardMediaTypes } = {}): AcceptHeaders {
  return new AcceptHeaders(max, mediaTypes);
}

const kubectl = `application/json;as=Table;${meta},application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json`;

/** What the client asks that sees nothing of objects but their metadata, such as the garbage collector. */
const metadataClient = `application/vnd.kubernetes.protobuf;as=PartialObjectMetadata;${meta},application/json;as=PartialObjectMetadata;${meta},application/json`;

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
  [metadataClient, as("PartialObjectMetadata", "v1", protobuf)],
  ["application/vnd.kubernetes.protobuf", undefined],
  ["application/vnd.kubernetes.protobuf,application/json", json],
  [`application/vnd.kubernetes.protobuf;as=Table;${meta},application/yaml`, yaml],
  ["application/cbor,application/json", json],
  ["application/cbor", undefined],
  ["application/json;stream=watch", json],
  ["application/json;stream=other", undefined],
  ["application/yaml;stream=watch", undefined],
  ["application/json;pretty=1", { ...json, pretty: true }],
  ["*/json", undefined],
  ["nonsense", undefined],
])("the Accept header %j gives objects the form that Kubernetes gives them", (header, expected) => {
  expect(acceptHeaders().read(header).object).toEqual(expected);
});

test.each<[string, Representation | undefined]>([
  ["application/vnd.kubernetes.protobuf", protobuf],
  ["application/vnd.kubernetes.protobuf,application/json", protobuf],
  [metadataClient, json],
  ["application/cbor,application/json", json],
])("the Accept header %j gives a Status the form that Kubernetes gives it", (header, expected) => {
  expect(acceptHeaders().read(header).plain).toEqual(expected);
});

test.each<[string, object]>([
  ["application/cbor", { object: cbor, watch: cbor, plain: cbor }],
  ["*/*", { object: json, watch: json, plain: json }],
  ["application/cbor-seq", { object: undefined, watch: cbor, plain: undefined }],
  ["application/cbor-seq,application/json", { object: json, watch: cbor, plain: json }],
  [`application/cbor;as=Table;${meta}`, { object: undefined, watch: undefined, plain: undefined }],
  [`application/cbor;as=PartialObjectMetadata;${meta}`, { object: as("PartialObjectMetadata", "v1", cbor) }],
])("where CBOR is spoken, the Accept header %j takes it", (header, expected) => {
  const acceptance = acceptHeaders({ mediaTypes: mediaTypesWithCbor }).read(header);
  expect(acceptance).toMatchObject({ routable: true, ...expected });
});

test("a Status is never converted: a header that only asks for tables accepts none", () => {
  const headers = acceptHeaders();
  expect(headers.read(`application/json;as=Table;${meta}`).plain).toBeUndefined();
  expect(headers.read(kubectl).plain).toEqual(json);
});

test.each([
  ["application/cbor", false],
  ["application/cbor-seq", false],
  ["application/vnd.kubernetes.protobuf", true],
  ["application/*", false],
  ["text/html, */*;q=0.1", true],
  [`application/json;as=Bogus;${meta}`, true],
])("whether %j finds a route at all: %s", (header, expected) => {
  expect(acceptHeaders().read(header).routable).toBe(expected);
});

test("only so many headers are remembered", () => {
  const headers = acceptHeaders({ max: 2 });
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

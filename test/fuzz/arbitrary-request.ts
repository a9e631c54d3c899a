import fc, { type Arbitrary } from "fast-check";
import { arbitraryBody, type FuzzedBody } from "./arbitrary-body.ts";
import { objectNames, resources, type FuzzedResource } from "./arbitrary-object.ts";

/** A request as it is to be sent: each character of a text is a byte. */
export interface FuzzedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: FuzzedBody;
}

const oddSegments = [
  "",
  ".",
  "..",
  "%2e%2e",
  "..%2f..%2fetc%2fpasswd",
  "%2F",
  "%5c",
  "%00",
  "%0d%0aX-Odd:%201",
  "%ff",
  "%c3%28",
  "%zz",
  "%",
  "%25",
  "%E2%80%A8",
  "\u00e9",
  "__proto__",
  "constructor",
  "toString",
  "status",
  "scale",
  "namespaces",
  "watch",
  "proxy",
  "finalize",
  "*",
  "a;b",
  "a?b",
  "a#b",
  "a b",
  "x".repeat(260),
  "x".repeat(2_500),
  "%C3%A9".repeat(800),
];

const segment = (usual: string): Arbitrary<string> =>
  fc.oneof({ weight: 60, arbitrary: fc.constant(usual) }, fc.constantFrom(...oddSegments));

/** Mostly nothing. */
const seldom = (...texts: readonly string[]): Arbitrary<string> =>
  fc.oneof({ weight: 60, arbitrary: fc.constant("") }, fc.constantFrom(...texts));

/** Where in a resource a request of that method goes: mostly where the method is served. */
function placeOf(method: string, name: string): Arbitrary<string> {
  const object = segment(name).map((text) => `/${text}`);
  const subresource = fc
    .tuple(segment(name), fc.oneof(segment("status"), segment("scale")))
    .map((both) => `/${both.join("/")}`);
  const collection = fc.constant("");
  switch (method) {
    case "POST":
      return fc.oneof({ weight: 20, arbitrary: collection }, object, subresource);
    case "PUT":
    case "PATCH":
      return fc.oneof(
        { weight: 1, arbitrary: collection },
        { weight: 20, arbitrary: object },
        { weight: 4, arbitrary: subresource },
      );
    default:
      return fc.oneof({ weight: 8, arbitrary: collection }, { weight: 8, arbitrary: object }, subresource);
  }
}

function resourcePath(resource: FuzzedResource, method: string, name: string): Arbitrary<string> {
  const { apiVersion, plural, namespaced } = resource;
  const [group = "", version = ""] = apiVersion.split("/");
  const namespace = namespaced ? segment("/namespaces/ns") : fc.constant("");
  return fc
    .tuple(
      segment("apis"),
      segment(group),
      segment(version),
      seldom("/watch", "/proxy", "/redirect"),
      fc.oneof({ weight: 30, arbitrary: namespace }, fc.constantFrom("", "/namespaces/..", "/namespaces/%2e")),
      segment(plural),
      placeOf(method, name),
      seldom("/", "//", "/status/more", "/%2f", "/.", "/nope"),
    )
    .map(
      ([root, of, at, prefix, within, collection, place, end]) =>
        `/${root}/${of}/${at}${prefix}${within}/${collection}${place}${end}`,
    );
}

const fixedPaths = [
  "/",
  "/api",
  "/apis",
  "/apis/",
  "/apis/animal.skai.io",
  "/apis/animal.skai.io/v1alpha1",
  "/apis/wardle.example.com/v1beta1/",
  "/apis/nope/v1/x",
  "/api/v1/pods",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/apis/animal.skai.io/v1alpha1",
  "/openapi/v3/apis/animal.skai.io/v1alpha1?hash=x",
  "/openapi/v3/../../etc",
  "/openapi/v3/__proto__",
  "/version",
  "/healthz",
  "/livez/ping",
  "/readyz?verbose&exclude=storage&exclude=__proto__",
  "/metrics",
  "/index.html",
  "*",
  "",
  "//",
  "http://elsewhere/apis",
  "https://elsewhere:99999/apis/animal.skai.io/v1alpha1/cats",
  "http://[::1",
  "/%",
  "/\u0000",
  "/\u00ff\u00fe",
];

/** The parameters of the API, with values that fit and values that do not. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  labelSelector: [
    "app=x",
    "app in (x,y),!z",
    "app notin (x)",
    "constructor",
    "toString=x",
    "__proto__",
    "app==",
    "=,,",
    "app in (",
    `app in (${"x,".repeat(500)}x)`,
    "a".repeat(3_000),
    "\u0000",
    "x>1",
    "x>99999999999999999999",
  ],
  fieldSelector: [
    "metadata.name=a",
    "metadata.name!=a,metadata.namespace=ns",
    "metadata.namespace=..",
    "spec.breed=tabby",
    "metadata.name=..",
    "metadata.name=a/b",
    "spec.nope=1",
    "__proto__=1",
    "metadata.name=\\",
    "=",
    ",",
  ],
  limit: ["1", "2", "0", "-1", "1.5", "x", "", "99999999999999999999", "9223372036854775807", "1e3"],
  continue: [
    "",
    "x",
    "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6Miwic3RhcnQiOiJucy9hXHUwMDAwIn0",
    Buffer.from('{"v":"meta.k8s.io/v1","rv":-1,"start":"../x"}').toString("base64url"),
    Buffer.from('{"v":"meta.k8s.io/v1","rv":9e99,"start":"a"}').toString("base64url"),
    Buffer.from('{"v":"meta.k8s.io/v1","rv":1,"start":{}}').toString("base64url"),
    Buffer.from("[[[").toString("base64url"),
    "%%%",
  ],
  resourceVersion: ["", "0", "1", "2", "99999", "-1", "x", "18446744073709551616", "1.0", "0x1", "00"],
  resourceVersionMatch: ["", "Exact", "NotOlderThan", "exact", "x"],
  watch: ["0", "false", "0", "1", "true", "x"],
  allowWatchBookmarks: ["true", "0"],
  sendInitialEvents: ["true", "false", "x"],
  timeoutSeconds: ["1", "0", "-1", "x", "99999999999"],
  timeout: ["1ns", "10s", "-1s", "0", "x", "9999999h", "1e9s", ""],
  dryRun: ["All", "All", "", "x"],
  fieldManager: ["m", "", "x".repeat(129), "\u0000", "é"],
  fieldValidation: ["Strict", "Warn", "Ignore", "strict", ""],
  force: ["true", "false", "x"],
  pretty: ["true", "x"],
  includeObject: ["None", "Object", "Metadata", "x"],
  propagationPolicy: ["Orphan", "Foreground", "Background", "x"],
  orphanDependents: ["true", "x"],
  gracePeriodSeconds: ["0", "30", "-1", "x", "99999999999999999999"],
  export: ["true"],
  __proto__: ["x"],
  hash: ["x"],
};

const parameter = fc
  .constantFrom(...Object.entries(parameters))
  .chain(([name, values]) =>
    fc
      .oneof({ weight: 12, arbitrary: fc.constantFrom(...values) }, fc.string({ unit: "binary", maxLength: 12 }))
      .map((value) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`),
  );

const query = fc.oneof(
  { weight: 10, arbitrary: fc.constant("") },
  { weight: 5, arbitrary: fc.constantFrom("?fieldManager=m", "?fieldManager=n", "?fieldManager=m&force=true") },
  { weight: 8, arbitrary: fc.array(parameter, { minLength: 1, maxLength: 4 }).map((all) => `?${all.join("&")}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("?", "?&&", "?=", "?%zz=%ff", "?a=%", "?limit", "??", "?;", "?a[]=1&a[b]=2"),
  },
);

const target = (paths: Arbitrary<string>): Arbitrary<string> => fc.tuple(paths, query).map(([path, end]) => path + end);

const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const accepts = [
  "*/*",
  "application/json",
  "application/yaml",
  table,
  `${table},application/json`,
  "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/json;as=Table;v=v1beta1;g=meta.k8s.io",
  "application/json;as=Bogus;v=v1;g=meta.k8s.io",
  "application/json;stream=watch",
  "application/vnd.kubernetes.protobuf",
  "application/vnd.kubernetes.protobuf;stream=watch",
  "application/vnd.kubernetes.protobuf;as=Table;v=v1;g=meta.k8s.io",
  "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
  "application/cbor-seq",
  "application/cbor",
  "application/*;q=0.1, */json",
  "text/html",
  "application/json;q=x;q=;=;pretty=1",
  'application/json;profile="a,b"',
  ",;,/,",
  "a/b,".repeat(300),
  "\u00ff",
  "__proto__",
];

const oddHeaders: readonly (readonly [string, string])[] = [
  ["User-Agent", "curl/8.0"],
  ["User-Agent", "\u0001"],
  ["User-Agent", "x".repeat(200)],
  ["Audit-ID", "mine"],
  ["Audit-ID", "a\tb"],
  ["Audit-ID", "\u00e9"],
  ["Audit-ID", "x".repeat(5_000)],
  ["Authorization", "Bearer nobody"],
  ["Authorization", "Basic !!!"],
  ["Impersonate-User", "x"],
  ["X-Remote-User", "admin"],
  ["Accept-Encoding", "gzip"],
  ["Accept-Encoding", "gzip;q=x, *;q=0"],
  ["Content-Encoding", "gzip"],
  ["If-None-Match", '"x", *'],
  ["If-Match", "*"],
  ["Range", "bytes=0-1"],
  ["Expect", "100-continue"],
  ["Expect", "the unexpected"],
  ["Upgrade", "websocket"],
  ["Upgrade", "h2c"],
  ["Connection", "close"],
  ["Connection", "upgrade"],
  ["Cookie", "a=b; c"],
  ["Date", "never"],
  ["Referer", "\\"],
  ["X-HTTP-Method-Override", "DELETE"],
  ["__proto__", "x"],
  ["constructor", "x"],
  ["X-Long", "x".repeat(20_000)],
];

const headers = fc
  .tuple(
    fc.oneof(
      { weight: 8, arbitrary: fc.constant([]) },
      fc.constantFrom(...accepts).map((value) => [["Accept", value] as const]),
    ),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant([]) },
      fc.array(fc.constantFrom(...oddHeaders), { minLength: 1, maxLength: 2 }),
    ),
  )
  .map((all) => all.flat());

const oddMethods = ["HEAD", "OPTIONS", "PROPFIND", "CONNECT", "TRACE", "BREW", "get", "M-SEARCH", "QUERY"];

const method = fc.oneof(
  { weight: 3, arbitrary: fc.constant("GET") },
  { weight: 6, arbitrary: fc.constant("POST") },
  { weight: 4, arbitrary: fc.constant("PUT") },
  { weight: 9, arbitrary: fc.constant("PATCH") },
  { weight: 1, arbitrary: fc.constant("DELETE") },
  { weight: 1, arbitrary: fc.constantFrom(...oddMethods) },
);

const resourceRequest = fc
  .tuple(fc.constantFrom(...resources), method, fc.constantFrom(...objectNames))
  .chain(([resource, verb, name]) =>
    fc.record({
      method: fc.constant(verb),
      target: target(resourcePath(resource, verb, name)),
      headers,
      body: arbitraryBody(verb, resource, name),
    }),
  );

const otherRequest = fc.record({
  method: fc.oneof({ weight: 4, arbitrary: fc.constant("GET") }, method),
  target: target(
    fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom(...fixedPaths) },
      fc.string({ maxLength: 40 }).map((text) => `/${text}`),
    ),
  ),
  headers,
  body: fc.constant<FuzzedBody>({ contentType: undefined, bytes: Buffer.alloc(0) }),
});

/** A request that is malformed somewhere, or not at all. */
export const arbitraryRequest: Arbitrary<FuzzedRequest> = fc.oneof(
  { weight: 12, arbitrary: resourceRequest },
  { weight: 1, arbitrary: otherRequest },
);

/** A request that creates each object that there may be, unless it is there already. */
export const creations: readonly FuzzedRequest[] = resources.flatMap(
  ({ apiVersion, kind, plural, namespaced, example }) =>
    objectNames.map((name) => ({
      method: "POST",
      target: `/apis/${apiVersion}${namespaced ? "/namespaces/ns" : ""}/${plural}?fieldManager=m`,
      headers: [],
      body: {
        contentType: "application/json",
        bytes: Buffer.from(JSON.stringify({ apiVersion, kind, metadata: { name }, ...example })),
      },
    })),
);

/** Requests for everything that is made when it is first asked for, and kept. */
export const documents: readonly FuzzedRequest[] = [
  "application/json",
  "application/com.github.proto-openapi.spec.v2@v1.0+protobuf",
].flatMap((accept) =>
  fixedPaths
    .filter((path) => /^\/(?:apis|api|openapi)/.test(path))
    .map((path) => ({
      method: "GET",
      target: path,
      headers: [
        ["Accept", accept],
        ["Accept-Encoding", "gzip"],
      ],
      body: { contentType: undefined, bytes: Buffer.alloc(0) },
    })),
);

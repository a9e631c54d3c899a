import type { Asked } from "./client.ts";

const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";
/** As much as fits into a URL. */
const urlLength = 15_000;
/** As much as fits into the headers. */
const headersLength = 60_000;

/** So many characters of a text that is repeated, and an end. */
function repeated(text: string, length: number, end = ""): string {
  return text.repeat(Math.floor((length - end.length) / text.length)) + end;
}

/** Query parameters of lists, each with texts that are hard to read or to match. */
const parameters: Readonly<Record<string, readonly string[]>> = {
  labelSelector: [
    repeated("a", urlLength, "!"),
    repeated("a.", urlLength, "/"),
    repeated("-", urlLength),
    repeated("a,", urlLength),
    repeated("!", urlLength),
    repeated("(", urlLength),
    repeated("a!=b,", urlLength, "c"),
    `a in (${repeated("x,", urlLength - 100)}x)`,
    `a notin (${repeated(",", urlLength - 100)})`,
    `a > ${repeated("9", urlLength - 100)}`,
    repeated(" ", urlLength, "a"),
    repeated("\0", urlLength / 3),
  ],
  fieldSelector: [
    repeated("\\", urlLength / 3, "="),
    repeated(",", urlLength),
    repeated("=", urlLength),
    repeated("!", urlLength, "="),
    repeated("metadata.name!=x,", urlLength),
    repeated("spec.breed!=x,", urlLength),
    `metadata.name=${repeated("\\,", urlLength / 4)}`,
  ],
  timeout: [
    repeated("9", urlLength),
    repeated("1h", urlLength),
    `${repeated("1", urlLength)}.1s`,
    repeated("-", urlLength),
    repeated(".", urlLength),
  ],
  limit: [repeated("9", urlLength), repeated("0", urlLength, "1"), repeated(" ", urlLength / 3, "1")],
  resourceVersion: [repeated("9", urlLength), repeated("0", urlLength, "1")],
  timeoutSeconds: [repeated("1", urlLength)],
  continue: [
    repeated("A", urlLength),
    Buffer.from(`{"v":"meta.k8s.io/v1","rv":${repeated("9", 9_000)},"start":"a"}`).toString("base64url"),
    Buffer.from(`{"v":"meta.k8s.io/v1","rv":1,"start":"${repeated("/..", 9_000)}"}`).toString("base64url"),
    Buffer.from(repeated("[", 9_000)).toString("base64url"),
    Buffer.from(`{"v":"meta.k8s.io/v1","start":"a",${repeated('"rv" ', 9_000)}`).toString("base64url"),
  ],
  pretty: [repeated("t", urlLength)],
};

/** Headers with texts that are hard to read, and where they are read. */
const headers: readonly (readonly [name: string, path: string, values: readonly string[]])[] = [
  [
    "accept",
    cats,
    [
      repeated("a/b,", headersLength),
      repeated("*/*;q=0.1,a/b,", headersLength),
      repeated(";", headersLength),
      repeated(",", headersLength),
      repeated("/", headersLength),
      `application/json;${repeated("a=b;", headersLength)}`,
      `application/json;q=${repeated("9", headersLength)}`,
      repeated(" ", headersLength, "a"),
    ],
  ],
  [
    "accept",
    "/version",
    [repeated(", ", headersLength), `a,${repeated(" ", headersLength, "b")}`, repeated("\t", headersLength, ",x")],
  ],
  ["accept", "/metrics", [repeated("a/b;q=1,", headersLength), repeated(" ", headersLength, ";x")]],
  ["accept", "/openapi/v2", [repeated("application/json;", headersLength), repeated("a/b,", headersLength)]],
  [
    "accept-encoding",
    "/openapi/v2",
    [repeated("gzip;q=0,", headersLength), repeated(" ", headersLength, "x"), repeated(";", headersLength)],
  ],
  [
    "if-none-match",
    "/openapi/v2",
    [
      repeated('"x",', headersLength),
      repeated("W/", headersLength),
      repeated(" ", headersLength, '"'),
      repeated('"', headersLength),
    ],
  ],
  [
    "if-modified-since",
    "/openapi/v2",
    [repeated("1 ", headersLength), repeated("(", headersLength), repeated(" ", headersLength, "x")],
  ],
  [
    "range",
    "/openapi/v2",
    [
      `bytes=${repeated(" ", headersLength, "x")}`,
      `bytes=0-${repeated(" ", headersLength, "x")}`,
      `bytes=${repeated("1", headersLength, "x")}`,
      `bytes=${repeated("0-1,", headersLength)}`,
    ],
  ],
  ["if-range", "/openapi/v2", [repeated('"x"', headersLength)]],
  ["authorization", cats, [`Bearer ${repeated(" ", headersLength, "x")}`, repeated(" ", headersLength, "Bearer x")]],
  ["user-agent", cats, [repeated("Mozilla/5.0 ", headersLength), repeated("(", headersLength)]],
  ["impersonate-extra-x", cats, [repeated("%2", headersLength)]],
  ["audit-id", cats, [repeated("a", headersLength)]],
  ["cookie", cats, [repeated("a=b; ", headersLength)]],
];

/** Requests whose URLs and headers may take long to read. */
export function costlyTexts(): (readonly [what: string, asked: Asked])[] {
  const urls = Object.entries(parameters).flatMap(([name, values]) =>
    values.map((value): readonly [string, Asked] => {
      const query = `${name}=${encodeURIComponent(value).replaceAll("%2C", ",").replaceAll("%3D", "=")}`;
      return [`the parameter ${query.slice(0, 60)}`, { path: `${cats}?${query}`.slice(0, 16_000) }];
    }),
  );
  const given = headers.flatMap(([name, path, values]) =>
    values.map((value): readonly [string, Asked] => [
      `the header ${name} of ${path}: ${value.slice(0, 30)}`,
      { path, headers: { [name]: value } },
    ]),
  );
  const others: (readonly [string, Asked])[] = [
    ["a path of slashes", { path: repeated("/", urlLength) }],
    ["a path of steps", { path: `${cats}/${repeated("../", urlLength)}` }],
    ["a path of escapes", { path: `/${repeated("%2f", urlLength)}` }],
    ["a query of separators", { path: `${cats}?${repeated("&=", urlLength)}` }],
    ["a query of many parameters", { path: `${cats}?${repeated("dryRun=All&", urlLength)}` }],
    ["a content type of separators", { method: "POST", path: cats, type: repeated("a/b;", headersLength), body: "{}" }],
    [
      "a patch type of blanks",
      { method: "PATCH", path: `${cats}/c-0`, type: repeated("\t ", headersLength, "x"), body: "{}" },
    ],
    ["a URL that is too long", { path: `${cats}/${repeated("x", 20_000)}` }],
    ["health checks to be left out", { path: `/readyz?${repeated("exclude=a&", urlLength)}` }],
  ];
  return [...urls, ...given, ...others];
}

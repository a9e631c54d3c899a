import { once } from "node:events";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { defaultLimits } from "../../runtime/http/limits.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { frame, headerBlock, ping, preface } from "../fuzz/http2-frames.ts";
import { startGuardedServer, type GuardedServer } from "./guarded-server.ts";
import { issueIdentities, type Identities } from "./identities.ts";
import { openSocket, sendText } from "./raw-http1.ts";

/*
 * A front proxy passes on the requests of many over one connection. What one of them sends is never to be taken for a
 * request of its own, made as somebody else.
 */
const cats = "/apis/animal.skai.io/v1alpha1/namespaces/ns/cats";
const asMallory = "Host: a\r\nX-Remote-User: mallory\r\n";
const asRoot = "X-Remote-User: root\r\nX-Remote-Group: system:masters\r\n";
/** What mallory wants the server to see. */
const hidden = `GET ${cats} HTTP/1.1\r\nHost: a\r\n${asRoot}\r\n`;

let known: Identities;
let server: GuardedServer;

beforeAll(async () => {
  known = await issueIdentities();
  server = await startGuardedServer({ folder: known.folder, storage: memoryStorage() });
});

beforeEach(() => {
  server.seen.length = 0;
});

afterAll(async () => {
  await server.close();
  await known.remove();
});

/** Who was seen to ask for what. */
function seen(): readonly string[] {
  return server.seen.map(({ user, asked }) =>
    [user.name, ...user.groups.slice(0, -1), asked.verb, asked.path].join(" "),
  );
}

/** Who was seen to ask for what, and the statuses that were answered. */
async function sent(text: string): Promise<readonly string[]> {
  const answers = await sendText(server.port, known.proxy, text);
  return [...seen(), ...answers.map(({ status }) => String(status))];
}

const get = (headers: string, target = cats): string => `GET ${target} HTTP/1.1\r\n${asMallory}${headers}\r\n`;
const post = (headers: string, body: string): string =>
  `POST ${cats} HTTP/1.1\r\n${asMallory}Content-Type: application/json\r\n${headers}\r\n${body}`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const chunked = "Transfer-Encoding: chunked\r\n";

const upgrade = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";

const refused = ["400"];
const mallory = `mallory list ${cats}`;
const listed = [mallory, "403"];
const created = [`mallory create ${cats}`, "403"];
/** What cannot be read further is the last on its connection. */
const broken = [`mallory create ${cats}`, "400"];

test("a server in step sees each request once, with whom it names", async () => {
  expect(await sent(get("") + post(`Content-Length: 2\r\n`, "{}") + hidden)).toEqual([
    `mallory list ${cats}`,
    `mallory create ${cats}`,
    `root system:masters list ${cats}`,
    "403",
    "403",
    "200",
  ]);
});

test.each<[string, string, readonly string[]]>([
  // Where a body ends.
  ["a length and chunks", post(`Content-Length: 5\r\n${chunked}`, `0\r\n\r\n${hidden}`), refused],
  ["chunks and a length", post(`${chunked}Content-Length: ${hidden.length}\r\n`, `0\r\n\r\n${hidden}`), refused],
  ["two lengths", post(`Content-Length: 0\r\nContent-Length: ${hidden.length}\r\n`, hidden), refused],
  ["one length twice", post(`Content-Length: 2\r\nContent-Length: 2\r\n`, `{}${hidden}`), refused],
  ["a list of lengths", post(`Content-Length: 2, 2\r\n`, `{}${hidden}`), refused],
  ["a length with a sign", post(`Content-Length: +2\r\n`, `{}${hidden}`), refused],
  ["a negative length", post(`Content-Length: -1\r\n`, hidden), refused],
  ["a length of base 16", post(`Content-Length: 0x2\r\n`, `{}${hidden}`), refused],
  ["a length with a blank in it", post(`Content-Length: 2 0\r\n`, `{}${hidden}`), refused],
  ["a length beyond 64 bits", post(`Content-Length: 18446744073709551618\r\n`, `{}${hidden}`), refused],
  ["a length that is folded", post(`Content-Length:\r\n 2\r\n`, `{}${hidden}`), refused],
  ["a length whose name ends in a blank", post(`Content-Length : 2\r\n`, `{}${hidden}`), refused],
  ["a body without a length", post("", ""), created],
  ["a GET with a body", get(`Content-Length: ${hidden.length}\r\n`) + hidden, listed],
  ["a GET with a body in chunks", `${get(chunked)}${chunk(hidden)}0\r\n\r\n`, listed],
  ["a body that nobody expects", post(`Expect: x\r\nContent-Length: ${hidden.length}\r\n`, hidden), ["417"]],
  [
    "a body that goes on at once",
    post(`Expect: 100-continue\r\nContent-Length: ${hidden.length}\r\n`, hidden),
    created,
  ],
  // How it is encoded.
  ["chunks that are not last", post("Transfer-Encoding: chunked, identity\r\n", `0\r\n\r\n${hidden}`), refused],
  ["chunks that are encoded", post("Transfer-Encoding: identity, xchunked\r\n", `0\r\n\r\n${hidden}`), broken],
  ["chunks behind a quote", post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${hidden}`), broken],
  ["chunks behind a control", post("Transfer-Encoding: \vchunked\r\n", `0\r\n\r\n${hidden}`), refused],
  ["chunks whose name ends in a blank", post("Transfer-Encoding : chunked\r\n", `0\r\n\r\n${hidden}`), refused],
  ["chunks that are folded", post("Transfer-Encoding:\r\n chunked\r\n", `0\r\n\r\n${hidden}`), refused],
  // Within chunks.
  ["an extension", post(chunked, `${hidden.length.toString(16)};a=b;c="d"\r\n${hidden}\r\n0\r\n\r\n`), created],
  ["an extension with a line end", post(chunked, `2;a="\n${hidden}"\r\n{}\r\n0\r\n\r\n`), broken],
  ["an endless extension", post(chunked, `2;${"a".repeat(70_000)}\r\n{}\r\n0\r\n\r\n`), created],
  ["a size with a prefix", post(chunked, `0x2\r\n{}\r\n0\r\n\r\n${hidden}`), broken],
  ["a negative size", post(chunked, `-1\r\n${hidden}`), broken],
  ["a size beyond 64 bits", post(chunked, `10000000000000000\r\n${hidden}`), broken],
  ["a size with a blank", post(chunked, `2 \r\n{}\r\n0\r\n\r\n${hidden}`), broken],
  ["a chunk longer than its size", post(chunked, `2\r\n{}${hidden}\r\n0\r\n\r\n`), created],
  ["a chunk that ends in a line feed", post(chunked, `2\r\n{}\n0\r\n\r\n${hidden}`), created],
  ["a trailer", post(chunked, `${chunk("{}")}0\r\n${asRoot}\r\n`), created],
  // Lines and names of headers.
  ["a line feed in a value", get(`X-A: b\n${asRoot}`), refused],
  ["a carriage return in a value", get(`X-A: b\r${asRoot}`), refused],
  ["a NUL in a value", get("X-Remote-Group: a\0b\r\n"), refused],
  ["a NUL in a name", get("X-Remote\0-Group: system:masters\r\n"), refused],
  ["a blank behind a name", get("X-Remote-Group : system:masters\r\n"), refused],
  ["a tab behind a name", get("X-Remote-Group\t: system:masters\r\n"), refused],
  ["a value that goes on", get("X-Remote-Group: a\r\n ,system:masters\r\n"), refused],
  ["no name", get(": system:masters\r\n"), refused],
  ["no colon", get("X-Remote-Group\r\n"), refused],
  ["no host", `GET ${cats} HTTP/1.1\r\nX-Remote-User: mallory\r\n\r\n`, refused],
  // What proxies are to leave out, and what they might read otherwise.
  ["headers that are said to be for one hop", get("Connection: X-Remote-User, X-Remote-Group\r\n"), listed],
  ["the name twice", get(asRoot.split("\r\n", 1)[0] + "\r\n"), listed],
  ["the name in another case", get("x-REMOTE-user: root\r\n"), listed],
  ["a change of protocol", get(upgrade), listed],
  ["a change of protocol that is not asked for", get("Upgrade: h2c\r\n"), listed],
  ["another method", get("X-HTTP-Method-Override: DELETE\r\nX-Method-Override: DELETE\r\n"), listed],
  ["another URL", get("X-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\n"), listed],
  // Request lines.
  ["a blank in the URL", get("", `${cats} x`), refused],
  [
    "an encoded line end in the URL",
    get("", `${cats}%0d%0aX-Remote-User:%20root`),
    [`mallory list ${cats}\r\nX-Remote-User: root`, "403"],
  ],
  ["the URL of another server", get("", `https://elsewhere:1${cats}`), listed],
  ["a URL with a user in it", get("", `https://root:root@elsewhere${cats}`), listed],
  ["a fragment", get("", `${cats}#/../../metrics`), [`mallory get ${cats}#/../../metrics`, "403"]],
  ["an old version", `GET ${cats} HTTP/0.9\r\n${asMallory}\r\n${hidden}`, [mallory, "400"]],
  ["a new version", `GET ${cats} HTTP/2.0\r\n${asMallory}\r\n${hidden}`, [mallory, "400"]],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", refused],
  ["a tunnel", `CONNECT a:1 HTTP/1.1\r\n${asMallory}\r\n${hidden}`, []],
])("%s: nothing is taken for a request of somebody else", async (_what, text, expected) => {
  const outcome = await sent(text);
  expect(outcome.filter((line) => line.startsWith("root"))).toEqual([]);
  expect(outcome).toEqual(expected);
});

test.each([cats, "/%zz"])("what comes behind the wish for another protocol is not read, for %s", async (path) => {
  const socket = await openSocket(server.port, known.proxy, "http/1.1");
  socket.resume();
  const closed = once(socket, "close");
  // What has come with it is left out by Node, so that the body behind it would stand for itself.
  socket.write(`${get(upgrade, path)}${post(`Content-Length: ${hidden.length}\r\n`, "")}`);
  await once(socket, "data");
  socket.write(hidden);
  await closed;
  expect(seen()).toEqual(path === cats ? [`mallory list ${cats}`] : []);
});

test("requests of HTTP/1 that claim to be of HTTP/2 wait for their turn too, and so many may not wait", async () => {
  const keptOpen = `GET ${cats} HTTP/2.0\r\nConnection: keep-alive\r\n${asMallory}\r\n`;
  await sendText(server.port, known.proxy, keptOpen.repeat(defaultLimits.pipelinedMax * 2));
  expect(seen().length).toBeLessThan(defaultLimits.pipelinedMax);
});

const usual: readonly (readonly [string, string])[] = [
  [":method", "GET"],
  [":scheme", "https"],
  [":authority", "a"],
  [":path", cats],
  ["x-remote-user", "mallory"],
];

/** Sends header fields, and trailers where there are any, over HTTP/2; gives who was seen once a ping after them is answered. */
async function sentOverHttp2(
  fields: readonly (readonly [string, string])[],
  trailers: readonly (readonly [string, string])[] = [],
): Promise<readonly string[]> {
  const socket = await openSocket(server.port, known.proxy, "h2");
  socket.resume();
  const goneOn = trailers.length > 0;
  const frames = [preface, frame(1, goneOn ? 4 : 5, 1, headerBlock(fields))];
  if (goneOn) frames.push(frame(0, 0, 1, Buffer.from("{}")), frame(1, 5, 1, headerBlock(trailers)));
  socket.write(Buffer.concat([...frames, ping]));
  const gone = once(socket, "close");
  socket.write(frame(7, 0, 0, Buffer.alloc(8)));
  await gone;
  return seen();
}

test.each<[string, readonly (readonly [string, string])[], readonly string[]]>([
  ["what is in order", [], [mallory]],
  ["a name in capitals", [["X-Remote-User", "root"]], []],
  ["the name again", [["x-remote-user", "root"]], [mallory]],
  ["a line end in a value", [["x-a", "b\r\nx-remote-user: root"]], [mallory]],
  ["a NUL in a value", [["x-remote-group", "a\0b"]], [mallory]],
  ["a colon in a name", [["x-a: b\r\nx-remote-user", "root"]], [mallory]],
  ["a blank behind a name", [["x-remote-user ", "root"]], [mallory]],
  ["two paths", [[":path", "/metrics"]], []],
  ["two methods", [[":method", "DELETE"]], []],
  ["a pseudo-header of its own", [[":x-remote-user", "root"]], []],
  ["headers for one hop", [["connection", "x-remote-user"]], []],
  ["an encoding", [["transfer-encoding", "chunked"]], []],
  ["a body that is not there", [["content-length", "2"]], []],
  ["a change of protocol", [["upgrade", "h2c"]], []],
])("over HTTP/2, %s: nothing is taken for a request of somebody else", async (_what, more, expected) => {
  expect(await sentOverHttp2([...usual, ...more])).toEqual(expected);
});

test("trailers of HTTP/2 say nothing of who asks", async () => {
  const post2 = usual.map(([name, value]) =>
    name === ":method" ? ([name, "POST"] as const) : ([name, value] as const),
  );
  const forged = [
    ["x-remote-user", "root"],
    ["x-remote-group", "system:masters"],
  ] as const;
  expect(await sentOverHttp2(post2, forged)).toEqual([`mallory create ${cats}`]);
  server.seen.length = 0;
  const nameless = post2.filter(([name]) => name !== "x-remote-user");
  expect(await sentOverHttp2(nameless, forged)).toEqual([]);
});

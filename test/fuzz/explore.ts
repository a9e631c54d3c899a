import fc from "fast-check";
import { arbitraryRequest } from "./arbitrary-request.ts";
import { requireExpected } from "./expected-answer.ts";
import { startFuzzedServer } from "./fuzzed-server.ts";
import { framings, Http1Client } from "./http1-client.ts";
import { Http2Client } from "./http2-client.ts";
import { arbitraryFrames } from "./http2-frames.ts";

const seconds = Number(process.argv[2] ?? 10);
const server = await startFuzzedServer();
const http1 = new Http1Client(server);
const http2 = new Http2Client(server);
const counts = new Map<string, number>();
const problems = new Map<string, { count: number; example: string }>();
const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
const end = Date.now() + seconds * 1000;
let n = 0;
const gen = fc.sample(
  fc.tuple(
    arbitraryRequest,
    fc.oneof({ weight: 20, arbitrary: fc.constant("length" as const) }, fc.constantFrom(...framings)),
    arbitraryFrames,
  ),
  { numRuns: 20000, seed: Number(process.argv[3] ?? Date.now()) },
);
const t0 = Date.now();
let m0 = 0;
for (const [request, framing, frames] of gen) {
  if (Date.now() > end) break;
  n++;
  const over2 = n % 4 === 0 && request.method !== "CONNECT";
  const before = Date.now();
  try {
    if (n % 25 === 0) {
      const r = await http2.send(frames);
      count("frames " + r);
      if (r === "hung") throw new Error("frames hung " + Buffer.from(frames).toString("hex"));
    }
    const outcome = over2 ? await http2.exchange(request) : await http1.exchange(request, framing);
    const took = Date.now() - before;
    if (took > 300) {
      count("slow");
      problems.set("slow " + took, { count: 1, example: show(request, framing) });
    }
    server.requireAlive();
    if (outcome.kind !== "answered") {
      count(outcome.kind + (over2 ? " h2" : " h1 " + framing));
      if (outcome.kind === "hung" || (over2 && /^\/[!-~]*$/.test(request.target))) throw new Error(outcome.kind);
      else if (framing === "length" && request.method !== "CONNECT") throw new Error("closed h1");
    } else {
      count(request.method + " " + outcome.answer.status);
      requireExpected(request, outcome.answer);
    }
  } catch (error) {
    const e = error as Error;
    if (/server has ended/.test(e.message)) {
      console.log(e.message.slice(-3000));
      console.log(show(request, framing), over2);
      process.exit(1);
    }
    const key = e.message.slice(0, 200);
    const p = problems.get(key);
    if (p) p.count++;
    else problems.set(key, { count: 1, example: (over2 ? "h2 " : "h1 ") + show(request, framing) });
  }
  if (n % 2500 === 0) {
    http1.close();
    http2.close();
    const m = await server.measure();
    console.log(n, (m.bytes / 1e6).toFixed(1), m.polluted.join());
  }
}
function show(r: any, framing: string) {
  return JSON.stringify({
    ...r,
    framing,
    body: { contentType: r.body.contentType, text: r.body.bytes.toString("latin1").slice(0, 1500) },
  }).slice(0, 2500);
}
console.log(n, "requests in", Date.now() - t0, "ms");
console.log([...counts].sort());
for (const [k, v] of problems) console.log("-----", v.count, k, "\n   ", v.example);
console.log(
  server
    .printed()
    .split("\n")
    .filter(Boolean)
    .map((l) => {
      try {
        const j = JSON.parse(l);
        return j.err?.message + " " + j.err?.stack?.split("\n").slice(1, 5).join("|") + " " + j.path;
      } catch {
        return l;
      }
    })
    .filter((l, i, a) => a.indexOf(l) === i)
    .slice(0, 40)
    .join("\n"),
);
http1.close();
http2.close();
await server.stop();
process.exit();

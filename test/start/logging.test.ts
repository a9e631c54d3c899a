import { Writable } from "node:stream";
import { Command } from "commander";
import { expect, test } from "vitest";
import { failure } from "../../runtime/meta/status-error.ts";
import { addLoggingFlags, loggingTo, type LoggingFlags } from "../../runtime/start/logging-flags.ts";
import { textLine } from "../../runtime/start/log-text.ts";
import { widgetApp, widgets, type WidgetAppOptions } from "../http/widget-app.ts";

function flagsOf(...argv: string[]): LoggingFlags {
  const command = addLoggingFlags(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(argv, { from: "user" }).opts<LoggingFlags>();
}

/** A server that logs as flags say, and the lines so far. */
function logged(argv: string[], options: WidgetAppOptions = {}) {
  const lines: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      lines.push(chunk);
      done();
    },
  });
  const { logger, check } = loggingTo(stream, flagsOf(...argv));
  return { app: widgetApp({ logger, ...options }), lines, stream, check };
}

const failing: WidgetAppOptions = {
  authenticators: [() => ({ name: "ann", uid: "", groups: [], extra: {} })],
  authorizer: () => {
    throw new Error("broken", { cause: new Error("no route") });
  },
};

test("lines are JSON with the request's audit id, and errors have their stacks and causes", async () => {
  const { app, lines } = logged(["--logging-format", "json"], failing);
  await app.inject({ url: widgets, headers: { "audit-id": "id-1", authorization: "Bearer s3cret" } });
  expect(lines).toHaveLength(1);
  const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
  expect(line).toMatchObject({ level: "error", msg: "request failed", auditId: "id-1", path: widgets });
  expect(line["ts"]).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  expect(line["err"]).toEqual({
    type: "Error",
    message: "broken",
    stack: expect.stringMatching(/^Error: broken\n[^]*caused by: Error: no route\n/) as unknown,
  });
  expect(lines.join("")).not.toContain("s3cret");
});

test("what errors carry beside their text is not logged", async () => {
  const error = Object.assign(new Error("refused"), { body: "a secret", status: failure(500, "", "x").status });
  const { app, lines } = logged(["--logging-format", "json"], {
    authorizer: () => {
      throw error;
    },
  });
  await app.inject(widgets);
  expect(lines.join("")).toContain("refused");
  expect(lines.join("")).not.toContain("a secret");
});

test.each([
  [[], 0],
  [["--v", "2"], 0],
  [["-v", "3"], 1],
  [["--v", "9", "--log-level", "error"], 0],
  [["--log-level", "debug"], 1],
])("with %j so many lines are logged for a request", async (argv, count) => {
  const { app, lines } = logged(argv);
  await app.inject(widgets);
  expect(lines).toHaveLength(count);
});

test("a request that takes long is logged, with where its time went", async () => {
  const slow: WidgetAppOptions = {
    authorizer: () => new Promise((resolve) => setTimeout(resolve, 550, { allowed: true })),
  };
  const { app, lines } = logged(["--logging-format", "json"], slow);
  await app.inject(widgets);
  await app.inject(`${widgets}?watch=1&timeoutSeconds=1`);
  const told = lines.map((line) => JSON.parse(line) as Record<string, number>);
  expect(told).toHaveLength(1);
  expect(told[0]).toMatchObject({ level: "info", msg: "slow request", verb: "list", path: widgets, status: 200 });
  expect(told[0]?.["filtersMs"]).toBeGreaterThan(500);
  expect(told[0]?.["tookMs"]).toBeGreaterThanOrEqual(told[0]?.["filtersMs"] ?? 0);
});

test.each([
  ['{"level":"info","ts":"T","msg":"a \\"b\\"","n":1,"o":{"p":"q"}}\n', 'IT "a \\"b\\"" n=1 o={"p":"q"}\n'],
  [
    '{"level":"error","ts":"T","msg":"m","err":{"message":"no","stack":"Error: no\\n    at x"}}\n',
    'ET "m" err="no"\n    Error: no\n        at x\n',
  ],
  ['{"level":"info","ts":"T","msg":"line\\nbreak"}', 'IT "line\\nbreak"\n'],
  ["no json\n", "no json\n"],
])("as text, %j is %j", (json, text) => {
  expect(textLine(json)).toBe(text);
});

test("the check of the log fails once lines cannot be written, which ends no request", async () => {
  const { app, lines, stream, check } = logged(["--v", "3"]);
  expect(check.name).toBe("log");
  await check.check(new AbortController().signal);
  stream.destroy();
  expect(() => check.check(new AbortController().signal)).toThrow("log lines cannot be written");
  expect((await app.inject(widgets)).statusCode).toBe(200);
  expect(lines).toEqual([]);
});

test.each([
  ["--v", "x"],
  ["--log-level", "loud"],
  ["--logging-format", "xml"],
])("%s %s is refused", (flag, value) => {
  expect(() => flagsOf(flag, value)).toThrow();
});

import { expect, test } from "vitest";
import { host, wardleServer } from "../wardle/server.ts";
import { withoutDifference, type Pair } from "./apply-difference.ts";
import { differences } from "./differences.ts";
import { compareRecordings, recorded, recordOurs, type Recording } from "./recordings.ts";

/** Watches of a second or two each make up most of it. */
const replayTimeoutMs = 180_000;

/** Discovery tells the port, and not every answer has it masked. */
const recordedPort = 18_443;

async function replay(): Promise<Recording> {
  const server = await wardleServer(recordedPort);
  try {
    return await recordOurs(await server.listen(host, 0));
  } finally {
    await server.close();
  }
}

/** Both recordings without what is deliberately different. */
function withoutDifferences(expected: Recording, actual: Recording): { expected: Recording; actual: Recording } {
  const ours = new Map(actual.map((exchange) => [exchange.id, exchange]));
  const pairs = expected.map((exchange): Pair => {
    const own = ours.get(exchange.id);
    if (own === undefined) throw new Error(`${exchange.id} was not sent`);
    const deliberate = differences.filter(({ cases }) => cases.includes(exchange.id));
    return deliberate.reduce(withoutDifference, { expected: exchange, actual: own });
  });
  return { expected: pairs.map((pair) => pair.expected), actual: pairs.map((pair) => pair.actual) };
}

test(
  "the server answers as the recorded Go server did, but for deliberate differences",
  async () => {
    const go = recorded();
    const ours = await replay();
    const different = await compareRecordings(go, ours);
    const deliberate = new Set(differences.flatMap(({ cases }) => cases));
    const rest = withoutDifferences(go, ours);
    expect([...(await compareRecordings(rest.expected, rest.actual)).values()]).toEqual([]);
    expect(new Set(different.keys()), "cases that are in the table of differences").toEqual(deliberate);
    console.log(`exchanges: ${go.length - different.size} of ${go.length}, ${deliberate.size} deliberate differences`);
  },
  replayTimeoutMs,
);

import type { KeyRange } from "../key-range.ts";
import type { Entry, Page, Revision } from "../storage.ts";
import { StorageUnavailable } from "../storage.ts";
import type { EtcdClient } from "./client.ts";
import type { EtcdLimits } from "./limits.ts";
import type { RecentEntries } from "./recent-entries.ts";
import { rangeRequest } from "./requests.ts";
import { readRange } from "./responses.ts";
import { RpcError } from "./rpc-error.ts";
import { isAnswerTooLarge, isCompacted } from "./storage-error.ts";

/** What to read of a range. */
interface PageOptions {
  /** 0 is all. */
  readonly limit: number;
  /** 0 is the newest revision. */
  readonly at: Revision;
}

/** What reads pages. */
interface PageReader {
  readonly client: EtcdClient;
  readonly limits: EtcdLimits;
  readonly recent: RecentEntries;
}

/** How many keys are asked for while nothing is known of their size, and at most. */
const firstKeys = 500;
const keysMax = 10_000;
/** How often a list of the newest revision starts again because compaction has overtaken it. */
const restartsMax = 2;

/** Reads a range in parts of a bounded size, all of one revision. Throws an RpcError. */
export async function readPage(reader: PageReader, range: KeyRange, options: PageOptions): Promise<Page> {
  for (let restarts = 0; ; restarts++) {
    try {
      return await readParts(reader, range, options);
    } catch (error) {
      const overtaken = error instanceof RpcError && isCompacted(error) && options.at === 0;
      if (!overtaken) throw error;
      if (restarts === restartsMax) throw new StorageUnavailable("etcd is compacted faster than the list can be read");
    }
  }
}

async function readParts(
  { client, limits, recent }: PageReader,
  range: KeyRange,
  { limit, at }: PageOptions,
): Promise<Page> {
  const entries: Entry[] = [];
  let revision = at;
  let rest = range;
  for (let keys = firstKeys; ;) {
    const wanted = limit === 0 ? keys : Math.min(keys, limit - entries.length);
    const message = await readPart(client, rest, wanted, revision);
    if (message === undefined) {
      keys = Math.ceil(wanted / 8);
      continue;
    }
    const part = readRange(message);
    if (revision === 0) revision = part.revision;
    for (const kv of part.found) entries.push(recent.read(kv));
    const remaining = part.count - part.found.length;
    const last = part.found.at(-1);
    if (remaining === 0 || last === undefined || entries.length === limit) return { entries, revision, remaining };
    rest = { start: `${last.key}\0`, end: range.end };
    keys = Math.max(1, Math.min(keysMax, Math.floor((limits.pageBytes * part.found.length) / message.length)));
  }
}

/** Reads a part; undefined if it is too large. */
async function readPart(client: EtcdClient, range: KeyRange, limit: number, revision: Revision) {
  try {
    return await client.ask("Range", rangeRequest({ range, limit, revision }), "read");
  } catch (error) {
    if (limit > 1 && error instanceof RpcError && isAnswerTooLarge(error)) return undefined;
    throw error;
  }
}

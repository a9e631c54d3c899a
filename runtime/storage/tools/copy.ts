import type { Entry, Page, RangeOptions, Revision, Storage } from "../storage.ts";
import { StorageCompacted, StorageUnavailable } from "../storage.ts";

/** What to copy. */
export interface CopyOptions {
  readonly from: Storage;
  readonly to: Storage;
  readonly prefix: string;
  /** Told now and then how many objects have been copied. */
  readonly progress: (copied: number) => void;
}

/** What was copied. */
export interface Copied {
  readonly objects: number;
  readonly bytes: number;
  /** The revision of the source that the target now holds. */
  readonly revision: Revision;
}

const pageSize = 500;
/** How many writes are under way at once, so that they share their commits. */
const writesAtOnce = 64;

/** Counts what a copy would copy. */
export async function countObjects(from: Storage, prefix: string): Promise<Copied> {
  return eachPage(from, { prefix }, async () => undefined);
}

/**
 * Copies every object under a prefix, as of one revision, into a store that has none there, and compares the two. What
 * is written to the source meanwhile is not copied, and values do not keep their time to live.
 * Throws StorageUnavailable if the target has objects or, afterwards, not what the source had.
 */
export async function copyObjects({ from, to, prefix, progress }: CopyOptions): Promise<Copied> {
  await requireEmpty(to, prefix);
  let written = 0;
  const copied = await eachPage(from, { prefix }, async (entries) => {
    await writeAll(to, entries);
    progress((written += entries.length));
  });
  await eachPage(from, { prefix, at: copied.revision }, async (entries, after) => {
    const page = await to.list(prefix, { limit: entries.length, ...after });
    for (const [index, entry] of entries.entries()) requireSame(entry, page.entries[index]);
  });
  const last = await to.list(prefix, { limit: 1 });
  const found = last.entries.length + last.remaining;
  if (found !== copied.objects) throw differs(`it has ${found} objects, and the source ${copied.objects}`);
  return copied;
}

interface Walk {
  readonly prefix: string;
  /** The newest revision if unset. */
  readonly at?: Revision;
}

type Visit = (entries: readonly Entry[], after: { readonly after?: string }) => Promise<void>;

/** Visits everything under a prefix, page by page, all as of one revision. */
async function eachPage(storage: Storage, { prefix, at }: Walk, visit: Visit): Promise<Copied> {
  let objects = 0;
  let bytes = 0;
  let revision = at;
  let after: { readonly after?: string } = {};
  for (;;) {
    const page = await readPage(storage, prefix, {
      limit: pageSize,
      ...after,
      ...(revision === undefined ? {} : { at: revision }),
    });
    ({ revision } = page);
    const last = page.entries.at(-1);
    if (last === undefined) return { objects, bytes, revision };
    objects += page.entries.length;
    for (const { value } of page.entries) bytes += value.length;
    await visit(page.entries, after);
    if (page.remaining === 0) return { objects, bytes, revision };
    after = { after: last.key };
  }
}

async function readPage(storage: Storage, prefix: string, options: RangeOptions): Promise<Page> {
  try {
    return await storage.list(prefix, options);
  } catch (cause) {
    if (!(cause instanceof StorageCompacted)) throw cause;
    const message = "the source has forgotten the revision that was being copied; stop what writes to it, or try again";
    throw new StorageUnavailable(message, { cause });
  }
}

async function writeAll(to: Storage, entries: readonly Entry[]): Promise<void> {
  const left = entries[Symbol.iterator]();
  const writer = async (): Promise<void> => {
    // Each takes what the others have not taken.
    for (const { key, value } of left) await to.put(key, value, "absent");
  };
  await Promise.all(Array.from({ length: writesAtOnce }, writer));
}

async function requireEmpty(to: Storage, prefix: string): Promise<void> {
  const { entries, remaining } = await to.list(prefix, { limit: 1 });
  if (entries.length === 0) return;
  throw new StorageUnavailable(
    `the target has ${entries.length + remaining} objects under ${prefix} already; remove them, or copy to an empty one`,
  );
}

function requireSame(source: Entry, target: Entry | undefined): void {
  if (target?.key === source.key && Buffer.compare(source.value, target.value) === 0) return;
  throw differs(target?.key === source.key ? `${source.key} has another value` : `${source.key} is missing`);
}

function differs(what: string): StorageUnavailable {
  return new StorageUnavailable(`the target is not a copy of the source: ${what}; does something else write to it?`);
}

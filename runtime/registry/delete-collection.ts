import type { DeleteOptions, ListOptions } from "../meta/options.ts";
import { StatusError } from "../meta/status-error.ts";
import type { KubeList, KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { deleteObject } from "./delete.ts";
import { listObjects } from "./list.ts";
import type { Check } from "./rest-storage.ts";
import type { StoredKind } from "./stored-kind.ts";

/** How many objects are listed at once. */
const pageItems = 500;
/** How many deletions are under way at once. */
const workers = 16;

/**
 * Deletes the objects that `selection` lists, as they are now; gives them as they were listed. Those that somebody else
 * deletes meanwhile count too. When a deletion fails no more are begun, and what is gone stays gone.
 */
export async function deleteCollection(
  kind: StoredKind,
  context: RequestContext,
  check: Check<KubeObject>,
  options: DeleteOptions,
  selection: ListOptions,
): Promise<KubeList> {
  const deleteOne = async ({ metadata }: KubeObject): Promise<void> => {
    const within = { ...context, namespace: metadata.namespace ?? "" };
    await ignoreMissing(deleteObject(kind, within, metadata.name ?? "", check, options));
  };
  if (selection.limit > 0) {
    const list = await listObjects(kind, context, selection);
    await forEach(list.items, deleteOne);
    return list;
  }
  const first = await listObjects(kind, context, { ...selection, limit: pageItems });
  const items: KubeObject[] = [];
  let page = first;
  for (;;) {
    await forEach(page.items, deleteOne);
    items.push(...page.items);
    const token = page.metadata.continue ?? "";
    if (token === "") break;
    page = await listObjects(kind, context, nextPageOf(selection, token));
  }
  const { resourceVersion = "" } = first.metadata;
  return { ...first, metadata: { resourceVersion }, items };
}

function nextPageOf(selection: ListOptions, token: string): ListOptions {
  return { ...selection, limit: pageItems, continue: token, resourceVersion: "", resourceVersionMatch: "" };
}

async function ignoreMissing(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!(error instanceof StatusError) || error.status.code !== 404) throw error;
  }
}

/** Runs `work` on every item, several at once. Throws the first error, once what is under way has ended. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (errors.length > 0) return;
      try {
        await work(item);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, items.length) }, worker));
  if (errors.length > 0) throw errors[0];
}

import type { ListOptions } from "../meta/options.ts";
import type { WatchEvent } from "../registry/rest-storage.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { storageWith } from "./served-verb.ts";
import type { ResourceTarget } from "./target.ts";

/** Watches the objects that the options choose, until the context's signal aborts. Throws what is wrong with the options. */
export function watchObjects(
  target: ResourceTarget,
  context: RequestContext,
  options: ListOptions,
): AsyncIterable<readonly WatchEvent[]> {
  return storageWith(target.storage, "watch").watch(context, options);
}

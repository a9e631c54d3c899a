import type { DeleteOptions, ListOptions } from "../meta/options.ts";
import type { KubeList } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { deleteCheck } from "./delete.ts";
import { storageWith } from "./served-verb.ts";
import type { ResourceTarget } from "./target.ts";

/** Deletes the objects that `selection` chooses, one by one. Gives them as they were. */
export function deleteCollection(
  target: ResourceTarget,
  context: RequestContext,
  options: DeleteOptions,
  selection: ListOptions,
): Promise<KubeList> {
  const storage = storageWith(target.storage, "deleteCollection");
  return storage.deleteCollection(context, deleteCheck(target, context, "", options), options, selection);
}

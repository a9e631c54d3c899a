import type { ListOptions } from "../meta/options.ts";
import type { KubeList } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { storageWith } from "./served-verb.ts";
import type { ResourceTarget } from "./target.ts";

/** Lists the objects that the options choose, or a page of them. */
export function listObjects(target: ResourceTarget, context: RequestContext, options: ListOptions): Promise<KubeList> {
  return storageWith(target.storage, "list").list(context, options);
}

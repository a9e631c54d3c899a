import type { GetOptions } from "../meta/options.ts";
import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { storageWith } from "./served-verb.ts";
import type { ResourceTarget } from "./target.ts";

/** Reads one object. Throws 404 if there is none. */
export function getObject(
  target: ResourceTarget,
  context: RequestContext,
  name: string,
  options: GetOptions,
): Promise<KubeObject> {
  return storageWith(target.storage, "get").get(context, name, options);
}

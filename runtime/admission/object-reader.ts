import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";

/** Reads objects of the server, for plugins that judge one object by others. Whether the user may read them is not asked. */
export interface ObjectReader {
  /**
   * All objects of a resource, such as `cats.animal.skai.io`, in all namespaces: frozen, as they are now, in the version
   * that is stored. Throws an Error for a resource that the server does not have, or cannot list.
   */
  list(resource: string, context: RequestContext): Promise<readonly KubeObject[]>;
}

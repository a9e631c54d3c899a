import type { KubeObject } from "../meta/v1.ts";
import type { RequestContext } from "../scheme/request-context.ts";

/** Reads objects of the server, for plugins that judge one object by others. Whether the user may read them is not asked. */
export interface ObjectReader {
  /**
   * All objects of a resource, such as `cats.animal.skai.io`, in all namespaces: frozen, in the version that is stored.
   * They are as new as whatever this server has answered; a write of another server is seen once the watch cache has it,
   * as with the informers that plugins of Kubernetes read from.
   * Throws an Error for a resource that the server does not have, or cannot list.
   */
  list(resource: string, context: RequestContext): Promise<readonly KubeObject[]>;
}

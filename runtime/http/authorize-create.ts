import { forbidden, type AuthorizationAttributes, type Authorizer } from "../auth/authorizer.ts";
import type { ResourceTarget } from "../rest/target.ts";
import type { RequestContext } from "../scheme/request-context.ts";

/** The target, with the server's authorizer asked where an update or apply turns out to create. */
export function withCreateAuthorization(target: ResourceTarget, authorizer: Authorizer): ResourceTarget {
  if (target.authorizeCreate !== undefined) return target;
  const { descriptor, subresource } = target;
  const authorizeCreate = async (context: RequestContext, name: string): Promise<void> => {
    const attributes: AuthorizationAttributes = {
      isResourceRequest: true,
      path: "",
      verb: "create",
      apiGroup: descriptor.gvk.group,
      apiVersion: descriptor.gvk.version,
      namespace: context.namespace,
      resource: descriptor.names.plural,
      subresource,
      name,
      fieldSelector: "",
      labelSelector: "",
    };
    const decision = await authorizer(context.user, attributes, context);
    if (!decision.allowed) throw forbidden(context.user, attributes, decision.reason);
  };
  return { ...target, authorizeCreate };
}

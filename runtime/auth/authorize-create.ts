import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { RequestContext } from "../scheme/request-context.ts";
import { apiVersionOf } from "../scheme/versioned.ts";
import { forbidden, type Authorizer, type AuthorizationAttributes } from "./authorizer.ts";

/**
 * Asks whether a request that updates or applies an object may create it, where it turns out that there is none: the
 * right to do the one does not include the other. Throws 403 if not.
 * https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
 */
export function authorizeCreate(
  authorizer: Authorizer,
  descriptor: ResourceDescriptor,
  subresource: string,
): (context: RequestContext, name: string) => Promise<void> {
  return async (context, name) => {
    const attributes = createAttributes(descriptor, subresource, context, name);
    const decision = await authorizer(context.user, attributes, context);
    if (!decision.allowed) throw forbidden(context.user, attributes, decision.reason);
  };
}

function createAttributes(
  { gvk, names, scope }: ResourceDescriptor,
  subresource: string,
  context: RequestContext,
  name: string,
): AuthorizationAttributes {
  const namespace = scope === "Namespaced" ? context.namespace : "";
  const root = `${gvk.group === "" ? "/api" : "/apis"}/${apiVersionOf(gvk)}`;
  const place = `${namespace === "" ? "" : `/namespaces/${namespace}`}/${names.plural}/${name}`;
  return {
    isResourceRequest: true,
    path: `${root}${place}${subresource === "" ? "" : `/${subresource}`}`,
    verb: "create",
    apiGroup: gvk.group,
    apiVersion: gvk.version,
    namespace,
    resource: names.plural,
    subresource,
    name,
    fieldSelector: "",
    labelSelector: "",
  };
}

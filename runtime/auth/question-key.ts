import type { AuthorizationAttributes } from "./authorizer.ts";

/**
 * A text that two questions share only where they are the same. It is made for every request, so it is put together by
 * hand: what clients choose is told apart by lengths, since it may hold any separator.
 */
export function questionKey(userId: string, attributes: AuthorizationAttributes): string {
  const { verb, path } = attributes;
  if (!attributes.isResourceRequest) return `${userId} ${verb.length}:${verb}${path}`;
  const { apiGroup, apiVersion, namespace, resource, subresource, name, fieldSelector, labelSelector } = attributes;
  const type = `${apiGroup.length},${apiVersion.length},${resource.length},${subresource.length}`;
  const place = `${verb.length},${namespace.length},${name.length},${fieldSelector.length}`;
  const texts = `${apiGroup}${apiVersion}${resource}${subresource}${verb}${namespace}${name}`;
  return `${userId}r${type},${place}:${texts}${fieldSelector}${labelSelector}`;
}

/**
 * How much of a question its client chooses, in characters.
 * https://github.com/kubernetes/apiserver/blob/master/plugin/pkg/authorizer/webhook/webhook.go (shouldCache)
 */
export function chosenLength(attributes: AuthorizationAttributes): number {
  const { verb, path, apiGroup, apiVersion, namespace, resource, subresource, name } = attributes;
  const selectors = attributes.fieldSelector.length + attributes.labelSelector.length;
  const place = verb.length + path.length + namespace.length + name.length;
  return selectors + place + apiGroup.length + apiVersion.length + resource.length + subresource.length;
}

import type { GroupVersionKind } from "../../scheme/descriptor.ts";
import type { Route } from "./route.ts";

/** What every document says of the whole server. */
export interface DocumentFacts {
  readonly info: { readonly title: string; readonly version: string };
  /** Whether clients are told of bearer tokens. */
  readonly security: "bearer" | "none";
}

/** How a bearer token is described, which Swagger 2.0 has no type for. */
export const bearerScheme = {
  description: "Bearer Token authentication",
  type: "apiKey",
  name: "authorization",
  in: "header",
} as const;

/** What Kubernetes adds to an operation. https://kubernetes.io/docs/reference/using-api/api-concepts/ */
interface KubernetesExtensions {
  readonly "x-kubernetes-action"?: string;
  readonly "x-kubernetes-group-version-kind"?: GroupVersionKind;
}

/** The extensions of a route's operation; none on what is about no kind. */
export function kubernetesExtensions({ kubernetes }: Route): KubernetesExtensions {
  if (kubernetes === undefined) return {};
  const { group, version, kind } = kubernetes.gvk;
  return {
    "x-kubernetes-action": kubernetes.action,
    "x-kubernetes-group-version-kind": { group, version, kind },
  };
}

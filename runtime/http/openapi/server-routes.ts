import { standardMediaTypes } from "../media-types.ts";
import { meta, versionInfo } from "./definition-names.ts";
import { operationId, operationTag } from "./operation-name.ts";
import type { Route } from "./route.ts";

/** The operation of `/apis`. */
export function groupListRoute(): Route {
  return discoveryRoute("/apis", "getAPIVersions", "get available API versions", meta("APIGroupList"));
}

/** The operation of `/apis/<group>`. */
export function groupRoute(group: string): Route {
  return discoveryRoute(`/apis/${group}`, "getAPIGroup", "get information of a group", meta("APIGroup"));
}

/** The operation of `/apis/<group>/<version>`. */
export function resourceListRoute(group: string, version: string): Route {
  const path = `/apis/${group}/${version}`;
  return discoveryRoute(path, "getAPIResources", "get available resources", meta("APIResourceList"));
}

/** The operation of `/version`. */
export function versionRoute(): Route {
  const route = discoveryRoute(
    "/version",
    "getCodeVersion",
    "get the version information for this server",
    versionInfo,
  );
  return { ...route, consumes: ["application/json"], produces: ["application/json"] };
}

function discoveryRoute(path: string, name: string, description: string, definition: string): Route {
  return {
    path,
    method: "get",
    operationId: operationId(name, path),
    tag: operationTag(path),
    description,
    consumes: standardMediaTypes.objects,
    produces: standardMediaTypes.objects,
    parameters: [],
    responses: [{ code: 200, definition }],
  };
}

import type { OpenAPIV2 } from "openapi-types";
import { bearerScheme, kubernetesExtensions, type DocumentFacts } from "./document-facts.ts";
import { publishedDefinitions, referenceTo, type DefinitionSources } from "./definitions.ts";
import { codeWords, groupByPath, type Parameter, type PathRoutes, type Route, type RouteResponse } from "./route.ts";
import { shareParameters } from "./shared-parameters.ts";

/** The document of `/openapi/v2`. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v2 */
export function buildV2Document(
  routes: readonly Route[],
  sources: DefinitionSources,
  { info, security }: DocumentFacts,
): OpenAPIV2.Document {
  const { paths, parameters } = shareParameters(groupByPath(routes).map((path) => [path.path, pathItem(path)]));
  return {
    swagger: "2.0",
    info,
    paths,
    definitions: publishedDefinitions(routes, sources),
    parameters,
    ...(security === "none"
      ? {}
      : { securityDefinitions: { BearerToken: bearerScheme }, security: [{ BearerToken: [] }] }),
  };
}

function pathItem({ shared, operations }: PathRoutes): OpenAPIV2.PathItemObject {
  const item: OpenAPIV2.PathItemObject = {};
  for (const { route, parameters } of operations) item[route.method] = operation(route, parameters);
  if (shared.length > 0) item.parameters = shared.map(urlParameter);
  return item;
}

function operation(route: Route, parameters: readonly Parameter[]): OpenAPIV2.OperationObject {
  const all = [...bodyParameter(route), ...parameters.map(urlParameter)];
  return {
    description: route.description,
    consumes: [...route.consumes],
    produces: [...route.produces],
    schemes: ["https"],
    tags: [route.tag],
    operationId: route.operationId,
    ...(all.length === 0 ? {} : { parameters: all }),
    responses: {
      ...Object.fromEntries(route.responses.map((response) => [response.code, answer(response)])),
      401: { description: "Unauthorized" },
    },
    ...kubernetesExtensions(route),
  };
}

function bodyParameter({ body }: Route): OpenAPIV2.Parameter[] {
  if (body === undefined) return [];
  const schema = { $ref: referenceTo("v2", body.definition) };
  return [{ name: "body", in: "body", ...(body.required ? { required: true } : {}), schema }];
}

function urlParameter({ name, in: place, type, description }: Parameter): OpenAPIV2.Parameter {
  const required = place === "path" ? { required: true } : {};
  return { uniqueItems: true, type, description, name, in: place, ...required };
}

function answer({ code, definition }: RouteResponse): OpenAPIV2.ResponseObject {
  const schema = definition === undefined ? { type: "string" as const } : { $ref: referenceTo("v2", definition) };
  return { description: codeWords[code], schema };
}

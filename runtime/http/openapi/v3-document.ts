import type { OpenAPIV3 } from "openapi-types";
import { publishedDefinitions, referenceTo, type DefinitionSources } from "./definitions.ts";
import { bearerScheme, kubernetesExtensions, type DocumentFacts } from "./document-facts.ts";
import {
  codeWords,
  groupByPath,
  methods,
  type Parameter,
  type PathRoutes,
  type Route,
  type RouteResponse,
} from "./route.ts";

/** A document below `/openapi/v3/`. https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-v3 */
export function buildV3Document(
  routes: readonly Route[],
  sources: DefinitionSources,
  facts: DocumentFacts,
): OpenAPIV3.Document {
  return {
    openapi: "3.0.0",
    info: facts.info,
    paths: Object.fromEntries(groupByPath(routes).map((path) => [path.path, pathItem(path, facts)])),
    components: {
      schemas: publishedDefinitions(routes, sources),
      ...(facts.security === "none" ? {} : { securitySchemes: { BearerToken: bearerScheme } }),
    },
  };
}

function pathItem({ shared, operations }: PathRoutes, facts: DocumentFacts): OpenAPIV3.PathItemObject {
  const item: OpenAPIV3.PathItemObject = {};
  for (const method of methods) {
    const found = operations.find(({ route }) => route.method === method);
    if (found !== undefined) item[method] = operation(found.route, found.parameters, facts);
  }
  if (shared.length > 0) item.parameters = shared.map(urlParameter);
  return item;
}

function operation(route: Route, parameters: readonly Parameter[], facts: DocumentFacts): OpenAPIV3.OperationObject {
  const answers = route.responses.map((response) => [response.code, answer(response, route.produces)]);
  return {
    tags: [route.tag],
    description: route.description,
    operationId: route.operationId,
    ...(parameters.length === 0 ? {} : { parameters: parameters.map(urlParameter) }),
    ...requestBody(route),
    responses: {
      ...Object.fromEntries(answers),
      ...(facts.security === "none" ? {} : { 401: { description: "Unauthorized" } }),
    },
    ...kubernetesExtensions(route),
  };
}

function requestBody({ body, consumes }: Route): { requestBody?: OpenAPIV3.RequestBodyObject } {
  if (body === undefined) return {};
  const content = contentOf(consumes, { $ref: referenceTo("v3", body.definition) });
  return { requestBody: { content, ...(body.required ? { required: true } : {}) } };
}

function urlParameter({ name, in: place, type, description }: Parameter): OpenAPIV3.ParameterObject {
  const required = place === "path" ? { required: true } : {};
  return { name, in: place, description, ...required, schema: { type, uniqueItems: true } };
}

function answer({ code, definition }: RouteResponse, produces: readonly string[]): OpenAPIV3.ResponseObject {
  const schema = definition === undefined ? { type: "string" as const } : { $ref: referenceTo("v3", definition) };
  return { description: codeWords[code], content: contentOf(produces, schema) };
}

function contentOf(
  mediaTypes: readonly string[],
  schema: OpenAPIV3.ReferenceObject | OpenAPIV3.NonArraySchemaObject,
): OpenAPIV3.RequestBodyObject["content"] {
  return Object.fromEntries(mediaTypes.toSorted().map((mediaType) => [mediaType, { schema }]));
}

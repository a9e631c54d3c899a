import { endpointKind, type Endpoint, type ServedKind, type Verb } from "../endpoint.ts";
import { standardMediaTypes } from "../media-types.ts";
import { listDefinition, meta } from "./definition-names.ts";
import { operationId, operationTag } from "./operation-name.ts";
import {
  deleteParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  patchParameters,
  pretty,
  selectionParameters,
  subpathParameter,
  writeParameters,
} from "./parameters.ts";
import { methods, type Parameter, type Route, type RouteResponse } from "./route.ts";

const { objects: objectMediaTypes, watches } = standardMediaTypes;
const streamMediaTypes = [...objectMediaTypes, ...watches];
const anyMediaType = ["*/*"];

/** Where an operation stands, and how its name and words follow from that. */
interface Place {
  readonly endpoint: Endpoint;
  readonly served: ServedKind;
  /** The group version's path, without a slash at the end. */
  readonly root: string;
  /** Below the root: `namespaces/{namespace}/cats/{name}/status`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** What comes between the verb and the kind in names: `Namespaced` or nothing. */
  readonly namespaced: string;
  /** What comes last in names: `ForAllNamespaces`, `WithPath` or nothing. */
  readonly suffix: string;
}

/** The part of a route that differs from verb to verb. */
type Operation = Pick<Route, "method" | "description" | "responses"> &
  Partial<Pick<Route, "consumes" | "produces" | "body" | "parameters">> & { readonly name: string };

/** The paths of one endpoint. A subresource has one only. */
interface Places {
  readonly collection: Place;
  readonly item: Place;
  /** The collection across namespaces, if objects live in namespaces. */
  readonly everywhere: readonly Place[];
}

/**
 * The operations of one endpoint, from the verbs that it serves.
 * Names and paths are those of https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris.
 */
export function endpointRoutes(endpoint: Endpoint, patchTypes: readonly string[]): Route[] {
  const places = placesOf(endpoint);
  return [...endpoint.verbs.flatMap((verb) => verbRoutes[verb](places, patchTypes)), ...connectRoutes(places.item)];
}

const verbRoutes: Readonly<Record<Verb, (places: Places, patchTypes: readonly string[]) => Route[]>> = {
  get: ({ item }) => [route(item, "get", read(item))],
  list: ({ collection, everywhere }) => [collection, ...everywhere].map((place) => route(place, "list", list(place))),
  watch: watchRoutes,
  create: ({ collection }) => [route(collection, "post", create(collection))],
  update: ({ item }) => [route(item, "put", replace(item))],
  patch: ({ item }, patchTypes) => [route(item, "patch", patch(item, patchTypes))],
  delete: ({ item }) => [route(item, "delete", remove(item))],
  deletecollection: ({ collection }) => [route(collection, "deletecollection", removeCollection(collection))],
};

// The paths that watches had before lists took a parameter for it.
function watchRoutes({ collection, item, everywhere }: Places): Route[] {
  const lists = item.endpoint.verbs.includes("list") ? [collection, ...everywhere] : [];
  return [
    ...lists.map((place) => route(below("watch", place), "watchlist", watchList(place))),
    route(below("watch", item), "watch", watch(item)),
  ];
}

function placesOf(endpoint: Endpoint): Places {
  const { descriptor, subresource } = endpoint;
  const { gvk, names, scope } = descriptor;
  const namespaced = scope === "Namespaced";
  const resource = namespaced ? `namespaces/{namespace}/${names.plural}` : names.plural;
  const all: Place = {
    endpoint,
    served: endpointKind(endpoint),
    root: `/apis/${gvk.group}/${gvk.version}`,
    path: names.plural,
    parameters: [],
    namespaced: "",
    suffix: "",
  };
  const scoped = namespaced ? [namespaceParameter] : [];
  const collection = { ...all, path: resource, parameters: scoped, namespaced: namespaced ? "Namespaced" : "" };
  const item = {
    ...collection,
    path: `${resource}/{name}${subresource === "" ? "" : `/${subresource}`}`,
    parameters: [...scoped, nameParameter(gvk.kind)],
  };
  if (subresource !== "") return { collection: item, item, everywhere: [] };
  return { collection, item, everywhere: namespaced ? [{ ...all, suffix: "ForAllNamespaces" }] : [] };
}

function below(prefix: string, place: Place): Place {
  return { ...place, path: `${prefix}/${place.path}` };
}

function route(place: Place, action: string, operation: Operation): Route {
  const { name, ...rest } = operation;
  const path = `${place.root}/${place.path}`;
  return {
    consumes: anyMediaType,
    produces: objectMediaTypes,
    ...rest,
    path,
    operationId: operationId(name, path),
    tag: operationTag(path),
    parameters: [...place.parameters, ...(operation.parameters ?? [])],
    kubernetes: { action, gvk: place.served.gvk },
  };
}

function nameOf(verb: string, place: Place, rest = ""): string {
  const { endpoint, namespaced, suffix } = place;
  return `${verb}${namespaced}${endpoint.descriptor.gvk.kind}${titled(endpoint.subresource)}${rest}${suffix}`;
}

function titled(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();
}

/** `the specified Cat`, or `status of the specified Cat`. */
function phrase({ endpoint }: Place, words: string): string {
  const { subresource, descriptor } = endpoint;
  const text = `${words}${descriptor.gvk.kind}`;
  return subresource === "" ? text : `${subresource} of ${text}`;
}

function article({ endpoint }: Place): string {
  const { kind } = endpoint.descriptor.gvk;
  if (/[^s]s$/.test(kind)) return "";
  return /^[aeiou]/i.test(kind) ? "an " : "a ";
}

function responses(definition: string, ...codes: RouteResponse["code"][]): RouteResponse[] {
  return codes.map((code) => ({ code, definition }));
}

function read(place: Place): Operation {
  return {
    method: "get",
    name: nameOf("read", place),
    description: `read ${phrase(place, "the specified ")}`,
    parameters: [pretty],
    responses: responses(place.served.definition, 200),
  };
}

function list(place: Place): Operation {
  const verb = place.endpoint.verbs.includes("watch") ? "list or watch" : "list";
  return {
    method: "get",
    name: nameOf("list", place),
    description: `${verb} ${phrase(place, "objects of kind ")}`,
    produces: streamMediaTypes,
    parameters: [pretty, ...listParameters],
    responses: responses(listDefinition(place.endpoint.descriptor), 200),
  };
}

function create(place: Place): Operation {
  const { definition } = place.served;
  return {
    method: "post",
    name: nameOf("create", place),
    description: `create ${phrase(place, article(place))}`,
    parameters: [pretty, ...writeParameters],
    body: { definition, required: true },
    responses: responses(definition, 200, 201, 202),
  };
}

function replace(place: Place): Operation {
  const { definition } = place.served;
  return {
    method: "put",
    name: nameOf("replace", place),
    description: `replace ${phrase(place, "the specified ")}`,
    parameters: [pretty, ...writeParameters],
    body: { definition, required: true },
    responses: responses(definition, 200, 201),
  };
}

function patch(place: Place, patchTypes: readonly string[]): Operation {
  return {
    method: "patch",
    name: nameOf("patch", place),
    description: `partially update ${phrase(place, "the specified ")}`,
    consumes: patchTypes,
    parameters: [pretty, ...patchParameters],
    body: { definition: meta("Patch"), required: true },
    responses: responses(place.served.definition, 200, 201),
  };
}

function remove(place: Place): Operation {
  return {
    method: "delete",
    name: nameOf("delete", place),
    description: `delete ${phrase(place, article(place))}`,
    parameters: [pretty, ...deleteParameters],
    body: { definition: meta("DeleteOptions"), required: false },
    responses: responses(meta("Status"), 200, 202),
  };
}

function removeCollection(place: Place): Operation {
  const options = deleteParameters.filter(({ name }) => !selectionParameters.some((other) => other.name === name));
  return {
    method: "delete",
    name: nameOf("deletecollection", place),
    description: `delete collection of ${phrase(place, "")}`,
    parameters: [pretty, ...options, ...selectionParameters],
    body: { definition: meta("DeleteOptions"), required: false },
    responses: responses(meta("Status"), 200),
  };
}

function watch(place: Place): Operation {
  return {
    method: "get",
    name: nameOf("watch", place),
    description:
      `watch changes to ${phrase(place, "an object of kind ")}. ` +
      "deprecated: use the 'watch' parameter with a list operation and a field selector for the name",
    produces: streamMediaTypes,
    parameters: [pretty, ...listParameters],
    responses: responses(meta("WatchEvent"), 200),
  };
}

function watchList(place: Place): Operation {
  return {
    ...watch(place),
    name: nameOf("watch", place, "List"),
    description:
      `watch individual changes to a list of ${phrase(place, "")}. ` +
      "deprecated: use the 'watch' parameter with a list operation",
  };
}

function connectRoutes(item: Place): Route[] {
  const { connect } = item.endpoint;
  if (connect === undefined) return [];
  const deeper: Place = {
    ...item,
    path: `${item.path}/{path}`,
    parameters: [...item.parameters, subpathParameter],
    suffix: "WithPath",
  };
  return (connect.subpath ? [item, deeper] : [item]).flatMap((place) =>
    connect.methods.flatMap((name) => {
      const method = methods.find((known) => known === name.toLowerCase());
      return method === undefined ? [] : [route(place, "connect", connectOperation(place, method))];
    }),
  );
}

function connectOperation(place: Place, method: Route["method"]): Operation {
  return {
    method,
    name: nameOf(`connect${titled(method)}`, place),
    description: `connect ${method.toUpperCase()} requests to ${phrase(place, "")}`,
    produces: anyMediaType,
    responses: [{ code: 200 }],
  };
}

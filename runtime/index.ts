/**
 * What authors import: defining strategies and conversions, refusing bad objects, admission, and running a server.
 */
export type { AdmissionPlugin, Attributes } from "./admission/admission.ts";
export type { ObjectReader } from "./admission/object-reader.ts";
export {
  duplicate,
  type FieldError,
  fieldNotFound,
  forbidden,
  invalid,
  notSupported,
  required,
  tooLongBytes,
  tooLongCharacters,
  tooMany,
  typeInvalid,
} from "./meta/field-error.ts";
export { dns1035LabelName, dnsLabelName, dnsSubdomainName, type NameRule, pathSegmentName } from "./meta/names.ts";
export {
  alreadyExists,
  badRequest,
  conflict,
  forbiddenRequest,
  notFound,
  serviceUnavailable,
  StatusError,
} from "./meta/status-error.ts";
export { defineConversion, type Conversion } from "./scheme/conversion.ts";
export type { RequestContext } from "./scheme/request-context.ts";
export type { Scheme } from "./scheme/scheme.ts";
export { defineStrategy, type Strategy } from "./scheme/strategy.ts";
export type { RestStorage } from "./registry/rest-storage.ts";
export { runServer, type RunOptions } from "./start/run-server.ts";

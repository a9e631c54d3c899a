/**
 * All that generated code may import from the runtime: the one seam between the generator and the server.
 * Changing a signature here changes what the generator must emit.
 */
export { byteLength } from "./meta/byte-text.ts";
export type { ConditionalValue, Validation, ValidationOptions } from "./meta/checks.ts";
export {
  aboveMaximum,
  belowMinimum,
  characterCount,
  checkConditionalValues,
  clearedLater,
  decreased,
  entryCount,
  excludedValue,
  immutable,
  modifiedLater,
  newValidation,
  optionIs,
  patternMismatch,
  setLater,
} from "./meta/checks.ts";
export { copyJson, copyMap } from "./meta/copy.ts";
export type { Decoder, DecodeReport, Fields } from "./meta/decode.ts";
export {
  booleanDecoder,
  decodeField,
  dropUnknownField,
  float32Decoder,
  float64Decoder,
  int32Decoder,
  int64Decoder,
  intOrStringDecoder,
  isFloat32,
  isFloat64,
  isInt32,
  isInt64,
  listDecoder,
  mapDecoder,
  objectDecoder,
  stringDecoder,
  wrongType,
} from "./meta/decode.ts";
export { canonicalKey, sameJson, sameList, sameMap, sameScalar } from "./meta/equality.ts";
export type { FieldError } from "./meta/field-error.ts";
export {
  forbidden,
  notSupported,
  required,
  tooFew,
  tooLongBytes,
  tooLongCharacters,
  tooMany,
  tooShort,
} from "./meta/field-error.ts";
export {
  validateExtendedResourceName,
  validateLabelKeyFormat,
  validateLabelValue,
  validateLongName,
  validateLongNameCaseless,
  validatePathSegmentName,
  validatePrefixedLabelKey,
  validateResourceFullyQualifiedName,
  validateResourcePoolName,
  validateShortName,
  validateUuid,
} from "./meta/formats.ts";
export {
  checkNoItemAdded,
  checkNoItemRemoved,
  checkNoKeyAdded,
  checkNoKeyRemoved,
  checkUnique,
  indexBy,
  itself,
  valueAt,
} from "./meta/item-checks.ts";
export type { Loose } from "./meta/loose.ts";
export { loosely } from "./meta/loose.ts";
export { decodeObjectMeta, deepCopyObjectMeta } from "./meta/object-meta.ts";
export {
  bytesDecoder,
  checkBytes,
  checkDuration,
  checkMicroTime,
  checkQuantity,
  checkTime,
  durationDecoder,
  jsonDecoder,
  microTimeDecoder,
  quantityDecoder,
  rawExtensionDecoder,
  sameQuantity,
  timeDecoder,
} from "./meta/string-forms.ts";
export {
  checkAtMostOne,
  checkDependentForbidden,
  checkDependentRequired,
  checkDiscriminated,
  checkExactlyOne,
} from "./meta/union-checks.ts";
export type { KubeList, KubeObject } from "./meta/v1.ts";
export type { Conversion } from "./scheme/conversion.ts";
export type { GroupVersionRegistration, ResourceDescriptor } from "./scheme/descriptor.ts";
export { createScheme } from "./scheme/scheme.ts";

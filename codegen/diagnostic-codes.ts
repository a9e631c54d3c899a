/** Every mistake that the generator tells of, by a name for the code and a stable number for people. */
export const diagnosticCodes = {
  /** A tag that nobody knows. */
  unknownTag: "E001",
  /** A tag that cannot be read. */
  tagSyntax: "E002",
  /** A known tag where it may not stand. */
  misplacedTag: "E003",
  /** A tag with an argument or a value that it does not take. */
  tagPayload: "E004",
  /** A tag on a value of a type that it has no meaning for. */
  tagOnWrongType: "E005",
  /** A tag given more often than it may be. */
  repeatedTag: "E006",
  /** Tags, or a tag and a type, that cannot both hold. */
  contradiction: "E007",
  /** A comment with tags that belongs to no declaration. */
  strayComment: "E008",
  /** A tag of Kubernetes' tools that this generator leaves out, with what to do instead. */
  unsupportedTag: "E009",
  /** What TypeScript itself finds wrong. */
  typescript: "E010",
  /** `number`, without its width. */
  plainNumber: "E011",
  /** A type that JSON, or a Kubernetes API, does not have. */
  unsupportedType: "E012",
  tuple: "E013",
  mapKey: "E014",
  /** A list or map in a list or map where Kubernetes has none. */
  nesting: "E015",
  enumKeyword: "E016",
  /** A union that no tag could express. */
  unsupportedUnion: "E017",
  notExported: "E018",
  sameTypeName: "E019",
  /** A type declared neither in the APIs nor in the package's meta types. */
  foreignType: "E020",
  /** The two readers of a type, ts-morph and typescript-json-schema, see different things. */
  readersDisagree: "E021",
  groupName: "E030",
  version: "E031",
  noKinds: "E032",
  /** A `…_strategy.ts`, `…_conversion.ts` or `…_validation.ts` that does not fit its kind. */
  companionFile: "E033",
  duplicateKind: "E040",
  duplicateName: "E041",
  storageVersion: "E042",
  jsonPath: "E043",
  listMapKey: "E044",
  defaultValue: "E045",
  pattern: "E046",
  /** A tag that names a field which is not there. */
  unknownField: "E047",
  unequalVersions: "E048",
  cel: "E050",
  /** A file in `generated/` that this generator did not write. */
  foreignFile: "E060",
} as const;

/** The name of a diagnostic. */
export type DiagnosticName = keyof typeof diagnosticCodes;

import type { Report } from "../diagnostic.ts";
import type { ApiModel, GroupVersion, ObjectType, Position } from "../model/model.ts";
import { placeKey } from "../model/places.ts";

/** What a rule over the model looks at. */
export interface Checking {
  readonly model: ApiModel;
  /** Where tags stand, by `placeKey`. */
  readonly places: ReadonlyMap<string, Position>;
  readonly report: Report;
}

/** Where a tag of a kind stands; else where the kind is declared. */
export function kindPlace(
  { places }: Checking,
  groupVersion: GroupVersion,
  kind: string,
  tag: string,
  index = 0,
): Position {
  const declared = typeNamed(groupVersion, kind)?.at;
  const unknown: Position = { file: `apis/${groupVersion.folder}/doc.ts`, line: 1, column: 1 };
  return places.get(placeKey(groupVersion.folder, kind, tag, index)) ?? declared ?? unknown;
}

/** An object type of a group version. */
export function typeNamed(groupVersion: GroupVersion, name: string): ObjectType | undefined {
  return groupVersion.types.find((type) => type.name === name);
}

import type { GroupVersion, Position } from "../model/model.ts";
import { placeKey } from "../model/places.ts";

/** Tells every kind in which version its group stores it: the one that is tagged, or the only one. */
export function assignStorageVersions(
  groupVersions: readonly GroupVersion[],
  places: ReadonlyMap<string, Position>,
): GroupVersion[] {
  const isTagged = ({ folder }: GroupVersion, kind: string): boolean =>
    places.has(placeKey(folder, kind, "kubebuilder:storageversion"));
  const storageVersion = (group: string, kind: string): string => {
    const having = groupVersions.filter((each) => each.group === group && each.kinds.some(({ name }) => name === kind));
    const chosen = having.find((each) => isTagged(each, kind)) ?? having[0];
    return chosen?.version ?? "";
  };
  return groupVersions.map((groupVersion) => ({
    ...groupVersion,
    kinds: groupVersion.kinds.map((kind) => ({
      ...kind,
      storageVersion: storageVersion(groupVersion.group, kind.name),
    })),
  }));
}

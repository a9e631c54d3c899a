import type { GroupVersion, Kind } from "../model/model.ts";
import { placeKey } from "../model/places.ts";
import { kindPlace, type Checking } from "./checking.ts";

interface KindVersion {
  readonly groupVersion: GroupVersion;
  readonly kind: Kind;
}

/** A kind with several versions is stored in one of them, and is the same resource in all. */
export function checkVersions(checking: Checking): void {
  const byKind = new Map<string, KindVersion[]>();
  for (const groupVersion of checking.model.groupVersions) {
    for (const kind of groupVersion.kinds) {
      const key = `${groupVersion.group}/${kind.name}`;
      const versions = byKind.get(key) ?? [];
      const isTwin = versions.some((each) => each.groupVersion.version === groupVersion.version);
      if (!isTwin) byKind.set(key, [...versions, { groupVersion, kind }]);
    }
  }
  for (const versions of byKind.values()) {
    if (versions.length < 2) continue;
    checkStorageVersion(checking, versions);
    checkSameResource(checking, versions);
  }
}

function checkStorageVersion(checking: Checking, versions: readonly KindVersion[]): void {
  const tag = "kubebuilder:storageversion";
  const stored = versions.filter(({ groupVersion, kind }) =>
    checking.places.has(placeKey(groupVersion.folder, kind.name, tag)),
  );
  if (stored.length === 1) return;
  for (const { groupVersion, kind } of stored.length === 0 ? versions.slice(0, 1) : stored.slice(1)) {
    const names = (stored.length === 0 ? versions : stored).map((each) => each.groupVersion.version).join(" and ");
    const message =
      stored.length === 0
        ? `${kind.name} has the versions ${names}: tag the one that is stored with +${tag}`
        : `${kind.name} is stored in one version, but ${names} are tagged: keep one +${tag}`;
    checking.report("storageVersion", kindPlace(checking, groupVersion, kind.name, tag), message);
  }
}

function checkSameResource(checking: Checking, [first, ...others]: readonly KindVersion[]): void {
  if (first === undefined) return;
  for (const { groupVersion, kind } of others) {
    for (const property of ["plural", "singular", "scope"] as const) {
      if (kind[property] === first.kind[property]) continue;
      const at = kindPlace(checking, groupVersion, kind.name, "kubebuilder:resource");
      const message = `${kind.name} has the ${property} ${kind[property]} here, but ${first.kind[property]} in ${first.groupVersion.version}`;
      checking.report("unequalVersions", at, `${message}: all versions of a kind have the same`);
    }
  }
}

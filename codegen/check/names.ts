import type { GroupVersion, Kind } from "../model/model.ts";
import { kindPlace, type Checking } from "./checking.ts";

/** No two kinds of a group version answer to the same name, and no two folders hold the same group version. */
export function checkNames(checking: Checking): void {
  for (const [index, groupVersion] of checking.model.groupVersions.entries()) {
    const { group, version, folder } = groupVersion;
    const twin = checking.model.groupVersions
      .slice(0, index)
      .find((each) => each.group === group && each.version === version);
    if (twin !== undefined && group !== "") {
      const at = { file: `apis/${folder}/doc.ts`, line: 1, column: 1 };
      checking.report(
        "groupName",
        at,
        `${group}/${version} is in apis/${twin.folder} already: put both into one folder`,
      );
    }
    checkKinds(checking, groupVersion);
  }
}

function checkKinds(checking: Checking, groupVersion: GroupVersion): void {
  const owners = new Map<string, Kind>();
  for (const kind of groupVersion.kinds) {
    const told = new Set<string>();
    for (const [name, what] of namesOf(kind)) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, kind);
      else if (owner !== kind && owner.name !== kind.name && !told.has(name)) {
        told.add(name);
        const at = kindPlace(checking, groupVersion, kind.name, "kubebuilder:resource");
        const message = `${name}, the ${what} of ${kind.name}, is a name of ${owner.name} already`;
        checking.report("duplicateName", at, `${message}: choose another in +kubebuilder:resource`);
      }
    }
  }
}

function namesOf({ plural, singular, shortNames }: Kind): [name: string, what: string][] {
  return [
    [plural, "plural"],
    [singular, "singular"],
    ...shortNames.map((name): [string, string] => [name, "short name"]),
  ];
}

import type { GroupVersion, Kind, ObjectType, Position } from "../model/model.ts";
import { placeKey } from "../model/places.ts";
import { checkCompanions, companionOf, moduleTexts } from "./companions.ts";
import type { DraftObject } from "./draft.ts";
import { finishObject } from "./finish-object.ts";
import type { DraftGroupVersion } from "./read-group-version.ts";
import { reachableObjects } from "./reachable.ts";
import { readKindTags } from "./read-kind.ts";
import type { Reader } from "./reader.ts";
import type { Tag } from "./tag.ts";

/** A group version with all tags applied; only the storage versions are left to know. */
export function finishGroupVersion(
  reader: Reader,
  draft: DraftGroupVersion,
  places: Map<string, Position>,
): GroupVersion {
  const { folder, kinds } = draft;
  const { group, version, modelPackage, doc, off } = draft.package;
  const texts = moduleTexts(reader);
  checkCompanions(
    reader,
    texts,
    folder,
    kinds.map(({ name }) => name),
  );
  const objects = reachableObjects(kinds);
  tellSameNames(
    reader,
    objects.filter((object) => !kinds.includes(object)),
    objects,
  );
  const types = objects.map((object): ObjectType => {
    const isKind = kinds.includes(object);
    const tags = isKind ? object.comment.tags.filter((tag) => !isKindTag(tag)) : object.comment.tags;
    return finishObject(object, tags, isKind, { report: reader.report, texts, places, folder });
  });
  return {
    group,
    version,
    folder,
    modelPackage,
    doc,
    off,
    kinds: kinds.map((kind) => finishKind(reader, kind, draft, texts, places)),
    types,
  };
}

function isKindTag(tag: Tag): boolean {
  return tag.spec.places.includes("kind");
}

function finishKind(
  { report }: Reader,
  { name, comment }: DraftObject,
  draft: DraftGroupVersion,
  texts: ReadonlyMap<string, string>,
  places: Map<string, Position>,
): Kind {
  const { folder } = draft;
  const { group, version } = draft.package;
  const tags = comment.tags.filter(isKindTag);
  const counts = new Map<string, number>();
  for (const tag of tags) {
    const index = counts.get(tag.name) ?? 0;
    places.set(placeKey(folder, name, tag.name, index), tag.at);
    counts.set(tag.name, index + 1);
  }
  const strategy = companionOf(texts, folder, name, "strategy");
  const conversion = companionOf(texts, folder, name, "conversion");
  return {
    name,
    listKind: `${name}List`,
    ...readKindTags(name, tags, { group, version }, report),
    storageVersion: version,
    ...(strategy !== undefined && { strategy }),
    ...(conversion !== undefined && { conversion }),
  };
}

/** Names of types are names of schemas, so one cannot stand for two. */
function tellSameNames({ report }: Reader, objects: readonly DraftObject[], all: readonly DraftObject[]): void {
  for (const object of objects) {
    const other = all.find((each) => each !== object && each.name === object.name);
    if (other === undefined || (objects.includes(other) && all.indexOf(other) > all.indexOf(object))) continue;
    const at = object.isMeta ? other.at : object.at;
    const where = object.isMeta ? "in apiserver-ts/meta/v1 too" : `at ${other.at.file}:${other.at.line} too`;
    report("sameTypeName", at, `${object.name} is the name of a type ${where}: rename one`);
  }
}

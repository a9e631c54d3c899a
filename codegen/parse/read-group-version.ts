import type { SourceFile } from "ts-morph";
import { folderOf, isTypesFile } from "../load.ts";
import type { Position } from "../model/model.ts";
import { docCommentAt, readComment, type Comment } from "./comment.ts";
import { emptyEnv } from "./declared.ts";
import type { DraftObject } from "./draft.ts";
import { findKinds } from "./find-kinds.ts";
import { objectOf } from "./object-type.ts";
import { readPackage, type Package } from "./read-package.ts";
import { siteOf, type Reader } from "./reader.ts";

/** A folder of `apis/` with its kinds; the fields of their types are read later. */
export interface DraftGroupVersion {
  /** Such as `animal/v1alpha1`. */
  readonly folder: string;
  readonly package: Package;
  readonly kinds: readonly DraftObject[];
}

/** Finds the group versions: folders below `apis/` with a `doc.ts` or with files of types. */
export function readGroupVersions(reader: Reader): DraftGroupVersion[] {
  const folders = new Map<string, SourceFile[]>();
  for (const file of reader.sources.files) {
    if (!isTypesFile(file.getFilePath()) && file.getBaseName() !== "doc.ts") continue;
    const folder = folderOf(reader.sources.root, file.getFilePath());
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [...folders].map(([folder, files]) => readGroupVersion(reader, folder, files));
}

function readGroupVersion(reader: Reader, folder: string, files: readonly SourceFile[]): DraftGroupVersion {
  const doc = files.find((file) => file.getBaseName() === "doc.ts");
  const first: Position = { file: `apis/${folder}/doc.ts`, line: 1, column: 1 };
  const comment = doc === undefined ? { doc: "", tags: [] } : packageComment(reader, doc);
  const kinds = files
    .filter((file) => isTypesFile(file.getFilePath()))
    .flatMap((file) => findKinds(reader, file))
    .map((node) => {
      const found = { type: node.getType(), node: undefined, env: emptyEnv, aliases: [] };
      return objectOf(reader, found, siteOf(reader, node));
    });
  tellTwice(reader, kinds);
  if (kinds.length === 0) {
    const message = `apis/${folder} has no kind: export an interface that extends KubeObject in a file …_types.ts`;
    reader.report("noKinds", first, message);
  }
  return { folder, package: readPackage(comment, folder, first, reader.report), kinds };
}

function packageComment(reader: Reader, doc: SourceFile): Comment {
  const start = doc.getStatementsWithComments()[0]?.getPos() ?? 0;
  return readComment(doc, docCommentAt(doc.getFullText(), start), reader.locate, reader.report);
}

function tellTwice({ report }: Reader, kinds: readonly DraftObject[]): void {
  for (const [index, kind] of kinds.entries()) {
    const first = kinds.slice(0, index).find(({ name }) => name === kind.name);
    if (first === undefined) continue;
    report("duplicateKind", kind.at, `${kind.name} is already declared in ${first.at.file}: rename one`);
  }
}

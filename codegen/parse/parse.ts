import { Node, type SourceFile } from "ts-morph";
import type { Diagnostic, Report } from "../diagnostic.ts";
import type { Sources } from "../load.ts";
import type { ApiModel, Position } from "../model/model.ts";
import { compareReaders } from "./compare-readers.ts";
import { finishGroupVersion } from "./finish-group-version.ts";
import { readFields } from "./read-fields.ts";
import { readGroupVersions } from "./read-group-version.ts";
import { readUnion } from "./read-union.ts";
import { commentOf, createReader, type Reader } from "./reader.ts";
import { assignStorageVersions } from "./storage-versions.ts";
import { findStrayComments } from "./stray-comments.ts";
import { tellTypeScriptErrors } from "./typescript-errors.ts";
import { compareVersions } from "../model/version-order.ts";

/** What reading gives: the model, as far as it could be read, and every mistake. */
export interface ParseResult {
  readonly model: ApiModel;
  /** Where tags stand, by `placeKey`. */
  readonly places: ReadonlyMap<string, Position>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the APIs of a project. Never throws on what an author wrote. */
export function parse(sources: Sources): ParseResult {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (name, at, message) => diagnostics.push({ name, at, message });
  const reader = createReader(sources, report);
  const isReadable = tellTypeScriptErrors(reader);
  for (const file of sources.files) findStrayComments(file, reader.locate, report);
  for (const file of sources.files) readAllComments(reader, file);
  if (!isReadable) return { model: { groupVersions: [] }, places: new Map(), diagnostics };
  const drafts = readGroupVersions(reader);
  readPending(reader);
  if (diagnostics.length === 0)
    compareReaders(
      reader,
      drafts.flatMap(({ kinds }) => kinds),
    );
  const places = new Map<string, Position>();
  const groupVersions = drafts
    .map((draft) => finishGroupVersion(reader, draft, places))
    .toSorted((a, b) => (a.group < b.group ? -1 : a.group > b.group ? 1 : compareVersions(a.version, b.version)));
  return { model: { groupVersions: assignStorageVersions(groupVersions, places) }, places, diagnostics };
}

/** Tags of types that no kind reaches say nothing, but their spelling is checked all the same. */
function readAllComments(reader: Reader, file: SourceFile): void {
  file.forEachDescendant((node) => {
    if (Node.isInterfaceDeclaration(node) || Node.isTypeAliasDeclaration(node) || Node.isPropertySignature(node)) {
      commentOf(reader, node);
    }
  });
}

/** Fields name further objects, which queue up behind. */
function readPending(reader: Reader): void {
  for (let next = reader.pending.shift(); next !== undefined; next = reader.pending.shift()) {
    const { object, found, site } = next;
    if (found.type.isUnion()) readUnion(reader, found, object, site);
    else object.fields.push(...readFields(reader, found, site));
  }
}

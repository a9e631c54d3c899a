import { relative } from "node:path";
import type { Node, SourceFile, Type, ts, TypeAliasDeclaration, InterfaceDeclaration } from "ts-morph";
import type { Report } from "../diagnostic.ts";
import type { Sources } from "../load.ts";
import type { Position } from "../model/model.ts";
import { docCommentAt, readComment, type Comment } from "./comment.ts";
import type { Unwrapped } from "./declared.ts";
import type { DraftObject } from "./draft.ts";
import { pascalCase } from "./names.ts";

/** What reading types needs at hand, and what it has read so far. */
export interface Reader {
  readonly sources: Sources;
  readonly report: Report;
  readonly locate: (file: SourceFile, pos: number) => Position;
  /** By the compiler's type, which is one for each instance of a generic, and by what that leaves open. */
  readonly objects: Map<ts.Type, Map<string, DraftObject>>;
  /** How many objects are instances of a declaration. */
  readonly instances: Map<Node, number>;
  /** Objects that were named, and whose fields are yet to be read. */
  readonly pending: PendingObject[];
  readonly comments: Map<Node, Comment>;
}

/** An object type whose fields are yet to be read. */
export interface PendingObject {
  readonly object: DraftObject;
  readonly found: Unwrapped;
  readonly site: Site;
}

/** How code names the type at a spot, and what it is called if it has no name of its own. */
export interface Site {
  /** Such as `CatSpecHome`. */
  readonly name: string;
  readonly module: string;
  readonly symbol: string;
  /** Such as `NonNullable<CatSpec["home"]>`. */
  readonly text: string;
  readonly at: Position;
  readonly order: readonly [file: string, pos: number];
}

/** Starts reading. */
export function createReader(sources: Sources, report: Report): Reader {
  const locate = (file: SourceFile, pos: number): Position => {
    const { line, column } = file.getLineAndColumnAtPos(pos);
    return { file: relative(sources.root, file.getFilePath()), line, column };
  };
  return { sources, report, locate, objects: new Map(), instances: new Map(), pending: [], comments: new Map() };
}

/** The comment above a declaration; each is read, and its mistakes told, once. */
export function commentOf(reader: Reader, node: Node): Comment {
  const known = reader.comments.get(node);
  if (known !== undefined) return known;
  const file = node.getSourceFile();
  const comment = readComment(file, docCommentAt(file.getFullText(), node.getPos()), reader.locate, reader.report);
  reader.comments.set(node, comment);
  return comment;
}

/** Where a node begins. */
export function startOf(reader: Reader, node: Node): Position {
  return reader.locate(node.getSourceFile(), node.getStart());
}

/** The site of a field within that of its object; `site` where its declaration is not the author's. */
export function fieldSite(reader: Reader, site: Site, name: string, text: string, signature: Node | undefined): Site {
  const inside = { ...site, name: site.name + pascalCase(name), text };
  if (signature === undefined || !isApi(reader, signature)) return inside;
  const order = [signature.getSourceFile().getFilePath(), signature.getStart()] as const;
  return { ...inside, at: startOf(reader, signature), order };
}

/** Whether it is declared in `apiserver-ts/meta/v1`. */
export function isMeta(reader: Reader, node: Node): boolean {
  return node.getSourceFile().getFilePath() === reader.sources.metaFile;
}

/** Whether it is declared below `apis/`. */
export function isApi(reader: Reader, node: Node): boolean {
  return node.getSourceFile().getFilePath().startsWith(`${reader.sources.root}/apis/`);
}

/** What generated code imports a declaration from. */
export function moduleOf(reader: Reader, node: Node): string {
  if (isMeta(reader, node)) return "apiserver-ts/meta/v1";
  return relative(`${reader.sources.root}/apis`, node.getSourceFile().getFilePath());
}

/** The package's own types are nobody's to mend, and lie elsewhere in each installation. */
const metaPlace: Position = { file: "apiserver-ts/meta/v1", line: 1, column: 1 };

/** The site of an exported declaration. */
export function siteOf(reader: Reader, node: InterfaceDeclaration | TypeAliasDeclaration): Site {
  const name = node.getName();
  return {
    name,
    module: moduleOf(reader, node),
    symbol: name,
    text: name,
    at: isMeta(reader, node) ? metaPlace : reader.locate(node.getSourceFile(), node.getNameNode().getStart()),
    order: [node.getSourceFile().getFilePath(), node.getStart()],
  };
}

/** The compiler's own type, which is the same object for the same type. */
export function identity(type: Type): ts.Type {
  return type.compilerType;
}

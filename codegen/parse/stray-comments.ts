import { Node, ts, type SourceFile } from "ts-morph";
import type { Report } from "../diagnostic.ts";
import { docCommentAt, lastDocCommentBetween, type CommentRange, type Locate } from "./comment.ts";

/** Tells of comments that hold tags but belong to no declaration, so that no constraint vanishes unseen. */
export function findStrayComments(file: SourceFile, locate: Locate, report: Report): void {
  const text = file.getFullText();
  const taken = new Set(takenComments(file).map((range) => range?.pos));
  for (const { pos, end } of allComments(text)) {
    const tag = /^(?:[\s/]|\*(?!\/))*(\+(?:k8s:|kubebuilder:|default=|optional$|required$|listType=)\S*)/m.exec(
      text.slice(pos, end),
    );
    if (tag === null || taken.has(pos)) continue;
    const at = pos + (tag.index + tag[0].length - (tag[1]?.length ?? 0));
    report("strayComment", locate(file, at), strayMessage(text, pos, end, tag[1] ?? ""));
  }
}

function strayMessage(text: string, pos: number, end: number, tag: string): string {
  const sameLine = /[{;,(|][^\S\n]*$/.test(text.slice(0, pos)) && /^[^\S\n]*\S/.test(text.slice(end));
  if (sameLine) return `TypeScript drops the comment with ${tag}: give it a line of its own above the declaration`;
  const block = text.startsWith("/**", pos);
  if (!block) return `${tag} is in a comment that documents nothing: write it between /** and */ above the declaration`;
  return `the comment with ${tag} documents nothing that takes tags: put it right above a kind, type or field`;
}

/** Every comment of a file. */
function allComments(text: string): CommentRange[] {
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, false, ts.LanguageVariant.Standard, text);
  const found: CommentRange[] = [];
  for (let token = scanner.scan(); token !== ts.SyntaxKind.EndOfFileToken; token = scanner.scan()) {
    if (token !== ts.SyntaxKind.MultiLineCommentTrivia && token !== ts.SyntaxKind.SingleLineCommentTrivia) continue;
    found.push({ pos: scanner.getTokenStart(), end: scanner.getTokenEnd() });
  }
  return found;
}

function takenComments(file: SourceFile): (CommentRange | undefined)[] {
  const text = file.getFullText();
  const taken = [docCommentAt(text, file.getStatementsWithComments()[0]?.getPos() ?? 0)];
  if (!file.getBaseName().endsWith("_types.ts") && file.getBaseName() === "doc.ts") return taken;
  const found: (CommentRange | undefined)[] = [];
  file.forEachDescendant((node) => {
    if (Node.isInterfaceDeclaration(node) || Node.isTypeAliasDeclaration(node) || Node.isPropertySignature(node)) {
      found.push(docCommentAt(text, node.getPos()));
    } else if (Node.isUnionTypeNode(node)) {
      let before = node.getPos();
      for (const member of node.getTypeNodes()) {
        found.push(lastDocCommentBetween(text, before, member.getStart()));
        before = member.getEnd();
      }
    }
  });
  return found;
}

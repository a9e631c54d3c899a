import { ts, type SourceFile } from "ts-morph";
import type { Report } from "../diagnostic.ts";
import type { Position } from "../model/model.ts";
import { readTag, type Tag } from "./tag.ts";

/** What the comment above a declaration says. */
export interface Comment {
  /** For people: without tags, paragraphs on one line each. */
  readonly doc: string;
  readonly tags: readonly Tag[];
}

/** A block comment in a file; `end` is behind its last character. */
export interface CommentRange {
  readonly pos: number;
  readonly end: number;
}

/** Where a character of a file is. */
export type Locate = (file: SourceFile, pos: number) => Position;

/** The `/** … *\/` that TypeScript takes for the documentation of what starts at `fullStart`. */
export function docCommentAt(text: string, fullStart: number): CommentRange | undefined {
  return ts.getLeadingCommentRanges(text, fullStart)?.findLast(({ pos }) => isDocComment(text, pos));
}

/** The last `/** … *\/` within a stretch of a file that holds only punctuation and comments. */
export function lastDocCommentBetween(text: string, pos: number, end: number): CommentRange | undefined {
  const match = [...text.slice(pos, end).matchAll(/\/\*\*[^]*?\*\//g)].at(-1);
  return match === undefined ? undefined : { pos: pos + match.index, end: pos + match.index + match[0].length };
}

function isDocComment(text: string, pos: number): boolean {
  return text.startsWith("/**", pos) && !text.startsWith("/**/", pos);
}

/** Reads a comment by its raw text: the JSDoc parser would lose tags after an `@word`, and stumble over braces. */
export function readComment(
  file: SourceFile,
  range: CommentRange | undefined,
  locate: Locate,
  report: Report,
): Comment {
  if (range === undefined) return { doc: "", tags: [] };
  const prose: string[] = [];
  const tags: Tag[] = [];
  for (const { text, pos } of commentLines(file.getFullText(), range)) {
    if (!/^\+[A-Za-z_]/.test(text)) {
      prose.push(text);
      continue;
    }
    const tag = readTag(text.replaceAll("*\\/", "*/"), locate(file, pos), report);
    if (tag !== undefined) tags.push(tag);
  }
  return { doc: describe(prose), tags };
}

/** The lines between the comment's marks, without the leading asterisk, and where each begins. */
function commentLines(text: string, { pos, end }: CommentRange): { readonly text: string; readonly pos: number }[] {
  const body = text.slice(pos, end).replace(/\*\/$/, "");
  let at = pos;
  return body.split("\n").map((line, index) => {
    const lead = /^\s*(?:\/\*\*?|\*)?[ \t]?/.exec(line)?.[0] ?? "";
    const content = line.slice(lead.length);
    const isTag = /^\s*\+/.test(content);
    const indent = isTag || index === 0 ? (/^\s*/.exec(content)?.[0].length ?? 0) : 0;
    const result = { text: content.slice(indent).trimEnd(), pos: at + lead.length + indent };
    at += line.length + 1;
    return result;
  });
}

/** kube-openapi's rule: paragraphs are joined, indented lines stay apart, what follows `---` is for developers. */
function describe(lines: readonly string[]): string {
  const paragraphs: string[] = [];
  let inJsDocTag = false;
  let open = false;
  for (const line of lines) {
    if (line.trim() === "---") break;
    if (line.trim() === "") inJsDocTag = open = false;
    else if (/^\s*@\w/.test(line)) inJsDocTag = true;
    if (line.trim() === "" || inJsDocTag || line.startsWith("TODO")) continue;
    const indented = /^\s/.test(line);
    if (indented) paragraphs.push(paragraphs.length > 0 && open ? `${paragraphs.pop()}\n${line}` : line);
    else if (open) paragraphs.push(`${paragraphs.pop()} ${line.trim()}`);
    else paragraphs.push(line.trim());
    open = true;
  }
  return paragraphs.join("\n\n").trim();
}

import { Node, type Type } from "ts-morph";
import { lastDocCommentBetween, readComment, type Comment } from "./comment.ts";
import { emptyEnv, isNothing, unwrap, type Unwrapped } from "./declared.ts";
import type { DraftEnumValue, Shape } from "./draft.ts";
import type { Reader } from "./reader.ts";

/** Reads a union of string literals, in the order of its declaration, with the comment before each member. */
export function readEnum(reader: Reader, found: Unwrapped): Shape {
  const values = new Map<string, DraftEnumValue>();
  collect(reader, found, { doc: "", tags: [] }, values);
  return { kind: "string", enum: [...values.values()] };
}

function collect(reader: Reader, found: Unwrapped, comment: Comment, values: Map<string, DraftEnumValue>): void {
  if (!Node.isUnionTypeNode(found.node)) {
    for (const type of literalsOf(found.type)) {
      if (!values.has(type)) values.set(type, { value: type, ...comment });
    }
    return;
  }
  for (const { node, comment: own } of unionMembers(reader, found.node)) {
    const member = unwrap({ type: node.getType(), node, env: emptyEnv }, () => false);
    collect(reader, member, own, values);
  }
}

function literalsOf(type: Type): string[] {
  const types = type.isUnion() ? type.getUnionTypes() : [type];
  return types.filter((each) => each.isStringLiteral()).map((each) => String(each.getLiteralValue()));
}

/** The members of a union other than null and undefined, each with the comment before it. */
export function unionMembers(reader: Reader, union: Node) {
  if (!Node.isUnionTypeNode(union)) return [];
  const file = union.getSourceFile();
  let before = union.getPos();
  return union
    .getTypeNodes()
    .map((node) => {
      const range = lastDocCommentBetween(file.getFullText(), before, node.getStart());
      before = node.getEnd();
      return { node, comment: readMemberComment(reader, node, range) };
    })
    .filter(({ node }) => !isNothing(node));
}

function readMemberComment(reader: Reader, node: Node, range: ReturnType<typeof lastDocCommentBetween>): Comment {
  const known = reader.comments.get(node);
  if (known !== undefined) return known;
  const comment = readComment(node.getSourceFile(), range, reader.locate, reader.report);
  reader.comments.set(node, comment);
  return comment;
}

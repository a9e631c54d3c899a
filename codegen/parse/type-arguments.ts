import { Node, ts, type Type, type TypeNode } from "ts-morph";
import type { Declared, Env, Unwrapped } from "./declared.ts";

/** The items of a list type. */
export function elementOf({ type, node, env }: Unwrapped): Declared | undefined {
  const element = type.getArrayElementType();
  if (element === undefined) return undefined;
  if (Node.isArrayTypeNode(node)) return { type: element, node: node.getElementTypeNode(), env };
  return { type: element, node: argument(node, 0), env };
}

/** What a map type says of its keys and values. */
export interface IndexedBy {
  /** The key's type as text, where keys are not strings. */
  readonly wrongKey?: string;
  readonly keyNode: TypeNode | undefined;
  readonly keyType: Type | undefined;
  readonly value: Declared;
}

/** Undefined where the type is no map. */
export function indexOf({ type, node, env }: Unwrapped, program: ts.Program): IndexedBy | undefined {
  const checker = program.getTypeChecker();
  const info = checker.getIndexInfosOfType(type.compilerType)[0];
  if (info === undefined) return undefined;
  const { keyNode, valueNode } = indexNodes(node);
  const value = type.getStringIndexType() ?? type.getNumberIndexType() ?? valueNode?.getType();
  if (value === undefined) return undefined;
  return {
    ...(!isTextKey(info.keyType) && { wrongKey: checker.typeToString(info.keyType) }),
    keyNode,
    keyType: keyNode?.getType(),
    value: declaredValue(value, valueNode, env),
  };
}

function declaredValue(type: Type, node: TypeNode | undefined, env: Env): Declared {
  return { type, node, env };
}

/** `Partial<Record<…>>` is looked through; other computed maps have no syntax for their parts. */
function indexNodes(node: TypeNode | undefined): { keyNode?: TypeNode | undefined; valueNode?: TypeNode | undefined } {
  if (Node.isTypeLiteral(node)) {
    const signature = node.getIndexSignatures()[0];
    return { keyNode: signature?.getKeyTypeNode(), valueNode: signature?.getReturnTypeNode() };
  }
  if (!Node.isTypeReference(node)) return {};
  switch (node.getTypeName().getText()) {
    case "Record":
      return { keyNode: argument(node, 0), valueNode: argument(node, 1) };
    case "Partial":
    case "Required":
      return indexNodes(argument(node, 0));
    default:
      return {};
  }
}

function isTextKey(type: ts.Type): boolean {
  return type.isIntersection() ? type.types.some(isTextKey) : (type.flags & ts.TypeFlags.String) !== 0;
}

function argument(node: TypeNode | undefined, index: number): TypeNode | undefined {
  return Node.isTypeReference(node) ? node.getTypeArguments()[index] : undefined;
}

import { Node, type PropertySignature, type Symbol, type TypeNode } from "ts-morph";
import { bind, isLibrary, type Declared, type Env } from "./declared.ts";

/** How a field was declared: the syntax of its type, and what the type parameters in it stand for. */
export interface Member {
  readonly signature?: PropertySignature | undefined;
  readonly node: TypeNode | undefined;
  readonly env: Env;
}

/** The declared fields of an object type in order, inherited ones first; computed fields are not among them. */
export function declaredMembers({ type, node, env }: Declared): Map<string, Member> {
  const members = new Map<string, Member>();
  const declaration = type.getSymbol()?.getDeclarations()[0];
  if (node !== undefined) addOfNode(node, env, members);
  else if (Node.isInterfaceDeclaration(declaration) || Node.isTypeLiteral(declaration))
    addOfNode(declaration, env, members);
  return members;
}

function addOfNode(node: Node, env: Env, members: Map<string, Member>): void {
  if (Node.isParenthesizedTypeNode(node)) addOfNode(node.getTypeNode(), env, members);
  else if (Node.isIntersectionTypeNode(node)) for (const part of node.getTypeNodes()) addOfNode(part, env, members);
  else if (Node.isTypeLiteral(node)) addProperties(node.getProperties(), env, members);
  else if (Node.isInterfaceDeclaration(node)) {
    for (const base of node.getExtends()) {
      addOfReference(base.getExpression().getSymbol(), base.getTypeArguments(), env, members);
    }
    addProperties(node.getProperties(), env, members);
  } else if (Node.isTypeReference(node)) {
    addOfReference(node.getTypeName().getSymbol(), node.getTypeArguments(), env, members);
  }
}

function addProperties(properties: readonly PropertySignature[], env: Env, members: Map<string, Member>): void {
  for (const signature of properties) {
    members.set(signature.getSymbolOrThrow().getName(), { signature, node: signature.getTypeNode(), env });
  }
}

function addOfReference(
  symbol: Symbol | undefined,
  args: readonly TypeNode[],
  env: Env,
  members: Map<string, Member>,
): void {
  const target = symbol?.getAliasedSymbol() ?? symbol;
  for (const declaration of target?.getDeclarations() ?? []) {
    if (Node.isTypeParameterDeclaration(declaration) && target !== undefined) {
      const bound = env.get(target);
      if (bound?.node !== undefined) addOfNode(bound.node, bound.env, members);
    } else if (Node.isTypeAliasDeclaration(declaration)) {
      if (isLibrary(declaration)) addOfLibraryType(declaration.getName(), args, env, members);
      else addOfNode(declaration.getTypeNodeOrThrow(), bind(declaration.getTypeParameters(), args, env), members);
    } else if (Node.isInterfaceDeclaration(declaration)) {
      addOfNode(declaration, bind(declaration.getTypeParameters(), args, env), members);
    }
  }
}

/** The library's types that keep the fields of their first argument. Which remain, and whether optional, the checker knows. */
function addOfLibraryType(name: string, args: readonly TypeNode[], env: Env, members: Map<string, Member>): void {
  const [first, second] = args;
  if (first === undefined) return;
  if (["Partial", "Required", "Readonly", "Pick", "Omit", "NonNullable"].includes(name)) addOfNode(first, env, members);
  if (name !== "Record" || second === undefined) return;
  for (const key of first.getType().isUnion() ? first.getType().getUnionTypes() : [first.getType()]) {
    if (key.isStringLiteral()) members.set(String(key.getLiteralValue()), { node: second, env });
  }
}

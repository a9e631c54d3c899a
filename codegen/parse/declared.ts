import { Node, SyntaxKind, type Symbol, type Type, type TypeAliasDeclaration, type TypeNode } from "ts-morph";

/**
 * A type as the checker resolved it, together with the syntax that declared it. The type is always whole; the syntax
 * tells which aliases it went through, and is missing where a type was computed.
 */
export interface Declared {
  readonly type: Type;
  readonly node?: TypeNode | undefined;
  readonly env: Env;
}

/** What the type parameters stand for within a node. */
export type Env = ReadonlyMap<Symbol, Pick<Declared, "node" | "env">>;

/** No type parameters. */
export const emptyEnv: Env = new Map();

/** A declared type behind all its aliases. */
export interface Unwrapped extends Declared {
  /** The aliases passed, outermost first. */
  readonly aliases: readonly TypeAliasDeclaration[];
}

/** Follows aliases, parentheses, type parameters and indexed accesses until there is a type of its own. */
export function unwrap(declared: Declared, stopAt: (alias: TypeAliasDeclaration) => boolean): Unwrapped {
  const aliases: TypeAliasDeclaration[] = [];
  // Without null and undefined, unknown would be {}.
  const type = declared.type.isUnknown() ? declared.type : declared.type.getNonNullableType();
  let current: Declared = { ...declared, type };
  for (let steps = 0; steps < 100; steps++) {
    const last = aliases.at(-1);
    if (last !== undefined && stopAt(last)) break;
    const next =
      current.node === undefined ? throughAliasOfType(current, aliases) : through(current, current.node, aliases);
    if (next === undefined) break;
    current = { ...current, ...next };
  }
  return { ...current, aliases };
}

type Step = Pick<Declared, "node" | "env"> & { readonly type?: Type };

function through({ type, env }: Declared, node: TypeNode, aliases: TypeAliasDeclaration[]): Step | undefined {
  if (Node.isParenthesizedTypeNode(node)) return { node: node.getTypeNode(), env };
  if (Node.isTypeOperatorTypeNode(node)) {
    return node.getOperator() === SyntaxKind.ReadonlyKeyword ? { node: node.getTypeNode(), env } : undefined;
  }
  if (Node.isUnionTypeNode(node)) {
    const present = node.getTypeNodes().filter((member) => !isNothing(member));
    return present.length === 1 ? { node: present[0], env } : undefined;
  }
  if (Node.isIndexedAccessTypeNode(node)) return throughIndexedAccess(node);
  if (Node.isTypeReference(node)) return throughReference(type, node, env, aliases);
  return undefined;
}

function throughReference(type: Type, node: TypeNode, env: Env, aliases: TypeAliasDeclaration[]): Step | undefined {
  if (!Node.isTypeReference(node)) return undefined;
  const symbol = node.getTypeName().getSymbol();
  const target = symbol?.getAliasedSymbol() ?? symbol;
  const declaration = target?.getDeclarations()[0];
  if (target !== undefined && Node.isTypeParameterDeclaration(declaration)) {
    return env.get(target) ?? { node: undefined, env: emptyEnv };
  }
  if (!Node.isTypeAliasDeclaration(declaration)) return undefined;
  if (isLibrary(declaration)) {
    const transparent = ["Readonly", "NonNullable"].includes(declaration.getName());
    const bare = type.getAliasSymbol() === target ? type.getAliasTypeArguments()[0] : undefined;
    return transparent ? { node: node.getTypeArguments()[0], env, ...(bare && { type: bare }) } : undefined;
  }
  aliases.push(declaration);
  return { node: declaration.getTypeNode(), env: bind(declaration.getTypeParameters(), node.getTypeArguments(), env) };
}

/** Binds type parameters to arguments, both in order. */
export function bind(
  parameters: readonly Node[],
  args: readonly TypeNode[],
  env: Env,
): Map<Symbol, Pick<Declared, "node" | "env">> {
  const bound = new Map<Symbol, Pick<Declared, "node" | "env">>();
  for (const [index, parameter] of parameters.entries()) {
    const symbol = parameter.getSymbol();
    const given = args[index];
    const preset = Node.isTypeParameterDeclaration(parameter) ? parameter.getDefault() : undefined;
    if (symbol !== undefined)
      bound.set(symbol, given === undefined ? { node: preset, env: bound } : { node: given, env });
  }
  return bound;
}

function throughAliasOfType({ type }: Declared, aliases: TypeAliasDeclaration[]): Step | undefined {
  const declaration = type.getAliasSymbol()?.getDeclarations()[0];
  if (!Node.isTypeAliasDeclaration(declaration) || isLibrary(declaration) || aliases.includes(declaration))
    return undefined;
  aliases.push(declaration);
  return { node: declaration.getTypeNode(), env: emptyEnv };
}

function throughIndexedAccess(node: TypeNode): Step | undefined {
  if (!Node.isIndexedAccessTypeNode(node)) return undefined;
  const index = node.getIndexTypeNode();
  const key = Node.isLiteralTypeNode(index) ? index.getLiteral().getText().slice(1, -1) : undefined;
  const property = key === undefined ? undefined : node.getObjectTypeNode().getType().getProperty(key);
  const declaration = property?.getDeclarations()[0];
  return { node: Node.isPropertySignature(declaration) ? declaration.getTypeNode() : undefined, env: emptyEnv };
}

/** Whether a member of a union is `null` or `undefined`. */
export function isNothing(node: TypeNode): boolean {
  return node.getKind() === SyntaxKind.UndefinedKeyword || node.getText() === "null";
}

/** Whether something is declared by TypeScript's own library. */
export function isLibrary(declaration: Node): boolean {
  return /\/lib(\.[\w.]+)?\.d\.ts$/.test(declaration.getSourceFile().getFilePath());
}

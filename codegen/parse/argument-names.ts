import { Node, type Type, type TypeNode } from "ts-morph";
import type { Env, Unwrapped } from "./declared.ts";
import { pascalCase } from "./names.ts";

/** What the type arguments of an instance of a generic are called, and a key that is the same for the same arguments. */
export interface ArgumentNames {
  /** `Int32List` of `Box<Int32[]>`. */
  readonly name: string;
  /** Tells apart what the checker does not: `Box<Name>` and `Box<string>`, whose tags differ. */
  readonly key: string;
}

/** Names the arguments of what a declared type is an instance of. */
export function argumentNames({ type, node, env }: Unwrapped): ArgumentNames {
  const types = [...type.getTypeArguments(), ...type.getAliasTypeArguments()];
  const nodes = Node.isTypeReference(node)
    ? node.getTypeArguments().map((argument) => ({ node: argument, env }))
    : [...env.values()];
  const names = nodes.length === 0 ? types.map(nameOfType) : nodes.map((each, index) => nameOfNode(each, types[index]));
  return { name: names.map(({ name }) => name).join(""), key: names.map(({ key }) => key).join() };
}

interface Argument {
  readonly node?: TypeNode | undefined;
  readonly env: Env;
}

function nameOfNode({ node, env }: Argument, type: Type | undefined): ArgumentNames {
  if (node === undefined) return type === undefined ? { name: "", key: "" } : nameOfType(type);
  if (Node.isParenthesizedTypeNode(node)) return nameOfNode({ node: node.getTypeNode(), env }, type);
  if (Node.isArrayTypeNode(node)) return listOf(nameOfNode({ node: node.getElementTypeNode(), env }, undefined));
  if (!Node.isTypeReference(node)) {
    return type === undefined ? { name: pascalCase(node.getText()), key: node.getText() } : nameOfType(type);
  }
  const symbol = node.getTypeName().getSymbol();
  const target = symbol?.getAliasedSymbol() ?? symbol;
  const bound = target === undefined ? undefined : env.get(target);
  if (bound !== undefined) return nameOfNode(bound, type);
  const inner = node.getTypeArguments().map((argument) => nameOfNode({ node: argument, env }, undefined));
  const name = node.getTypeName().getText();
  const [first] = inner;
  if (first !== undefined && (name === "Array" || name === "ReadonlyArray")) return listOf(first);
  const file = target?.getDeclarations()[0]?.getSourceFile().getFilePath() ?? "";
  return {
    name: pascalCase(name) + inner.map((each) => each.name).join(""),
    key: `${file}#${name}<${inner.map(({ key }) => key).join()}>`,
  };
}

function listOf({ name, key }: ArgumentNames): ArgumentNames {
  return { name: `${name}List`, key: `${key}[]` };
}

function nameOfType(type: Type): ArgumentNames {
  const element = type.getArrayElementType();
  if (element !== undefined) return listOf(nameOfType(element));
  const symbol = type.getAliasSymbol() ?? type.getSymbol();
  const named = symbol !== undefined && !symbol.getName().startsWith("__");
  return { name: pascalCase(named ? symbol.getName() : type.getText()), key: type.getText() };
}

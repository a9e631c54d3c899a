import { Node, type InterfaceDeclaration, type SourceFile } from "ts-morph";
import { isMeta, siteOf, type Reader } from "./reader.ts";

/** The kinds of a file: exported interfaces with the type and object metadata of a Kubernetes object. */
export function findKinds(reader: Reader, file: SourceFile): InterfaceDeclaration[] {
  const kinds = file.getInterfaces().filter((each) => isKubeObject(reader, each));
  for (const kind of kinds.filter((each) => !each.isExported())) {
    reader.report("notExported", siteOf(reader, kind).at, `${kind.getName()} is a kind: export it`);
  }
  return kinds.filter((each) => each.isExported());
}

function isKubeObject(reader: Reader, node: InterfaceDeclaration): boolean {
  const bases = allBases(node);
  const extendsMeta = (name: string): boolean => bases.some((base) => base.getName() === name && isMeta(reader, base));
  if (extendsMeta("KubeObject")) return true;
  return extendsMeta("TypeMeta") && metadataType(node) === "ObjectMeta";
}

function allBases(node: InterfaceDeclaration): InterfaceDeclaration[] {
  const direct = node.getBaseDeclarations().filter((base) => Node.isInterfaceDeclaration(base));
  return direct.flatMap((base) => [base, ...allBases(base)]);
}

function metadataType(node: InterfaceDeclaration): string | undefined {
  return node.getType().getProperty("metadata")?.getTypeAtLocation(node).getNonNullableType().getSymbol()?.getName();
}

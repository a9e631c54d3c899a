import { Node } from "ts-morph";
import type { Shape } from "./draft.ts";
import { isMeta, type Reader } from "./reader.ts";

/** The types of `apiserver-ts/meta/v1` that say more than their TypeScript form. */
const brands: { readonly [name: string]: Shape } = {
  Int32: { kind: "integer", format: "int32" },
  Int64: { kind: "integer", format: "int64" },
  Float32: { kind: "number", format: "float" },
  Float64: { kind: "number", format: "double" },
  Quantity: { kind: "string", format: "quantity" },
  Time: { kind: "string", format: "date-time" },
  MicroTime: { kind: "string", format: "micro-time" },
  Duration: { kind: "string", format: "duration" },
  Base64Bytes: { kind: "string", format: "byte" },
  IntOrString: { kind: "wellKnown", name: "IntOrString" },
  Json: { kind: "wellKnown", name: "Json" },
  RawExtension: { kind: "wellKnown", name: "RawExtension" },
  ObjectMeta: { kind: "wellKnown", name: "ObjectMeta" },
};

/** The shape that a declaration of the meta package stands for, if it is one of these. */
export function brandOf(reader: Reader, declaration: Node | undefined): Shape | undefined {
  if (!Node.isTypeAliasDeclaration(declaration) && !Node.isInterfaceDeclaration(declaration)) return undefined;
  return isMeta(reader, declaration) ? brands[declaration.getName()] : undefined;
}

import { Node, type Type } from "ts-morph";
import type { DiagnosticName } from "../diagnostic-codes.ts";
import type { Position } from "../model/model.ts";
import { brandOf } from "./brands.ts";
import { isLibrary, unwrap, type Declared, type Unwrapped } from "./declared.ts";
import type { DraftType, Shape } from "./draft.ts";
import { objectOf } from "./object-type.ts";
import { readEnum } from "./read-enum.ts";
import { commentOf, isApi, isMeta, startOf, type Reader, type Site } from "./reader.ts";
import { elementOf, indexOf, type IndexedBy } from "./type-arguments.ts";

/** Reads the type of a field, an item or a value. Undefined where it is one that an API cannot have, which is told. */
export function readType(reader: Reader, declared: Declared, site: Site): DraftType | undefined {
  const found = unwrap(declared, (alias) => brandOf(reader, alias) !== undefined);
  const last = found.aliases.at(-1);
  const brand = brandOf(reader, last) ?? brandOf(reader, found.type.getSymbol()?.getDeclarations()[0]);
  const shape = brand ?? readShape(reader, found, site);
  if (shape === undefined) return undefined;
  // The tags of the alias that an object is named after are the object's own.
  const isName = shape.kind === "object" && last !== undefined && shape.object.comment === commentOf(reader, last);
  const named = isName ? found.aliases.slice(0, -1) : found.aliases;
  const tags = named.flatMap((alias) => commentOf(reader, alias).tags);
  const alias = named[0]?.getName();
  return { shape, tags, ...(alias !== undefined && { alias }) };
}

function readShape(reader: Reader, found: Unwrapped, site: Site): Shape | undefined {
  const { type } = found;
  const refuse = (name: DiagnosticName, message: string): undefined => {
    reader.report(name, placeOf(reader, found, site), message);
  };
  if (isUnresolved(type)) return undefined;
  if (type.isAny() || type.isUnknown()) {
    return refuse(
      "unsupportedType",
      `${type.getText()} has no schema: use Json for any value, RawExtension for any object`,
    );
  }
  if (type.isEnum() || type.isEnumLiteral()) {
    return refuse("enumKeyword", 'enum is not JSON: declare a union of literals, such as "A" | "B"');
  }
  if (type.isString()) return { kind: "string" };
  if (type.isBoolean()) return { kind: "boolean" };
  if (type.isNumber()) return refuse("plainNumber", "number has no width: say Int32, Int64, Float32 or Float64");
  if (type.isTuple()) return refuse("tuple", "a tuple has no counterpart in Kubernetes: use a list or an object");
  if (type.isArray() || type.isReadonlyArray()) return readList(reader, found, site);
  if (type.isUnion()) return readUnionShape(reader, found, site, refuse);
  if (type.isStringLiteral()) return readEnum(reader, found);
  if (type.isIntersection() && !type.isObject()) return readIntersection(reader, found, site, refuse);
  if (type.isObject()) return readObjectShape(reader, found, site, refuse);
  return refuse("unsupportedType", unsupported(type, found.node?.getText() ?? type.getText()));
}

type Refuse = (name: DiagnosticName, message: string) => undefined;

/** TypeScript has already told of it. */
function isUnresolved(type: Type): boolean {
  const { intrinsicName } = type.compilerType as { intrinsicName?: string }; // Internal, and the only way to tell.
  return type.isAny() && intrinsicName === "error";
}

function placeOf(reader: Reader, { node }: Unwrapped, site: Site): Position {
  return node !== undefined && isApi(reader, node) ? startOf(reader, node) : site.at;
}

function unsupported(type: Type, text: string): string {
  if (type.isNumberLiteral()) return `${text} is a number literal: enums are of strings; say Int32 and +k8s:minimum`;
  if (type.isBooleanLiteral()) return `${text} is a boolean literal: say boolean`;
  if (type.isTemplateLiteral()) return `${text} is not checked: say string and +kubebuilder:validation:Pattern`;
  if (/^bigint$|^-?\d+n$/.test(text)) return "bigint is not JSON: say Int64";
  return `${text} is not JSON`;
}

function readList(reader: Reader, found: Unwrapped, site: Site): Shape | undefined {
  const element = elementOf(found);
  const inner: Site = { ...site, name: `${site.name}Item`, text: `${site.text}[number]` };
  const items = element === undefined ? undefined : readType(reader, element, inner);
  if (items === undefined) return undefined;
  const nested = items.shape.kind === "list" ? "list" : items.shape.kind === "map" ? "map" : undefined;
  if (nested === undefined) return { kind: "list", items };
  reader.report(
    "nesting",
    placeOf(reader, found, site),
    `Kubernetes has no list of ${nested}s: put the ${nested} into an object`,
  );
  return undefined;
}

function readUnionShape(reader: Reader, found: Unwrapped, site: Site, refuse: Refuse): Shape | undefined {
  const types = found.type.getUnionTypes();
  if (types.every((type) => type.isStringLiteral())) return readEnum(reader, found);
  if (types.every(isText)) return { kind: "string" };
  if (types.every((type) => type.isObject() || type.isIntersection()) && !types.some(isText)) {
    return { kind: "object", object: objectOf(reader, found, site) };
  }
  if (types.every((type) => type.isNumberLiteral()))
    return refuse("unsupportedType", unsupported(types[0] ?? found.type, found.type.getText()));
  const hint = types.every((each) => isText(each) || isNumeric(each)) ? "say IntOrString" : "a value has one type";
  return refuse("unsupportedUnion", `${found.type.getText(found.node)} is not one type in JSON: ${hint}`);
}

/** A string, or one with a brand of the author's. */
function isText(type: Type): boolean {
  return (
    type.isString() || type.isStringLiteral() || (type.isIntersection() && type.getIntersectionTypes().some(isText))
  );
}

function isNumeric(type: Type): boolean {
  return type.isNumber() || (type.isIntersection() && type.getIntersectionTypes().some(isNumeric));
}

function readIntersection(reader: Reader, found: Unwrapped, site: Site, refuse: Refuse): Shape | undefined {
  const parts = found.type.getIntersectionTypes();
  if (parts.some(isText)) return { kind: "string" };
  if (parts.some((part) => part.isNumber()))
    return refuse("plainNumber", "number has no width: say Int32, Int64, Float32 or Float64");
  if (parts.every((part) => part.isObject())) return { kind: "object", object: objectOf(reader, found, site) };
  return refuse("unsupportedType", `${found.type.getText(found.node)} is not JSON`);
}

function readObjectShape(reader: Reader, found: Unwrapped, site: Site, refuse: Refuse): Shape | undefined {
  const { type } = found;
  const declaration = type.getSymbol()?.getDeclarations()[0];
  if (type.getCallSignatures().length > 0 || type.getConstructSignatures().length > 0) {
    return refuse("unsupportedType", "a function is not JSON");
  }
  const index = indexOf(found, reader.sources.program);
  if (index !== undefined) return readMap(reader, found, index, site, refuse);
  if (declaration === undefined || isComputedObject(declaration))
    return { kind: "object", object: objectOf(reader, found, site) };
  if (Node.isClassDeclaration(declaration) || (!isApi(reader, declaration) && !isMeta(reader, declaration))) {
    const name = type.getSymbolOrThrow().getName();
    const hint =
      name === "Date" ? "say Time" : "declare an interface below apis/, or use a type of apiserver-ts/meta/v1";
    const foreign =
      Node.isInterfaceDeclaration(declaration) && !/\/lib\./.test(declaration.getSourceFile().getFilePath());
    return refuse(foreign ? "foreignType" : "unsupportedType", `${name} is not a type that an API can have: ${hint}`);
  }
  return { kind: "object", object: objectOf(reader, found, site) };
}

/** Mapped types are declared by the library's `Partial` and the like, but their fields by the author. */
function isComputedObject(declaration: Node): boolean {
  return Node.isMappedTypeNode(declaration) || Node.isTypeLiteral(declaration);
}

function readMap(
  reader: Reader,
  found: Unwrapped,
  { wrongKey, keyNode, keyType, value }: IndexedBy,
  site: Site,
  refuse: Refuse,
): Shape | undefined {
  if (wrongKey !== undefined) return refuse("mapKey", `a map's keys are strings, not ${wrongKey}`);
  if (found.type.getProperties().length > 0) {
    return refuse("unsupportedType", "an object has either fields or keys of any name: put the map into a field");
  }
  const values = readType(reader, value, { ...site, name: `${site.name}Value`, text: `${site.text}[string]` });
  if (values === undefined) return undefined;
  if (values.shape.kind === "map") {
    return refuse("nesting", "Kubernetes has no map of maps: put the inner map into an object");
  }
  const aliases = keyType === undefined ? [] : unwrap({ type: keyType, node: keyNode, env: found.env }, never).aliases;
  const keyTags = aliases.filter((alias) => !isLibrary(alias)).flatMap((alias) => commentOf(reader, alias).tags);
  return { kind: "map", keys: { shape: { kind: "string" }, tags: keyTags }, values };
}

function never(): boolean {
  return false;
}

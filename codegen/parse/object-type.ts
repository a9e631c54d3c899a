import { Node, type InterfaceDeclaration, type TypeAliasDeclaration } from "ts-morph";
import { argumentNames } from "./argument-names.ts";
import type { Unwrapped } from "./declared.ts";
import type { DraftObject } from "./draft.ts";
import { commentOf, identity, isApi, isMeta, moduleOf, siteOf, type Reader, type Site } from "./reader.ts";

/** Names an object type and puts it down to be read; further uses, and uses within itself, find the same. */
export function objectOf(reader: Reader, found: Unwrapped, site: Site): DraftObject {
  const { name, declaration, key } = nameOf(reader, found, site);
  const instances = reader.objects.get(identity(found.type)) ?? new Map<string, DraftObject>();
  const known = instances.get(key);
  if (known !== undefined) return known;
  const own = declaration === undefined || name !== declaration.getName() ? undefined : siteOf(reader, declaration);
  const at = declaration === undefined ? site : siteOf(reader, declaration);
  const { module, symbol, text } = own ?? site;
  const object: DraftObject = {
    name,
    source: { module, symbol, text },
    comment: declaration === undefined ? { doc: "", tags: [] } : commentOf(reader, declaration),
    fields: [],
    isMeta: declaration !== undefined && isMeta(reader, declaration),
    at: at.at,
    order: at.order,
  };
  reader.objects.set(identity(found.type), instances.set(key, object));
  const pending = { object, found, site: { ...site, ...own, name } };
  if (declaration === undefined || countInstance(reader, declaration)) reader.pending.push(pending);
  if (declaration !== undefined) checkExported(reader, declaration);
  return object;
}

/** More instances than this of one generic only come of a type that grows without end. */
const instancesMax = 100;

function countInstance(reader: Reader, declaration: NamedDeclaration): boolean {
  const count = (reader.instances.get(declaration) ?? 0) + 1;
  reader.instances.set(declaration, count);
  if (count !== instancesMax) return count < instancesMax;
  const name = declaration.getName();
  const message = `${name} has no end: a generic type may not hold one of itself with another argument`;
  reader.report("unsupportedType", siteOf(reader, declaration).at, message);
  return false;
}

type NamedDeclaration = InterfaceDeclaration | TypeAliasDeclaration;

interface ObjectName {
  readonly name: string;
  readonly declaration?: NamedDeclaration;
  /** Tells it from other objects of the same type. */
  readonly key: string;
}

/** An object is called after its interface, or the alias that holds it; an instance of a generic after its arguments too. */
function nameOf(reader: Reader, found: Unwrapped, site: Site): ObjectName {
  const { type, node, aliases } = found;
  const declared = type.getSymbol()?.getDeclarations()[0];
  const alias = aliases.at(-1);
  const isReference = node === undefined || Node.isTypeReference(node);
  const own = isReference && Node.isInterfaceDeclaration(declared) ? declared : alias;
  const args = argumentNames(found);
  if (own === undefined || !(isApi(reader, own) || isMeta(reader, own))) return { name: site.name, key: args.key };
  if (own.getTypeParameters().length === 0) return { name: own.getName(), declaration: own, key: "" };
  if (alias?.getTypeParameters().length === 0) {
    return { name: alias.getName(), declaration: alias, key: `${moduleOf(reader, alias)}#${alias.getName()}` };
  }
  return { name: own.getName() + args.name, declaration: own, key: args.key };
}

function checkExported(reader: Reader, declaration: NamedDeclaration): void {
  if (declaration.isExported() || !isApi(reader, declaration)) return;
  const name = declaration.getName();
  reader.report("notExported", siteOf(reader, declaration).at, `generated code needs ${name}: export it`);
}

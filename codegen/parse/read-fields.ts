import { Node, type Symbol } from "ts-morph";
import { emptyEnv, type Declared, type Unwrapped } from "./declared.ts";
import type { DraftField } from "./draft.ts";
import { declaredMembers, type Member } from "./members.ts";
import { readType } from "./read-type.ts";
import { commentOf, fieldSite, type Reader, type Site } from "./reader.ts";

/** Reads the fields of an object that is no union. */
export function readFields(reader: Reader, found: Unwrapped, site: Site): DraftField[] {
  const members = declaredMembers(found);
  const properties = new Map(found.type.getProperties().map((property) => [property.getName(), property]));
  const names = new Set([...members.keys(), ...properties.keys()]);
  return [...names].flatMap((name) => {
    const property = properties.get(name);
    const field = property === undefined ? undefined : readField(reader, property, members.get(name), site);
    return field === undefined ? [] : [field];
  });
}

function readField(reader: Reader, property: Symbol, member: Member | undefined, site: Site): DraftField | undefined {
  const name = property.getName();
  const signature = member?.signature ?? property.getDeclarations()[0];
  const inside = fieldSite(reader, site, name, `${site.text}[${JSON.stringify(name)}]`, signature);
  if (name === "__proto__") {
    reader.report("unsupportedType", inside.at, "__proto__ is no name for a field: JavaScript objects have it already");
    return undefined;
  }
  if (signature !== undefined && !Node.isPropertySignature(signature) && !Node.isTypeParameterDeclaration(signature)) {
    reader.report("unsupportedType", inside.at, `${name} is not JSON: an object has fields only`);
    return undefined;
  }
  const location = signature ?? reader.sources.files[0];
  if (location === undefined) return undefined;
  const type = property.getTypeAtLocation(location);
  const declared: Declared = { type, node: member?.node, env: member?.env ?? emptyEnv };
  return readFieldType(reader, declared, {
    name,
    comment: Node.isPropertySignature(signature) ? commentOf(reader, signature) : { doc: "", tags: [] },
    optional: property.isOptional(),
    site: inside,
  });
}

/** What is known of a field before its type is read. */
export interface FieldStart {
  readonly name: string;
  readonly comment: DraftField["comment"];
  readonly optional: boolean;
  readonly site: Site;
}

/** Reads a field's type. Undefined where it is one that an API cannot have, which is told. */
export function readFieldType(reader: Reader, declared: Declared, start: FieldStart): DraftField | undefined {
  const { name, comment, optional, site } = start;
  const nullable = declared.type.isUnion() && declared.type.getUnionTypes().some((part) => part.isNull());
  const missable = optional || nullable || declared.type.isNullable();
  const text = missable ? `NonNullable<${site.text}>` : site.text;
  const type = readType(reader, declared, { ...site, text });
  return type === undefined ? undefined : { name, comment, optional, nullable, type, at: site.at };
}

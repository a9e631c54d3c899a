import type { EnumValue, Position, StringFormat, TypeSource, WellKnown } from "../model/model.ts";
import type { Comment } from "./comment.ts";
import type { Tag } from "./tag.ts";

/** Types as they were read, with their tags not yet applied: tags need every type to be known first. */
export interface DraftObject {
  readonly name: string;
  readonly source: TypeSource;
  readonly comment: Comment;
  /** Filled once the object's turn comes, like `union`. */
  readonly fields: DraftField[];
  /** Set where the type is a union of objects. */
  union?: DraftUnion;
  readonly isMeta: boolean;
  readonly at: Position;
  /** Where it stands among the types of a group version: file, then position. */
  readonly order: readonly [file: string, pos: number];
}

/** A field, with the tags on it. */
export interface DraftField {
  readonly name: string;
  readonly comment: Comment;
  /** Declared with `?`, or not part of every variant of a union. */
  readonly optional: boolean;
  readonly nullable: boolean;
  readonly type: DraftType;
  readonly at: Position;
}

/** A type, with the tags on the aliases that it was declared through, outermost first. */
export interface DraftType {
  readonly shape: Shape;
  readonly tags: readonly Tag[];
  /** The alias, where it was declared through one: messages about list items call the list so. */
  readonly alias?: string;
}

/** What a value may be. */
export type Shape =
  | { readonly kind: "string"; readonly enum?: readonly DraftEnumValue[]; readonly format?: StringFormat }
  | { readonly kind: "integer"; readonly format: "int32" | "int64" }
  | { readonly kind: "number"; readonly format: "float" | "double" }
  | { readonly kind: "boolean" }
  | { readonly kind: "list"; readonly items: DraftType }
  | { readonly kind: "map"; readonly keys: DraftType; readonly values: DraftType }
  | { readonly kind: "object"; readonly object: DraftObject }
  | { readonly kind: "wellKnown"; readonly name: WellKnown };

/** One literal of a union, with the tags of its comment. */
export interface DraftEnumValue extends Omit<EnumValue, "excludedIf"> {
  readonly tags: readonly Tag[];
}

/** What a union of objects says about its fields beyond their types. */
export type DraftUnion =
  /** Nothing that the fields' types do not say. */
  | { readonly kind: "plain" }
  | { readonly kind: "exactlyOne" | "atMostOne"; readonly members: readonly string[] }
  | {
      readonly kind: "discriminated";
      readonly discriminator: string;
      readonly members: readonly { readonly field: string; readonly memberName: string }[];
    }
  | {
      readonly kind: "modes";
      readonly discriminator: string;
      readonly fields: readonly { readonly field: string; readonly cases: readonly DraftCase[] }[];
    };

/** How a field stands in one variant. */
export interface DraftCase {
  readonly mode: string;
  readonly optional: boolean;
}

/**
 * A view of a union of objects in which every variant's fields can be read and set before the variant is known.
 * Fields that not all variants have are optional.
 */
export type Loose<Union> = Pick<Union, keyof Union> & {
  -readonly [Key in Exclude<AnyKey<Union>, keyof Union>]?: FieldOf<Union, Key>;
};

type AnyKey<Union> = Union extends unknown ? keyof Union : never;
type FieldOf<Union, Key> = Union extends unknown ? (Key extends keyof Union ? Union[Key] : never) : never;

/** The same value, seen so. */
export function loosely<Union>(value: Union): Loose<Union> {
  // A view can do no harm that the variants' own fields could not.
  return value as Loose<Union>;
}

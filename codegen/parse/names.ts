/** `home-page` becomes HomePage. */
export function pascalCase(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join("");
}

/** gengo's plural: Cat is cats, Box is boxes, Pony is ponies, Wolf is wolves. */
export function pluralOf(kind: string): string {
  const name = kind.toLowerCase();
  if (/([sxz]|[cs]h)$/.test(name)) return `${name}es`;
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  if (/fe?$/.test(name)) return `${name.replace(/fe?$/, "")}ves`;
  return `${name}s`;
}

/** The names of the file of a kind's behaviour, such as `cat` or `black_cat`, without the suffix. */
export function fileStems(kind: string): readonly string[] {
  return [kind.toLowerCase(), kind.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toLowerCase()];
}

/** One step of a JSONPath: to a field, or to the items of a list. */
export type PathStep = { readonly kind: "name"; readonly name: string } | { readonly kind: "items" };

/**
 * The steps of a path such as `.status.conditions[?(@.type=="Ready")].status`; undefined where it is none.
 * https://kubernetes.io/docs/reference/kubectl/jsonpath
 */
export function readPath(path: string): PathStep[] | undefined {
  const steps: PathStep[] = [];
  let rest = path;
  while (rest !== "") {
    const name = /^\.((?:[^.[\]\\]|\\.)+)/.exec(rest) ?? /^\['([^']+)'\]/.exec(rest) ?? /^\["([^"]+)"\]/.exec(rest);
    const items = name === null ? /^\[(?:\*|-?\d+|[\d-]*:[\d-]*|\?\([^)]*\))\]/.exec(rest) : null;
    const step = name ?? items;
    if (step === null) return undefined;
    if (name === null) steps.push({ kind: "items" });
    else steps.push({ kind: "name", name: (name[1] ?? "").replaceAll(/\\(.)/g, "$1") });
    rest = rest.slice(step[0].length);
  }
  return steps.length === 0 ? undefined : steps;
}

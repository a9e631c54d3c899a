import { readPattern, type CharacterSet, type PatternNode } from "./pattern-syntax.ts";

/**
 * How the time to match grows with the text, in an engine that backtracks such as JavaScript's.
 * `unknown`: the pattern has parts that cannot be judged, or too many.
 */
export type PatternCost = "linear" | "polynomial" | "exponential" | "unknown";

/**
 * Judges a pattern by the ambiguity of its automaton: if a loop can be walked in two ways over the same text, the ways
 * multiply with each round; if two loops in a row accept the same text, the places of the seam do.
 * A. Weber, H. Seidl: On the degree of ambiguity of finite automata, 1991.
 */
export function patternCost(pattern: string): PatternCost {
  const node = pattern.length > 1000 ? undefined : readPattern(pattern);
  if (node === undefined) return "unknown";
  // A search from every place of the text is a loop before the pattern.
  const anchored = pattern.startsWith("^") && node.kind !== "choice";
  const automaton = automatonOf(anchored ? node : { kind: "sequence", parts: [anything, node] });
  if (automaton === undefined) return "unknown";
  const components = componentsOf(automaton.positions.length, (at) => [...(automaton.follow[at]?.keys() ?? [])]);
  if (hasAmbiguousLoop(automaton, components)) return "exponential";
  if (automaton.positions.length > positionsMax) return "polynomial";
  return hasLoopsInARow(automaton, components) ? "polynomial" : "linear";
}

/** Beyond, the search for loops in a row would take seconds, and they count as found. */
const positionsMax = 40;
/** Small counts are written out; larger ones count as endless, which can only make the verdict stricter. */
const unrolledMax = 8;
const anything: PatternNode = {
  kind: "repeat",
  of: { kind: "characters", set: [[0, 0x10ffff]] },
  min: 0,
  max: Infinity,
};

/** Glushkov's automaton: a position for each set of characters, and in how many ways (2 for more) one follows another. */
interface Automaton {
  readonly positions: CharacterSet[];
  readonly follow: Map<number, number>[];
}

/** How a part begins and ends, and in how many ways it is empty. */
interface Fragment {
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
  readonly empty: number;
}

function automatonOf(node: PatternNode): Automaton | undefined {
  const automaton: Automaton = { positions: [], follow: [] };
  build(node, automaton);
  return automaton.positions.length > 200 ? undefined : automaton;
}

const nothing: Fragment = { first: new Map(), last: new Map(), empty: 1 };

function build(node: PatternNode, automaton: Automaton): Fragment {
  if (automaton.positions.length > 200) return nothing;
  switch (node.kind) {
    case "characters": {
      const position = automaton.positions.push(node.set) - 1;
      automaton.follow.push(new Map());
      return { first: new Map([[position, 1]]), last: new Map([[position, 1]]), empty: 0 };
    }
    case "sequence":
      return node.parts.reduce((before, part) => chain(before, build(part, automaton), automaton), nothing);
    case "choice": {
      const parts = node.parts.map((part) => build(part, automaton));
      return parts.reduce((a, b) => ({
        first: sum(a.first, b.first, 1),
        last: sum(a.last, b.last, 1),
        empty: cap(a.empty + b.empty),
      }));
    }
    case "repeat":
      return buildRepeat(node, automaton);
  }
}

function buildRepeat({ of, min, max }: Extract<PatternNode, { kind: "repeat" }>, automaton: Automaton): Fragment {
  if (max > unrolledMax) {
    const inside = build(of, automaton);
    connect(inside.last, inside.first, automaton);
    return { ...inside, empty: min === 0 ? 1 : inside.empty };
  }
  let all = nothing;
  for (let round = 0; round < max; round++) {
    const inside = build(of, automaton);
    all = chain(all, round < min ? inside : { ...inside, empty: cap(inside.empty + 1) }, automaton);
  }
  return all;
}

function chain(a: Fragment, b: Fragment, automaton: Automaton): Fragment {
  connect(a.last, b.first, automaton);
  return { first: sum(a.first, b.first, a.empty), last: sum(b.last, a.last, b.empty), empty: cap(a.empty * b.empty) };
}

function connect(last: ReadonlyMap<number, number>, first: ReadonlyMap<number, number>, { follow }: Automaton): void {
  for (const [from, ends] of last) {
    const edges = follow[from];
    for (const [to, starts] of first) edges?.set(to, cap((edges.get(to) ?? 0) + ends * starts));
  }
}

function sum(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>, times: number): Map<number, number> {
  const result = new Map(a);
  if (times === 0) return result;
  for (const [key, count] of b) result.set(key, cap((result.get(key) ?? 0) + count * times));
  return result;
}

function cap(count: number): number {
  return Math.min(count, 2);
}

function hasAmbiguousLoop({ positions, follow }: Automaton, component: readonly number[]): boolean {
  const twofold = follow.some((edges, from) =>
    [...edges].some(([to, ways]) => ways > 1 && component[from] === component[to]),
  );
  if (twofold) return true;
  const size = positions.length;
  const pairs = componentsOf(size * size, (pair) => {
    const [a, b] = [Math.floor(pair / size), pair % size];
    return stepsOf(follow, a).flatMap((x) =>
      stepsOf(follow, b)
        .filter((y) => meet(positions, x, y))
        .map((y) => x * size + y),
    );
  });
  return positions.some((_, at) => {
    const own = pairs[at * size + at];
    return pairs.some((other, pair) => other === own && Math.floor(pair / size) !== pair % size);
  });
}

/** Whether some text leads from p to p, from p to q, and from q to q, for two different positions. */
function hasLoopsInARow({ positions, follow }: Automaton, component: readonly number[]): boolean {
  const size = positions.length;
  const inLoop = positions.map((_, at) => stepsOf(follow, at).some((to) => component[to] === component[at]));
  const code = (a: number, b: number, c: number): number => (a * size + b) * size + c;
  const successors = (triple: number): number[] => {
    const [a, b, c] = [Math.floor(triple / size / size), Math.floor(triple / size) % size, triple % size];
    const result = a !== c && b === c ? [code(a, a, c)] : [];
    for (const x of stepsOf(follow, a)) {
      if (component[x] !== component[a] || !inLoop[a]) continue;
      for (const z of stepsOf(follow, c)) {
        if (component[z] !== component[c] || !inLoop[c] || !meet(positions, x, z)) continue;
        for (const y of stepsOf(follow, b))
          if (meet(positions, x, y) && meet(positions, y, z)) result.push(code(x, y, z));
      }
    }
    return result;
  };
  const triples = componentsOf(size ** 3, successors);
  return positions.some((_, p) =>
    positions.some((__, q) => p !== q && triples[code(p, p, q)] === triples[code(p, q, q)]),
  );
}

function stepsOf(follow: Automaton["follow"], at: number): number[] {
  return [...(follow[at]?.keys() ?? [])];
}

function meet(positions: readonly CharacterSet[], a: number, b: number): boolean {
  return (positions[a] ?? []).some(([low, high]) =>
    (positions[b] ?? []).some(([from, to]) => low <= to && from <= high),
  );
}

/** Tarjan's strongly connected components, without recursion: for each node the number of its component. */
function componentsOf(size: number, successors: (node: number) => readonly number[]): number[] {
  const index = Array.from({ length: size }, () => -1);
  const low = Array.from({ length: size }, () => 0);
  const component = Array.from({ length: size }, () => -1);
  const open: number[] = [];
  let [nextIndex, nextComponent] = [0, 0];
  const enter = (node: number): { node: number; targets: readonly number[]; at: number } => {
    index[node] = low[node] = nextIndex++;
    open.push(node);
    return { node, targets: successors(node), at: 0 };
  };
  for (let root = 0; root < size; root++) {
    if (index[root] !== -1) continue;
    const path = [enter(root)];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = top.targets[top.at++];
      if (target === undefined) {
        path.pop();
        if (low[top.node] === index[top.node]) closeComponent(top.node, open, component, nextComponent++);
        const below = path.at(-1);
        if (below !== undefined) low[below.node] = Math.min(low[below.node] ?? 0, low[top.node] ?? 0);
      } else if (index[target] === -1) path.push(enter(target));
      else if (component[target] === -1) low[top.node] = Math.min(low[top.node] ?? 0, index[target] ?? 0);
    }
  }
  return component;
}

function closeComponent(node: number, open: number[], component: number[], number: number): void {
  for (let member = open.pop(); member !== undefined; member = open.pop()) {
    component[member] = number;
    if (member === node) return;
  }
}

/** One line of a metric. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** The end of its name, such as `_bucket`, where the metric has several kinds of line. */
  readonly suffix?: string;
}

/** A metric of one name and its lines, which are gathered when it is asked for. */
export interface Family {
  /** As Prometheus has it: that of a counter mostly ends with `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  samples(): Iterable<Sample>;
}

/** Something that is counted: whoever has it counts by changing it, which is all that counting costs. */
export interface Cell {
  value: number;
}

/** The names and values of labels; their order is that of the metric. */
export type Labels = readonly string[];

interface Description {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
}

/** Of one metric there are no more series than these: what else comes is counted together, under empty labels. */
const seriesMax = 10_000;

/** Values that are kept apart by labels. Looking one up costs a string; who counts often keeps what it has got. */
class Series<Value> {
  readonly #labels: Labels;
  readonly #make: () => Value;
  readonly #byKey = new Map<string, { readonly labels: Sample["labels"]; readonly value: Value }>();

  constructor(labels: Labels, make: () => Value) {
    this.#labels = labels;
    this.#make = make;
  }

  of(values: Labels): Value {
    const key = values.join("\0");
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.value;
    const isNew = this.#byKey.size < seriesMax || values.every((value) => value === "");
    if (!isNew) return this.of(values.map(() => ""));
    const labels = Object.fromEntries(this.#labels.map((name, index) => [name, values[index] ?? ""]));
    const made = this.#make();
    this.#byKey.set(key, { labels, value: made });
    return made;
  }

  all(): Iterable<{ readonly labels: Sample["labels"]; readonly value: Value }> {
    return this.#byKey.values();
  }
}

/** Numbers that only grow. */
export class Counter implements Family {
  readonly type = "counter";
  readonly name: string;
  readonly help: string;
  readonly #cells: Series<Cell>;

  constructor({ name, help, labels }: Description) {
    this.name = name;
    this.help = help;
    this.#cells = new Series(labels, () => ({ value: 0 }));
    if (labels.length === 0) this.#cells.of([]);
  }

  /** The number of these labels, the same each time. */
  of(...values: Labels): Cell {
    return this.#cells.of(values);
  }

  *samples(): Iterable<Sample> {
    for (const { labels, value } of this.#cells.all()) yield { labels, value: value.value };
  }
}

/** How often values were how large. */
export class Distribution {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #count = 0;
  #sum = 0;

  /** The upper bounds of its buckets, the smallest first. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
  }

  /** Takes in a value. */
  observe(value: number): void {
    this.#count++;
    this.#sum += value;
    const bounds = this.#bounds;
    for (let index = 0; index < bounds.length; index++) {
      if (value > (bounds[index] ?? 0)) continue;
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      return;
    }
  }

  *samples(labels: Sample["labels"]): Iterable<Sample> {
    let below = 0;
    for (const [index, bound] of this.#bounds.entries()) {
      below += this.#counts[index] ?? 0;
      yield { labels: { ...labels, le: goFloat(bound) }, value: below, suffix: "_bucket" };
    }
    yield { labels: { ...labels, le: "+Inf" }, value: this.#count, suffix: "_bucket" };
    yield { labels, value: this.#sum, suffix: "_sum" };
    yield { labels, value: this.#count, suffix: "_count" };
  }
}

/** A number as Go's clients write it in labels, so that what dashboards ask for by it is found. */
function goFloat(value: number): string {
  const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
  const size = Math.abs(Number(exponent));
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value);
  return `${mantissa}e${exponent.startsWith("-") ? "-" : "+"}${String(size).padStart(2, "0")}`;
}

/** Distributions that are kept apart by labels. */
export class Histogram implements Family {
  readonly type = "histogram";
  readonly name: string;
  readonly help: string;
  readonly #distributions: Series<Distribution>;

  constructor({ name, help, labels, bounds }: Description & { readonly bounds: readonly number[] }) {
    this.name = name;
    this.help = help;
    this.#distributions = new Series(labels, () => new Distribution(bounds));
    if (labels.length === 0) this.#distributions.of([]);
  }

  /** The distribution of these labels, the same each time. */
  of(...values: Labels): Distribution {
    return this.#distributions.of(values);
  }

  *samples(): Iterable<Sample> {
    for (const { labels, value } of this.#distributions.all()) yield* value.samples(labels);
  }
}

/** Numbers that are found out when they are asked for. */
export function gauge(name: string, help: string, samples: () => Iterable<Sample>): Family {
  return { name, help, type: "gauge", samples };
}

/** One number that is found out when it is asked for. */
export function numberGauge(name: string, help: string, value: () => number): Family {
  return gauge(name, help, () => [{ labels: {}, value: value() }]);
}

/** A counter whose number somebody else keeps. */
export function keptCounter(name: string, help: string, samples: () => Iterable<Sample>): Family {
  return { name, help, type: "counter", samples };
}

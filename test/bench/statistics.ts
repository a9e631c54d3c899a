/** The middle of some numbers; of an even count, the mean of the two in the middle. Throws where there are none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  const lower = sorted[sorted.length % 2 === 0 ? middle - 1 : middle];
  if (upper === undefined || lower === undefined) throw new Error("there is no median of nothing");
  return (lower + upper) / 2;
}

/** How far the numbers lie apart: half of the distance of smallest and largest, as a share of the median. */
export function spread(values: readonly number[]): number {
  const middle = median(values);
  return middle === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / 2 / middle;
}

/** The smallest of the sorted numbers that `share` (0 to 1) of them do not exceed; 0 where there are none. */
export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** How many times better one number is than another: above 1 it is better, whichever way better lies. */
export function timesBetter(ours: number, theirs: number, better: "more" | "less"): number {
  return better === "more" ? ours / theirs : theirs / ours;
}

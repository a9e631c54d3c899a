/** How a column's texts stand. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
}

/** Lines of equal columns, with a line under the titles; no spaces at the ends of lines. */
export function alignedTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, at) => Math.max(...[titles, ...rows].map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ align }, at) => {
        const cell = cells[at] ?? "";
        const gap = " ".repeat((widths[at] ?? 0) - cell.length);
        return align === "left" ? cell + gap : gap + cell;
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width));
  return [titles, rule, ...rows].map((cells) => `${line(cells)}\n`).join("");
}

/** A number with three significant digits, and k for thousands from 10,000 on. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return "-";
  if (Math.abs(value) >= 10_000) return `${threeDigits(value / 1000)}k`;
  return threeDigits(value);
}

function threeDigits(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(3, digits));
}

import { readFileSync } from "node:fs";

interface RecordedCase {
  readonly id: string;
  readonly request: { readonly path: string; readonly headers: Readonly<Record<string, string>> };
  readonly response: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string | string[]>>;
    readonly body?: object;
    readonly bodyText?: string;
  };
}

const recording: { readonly cases: readonly RecordedCase[] } = JSON.parse(
  readFileSync(new URL("../../exchanges/recording.json", import.meta.url), "utf8"),
);

/** The exchange of that id, as it was recorded from the Go server. */
export function recorded(id: string): RecordedCase {
  const found = recording.cases.find((exchange) => exchange.id === id);
  if (found === undefined) throw new Error(`no exchange ${id} was recorded`);
  return found;
}

/** A copy of the body that the Go server answered; whoever reads it says what shape it has. */
export function recordedBody(id: string) {
  return JSON.parse(JSON.stringify(recorded(id).response.body));
}

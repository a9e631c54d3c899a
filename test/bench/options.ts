import { Command, InvalidArgumentError } from "commander";
import { cases, type Case } from "./cases.ts";
import { contenderNames, type ContenderName } from "./contenders.ts";

/** What the person at the command line wants. */
export interface Options {
  readonly out: string | undefined;
  readonly cases: readonly Case[];
  readonly contenders: readonly ContenderName[];
  readonly rounds: number;
  /** How long a case is measured. */
  readonly ms: number;
  /** No case begins later than so many minutes after the start. */
  readonly minutesMax: number;
}

interface Flags {
  readonly out?: string;
  readonly only?: readonly string[];
  readonly servers?: readonly ContenderName[];
  readonly rounds?: number;
  readonly seconds?: number;
  readonly minutes: number;
  readonly quick?: boolean;
}

const examples = `
Cases:
${wrapped(cases.map(({ name }) => name))}

Examples:
  npm run bench                                        everything, three rounds, about 25 minutes
  npm run bench -- --quick                             one short round without 100,000 objects, about 4 minutes
  npm run bench -- --only get-h1 --only '*100k*'       these cases alone
  npm run bench -- --only create-64 --servers ts-lmdb  one case on one server
  npm run bench -- --out bench.json                    also writes machine, versions and all samples

A figure that is missed is told of, and the exit code stays 0; it is 1 where a request failed.
`;

/** Reads the command line; throws commander's errors. */
export function parseOptions(argv: readonly string[]): Options {
  const command = new Command("npm run bench --")
    .description("Measures this server against the Go sample-apiserver on the same etcd, and on LMDB beside.")
    .option("--out <file>", "also write the results as JSON")
    .option("--only <case>", "measure this case; may be repeated, and * stands for anything", gather)
    .option("--servers <names>", `which of ${contenderNames.join(", ")}`, parseContenders)
    .option("--rounds <n>", "how often each server has its turn (default: 3)", parsePositive)
    .option("--seconds <n>", "how long each case is measured (default: 2)", parsePositive)
    .option("--minutes <n>", "begin no case after so long", parsePositive, 25)
    .option("--quick", "one round of one second each, without the cases of 100,000 objects")
    .addHelpText("after", examples)
    .exitOverride()
    .parse(argv, { from: "user" });
  const flags = command.opts<Flags>();
  const quick = flags.quick === true;
  return {
    out: flags.out,
    cases: selectCases(flags.only, quick),
    contenders: flags.servers ?? contenderNames,
    rounds: flags.rounds ?? (quick ? 1 : 3),
    ms: (flags.seconds ?? (quick ? 1 : 2)) * 1000,
    minutesMax: flags.minutes,
  };
}

function selectCases(only: readonly string[] | undefined, quick: boolean): Case[] {
  if (only === undefined) return cases.filter(({ store }) => !(quick && store === "100k"));
  return cases.filter(({ name }) => only.some((pattern) => matches(name, pattern)));
}

function matches(name: string, pattern: string): boolean {
  const escaped = pattern.split("*").map((part) => part.replace(/[^\w-]/g, "\\$&"));
  return new RegExp(`^${escaped.join(".*")}$`).test(name);
}

function gather(pattern: string, before: readonly string[] | undefined): string[] {
  if (!cases.some(({ name }) => matches(name, pattern)))
    throw new InvalidArgumentError("There is no such case; --help lists them.");
  return [...(before ?? []), pattern];
}

function parseContenders(text: string): ContenderName[] {
  return text.split(",").map((name) => {
    const known = contenderNames.find((each) => each === name);
    if (known === undefined) throw new InvalidArgumentError(`Servers are ${contenderNames.join(", ")}.`);
    return known;
  });
}

function parsePositive(text: string): number {
  const number = Number(text);
  if (!Number.isFinite(number) || number <= 0) throw new InvalidArgumentError("A number above 0 is wanted.");
  return number;
}

function wrapped(names: readonly string[]): string {
  const lines = [""];
  for (const name of names) {
    const line = lines.at(-1) ?? "";
    if (line.length + name.length > 100) lines.push(`  ${name}`);
    else lines[lines.length - 1] = line === "" ? `  ${name}` : `${line}  ${name}`;
  }
  return lines.join("\n");
}

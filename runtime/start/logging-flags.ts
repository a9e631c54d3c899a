import type { Writable } from "node:stream";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { AppOptions } from "../http/app.ts";
import type { HealthCheck } from "../http/health.ts";
import { textLine } from "./log-text.ts";

const levels = ["fatal", "error", "warn", "info", "debug", "trace"] as const;
type LogLevel = (typeof levels)[number];

/** What is logged, and how, as the command line says; the names are kube-apiserver's. */
export interface LoggingFlags {
  /** How much, by the number that Kubernetes has for it. */
  readonly v: number;
  /** The same by name, which comes first where it is set. */
  readonly logLevel: LogLevel | undefined;
  readonly loggingFormat: "text" | "json";
}

/** Adds the flags of logging to a command. */
export function addLoggingFlags(command: Command): Command {
  return command
    .addOption(
      new Option("-v, --v <number>", "log more: from 3 on each request, from 6 on all there is")
        .default(0)
        .argParser(parseV),
    )
    .addOption(new Option("--log-level <level>", "log what is at least so grave, instead of --v").choices(levels))
    .addOption(
      new Option("--logging-format <format>", "the form of log lines").choices(["text", "json"]).default("text"),
    );
}

/** Where a server logs, and whether that can still be done. */
export interface Logging {
  readonly logger: NonNullable<AppOptions["logger"]>;
  readonly check: HealthCheck;
}

/** Logs to a stream as flags say. Credentials and bodies are never logged, and of errors no more than where they are from. */
export function loggingTo(stream: Writable, flags: LoggingFlags): Logging {
  const { loggingFormat } = flags;
  const write = (line: string): void => {
    if (stream.writable) stream.write(loggingFormat === "json" ? line : textLine(line));
  };
  return {
    logger: {
      level: levelOf(flags),
      stream: { write },
      base: null,
      timestamp: () => `,"ts":"${new Date().toISOString()}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: errorFields },
    },
    check: {
      name: "log",
      check: () => {
        if (!stream.writable) throw new Error("log lines cannot be written");
      },
    },
  };
}

function levelOf({ v, logLevel }: LoggingFlags): LogLevel {
  if (logLevel !== undefined) return logLevel;
  if (v >= 6) return "trace";
  return v >= 3 ? "debug" : "info";
}

const causesMax = 5;

// Errors may carry whatever they are about, such as the object that was refused.
function errorFields(error: unknown): { type: string; message: string; stack: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: "" };
  const stacks: string[] = [];
  for (let each: unknown = error; each instanceof Error && stacks.length < causesMax; each = each.cause) {
    stacks.push(each.stack ?? each.message);
  }
  return { type: error.name, message: error.message, stack: stacks.join("\ncaused by: ") };
}

function parseV(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError("It takes a number from 0 to 99.");
  return Number(text);
}

import { readFile } from "node:fs/promises";
import { InvalidArgumentError, Option, type Command } from "commander";
import { Audit } from "../audit/audit.ts";
import type { LineDestination } from "../audit/audit-log.ts";
import { linesTo, openLineFile } from "../audit/line-file.ts";
import type { AuditPolicy } from "../audit/policy.ts";
import { AuditPolicyError, readAuditPolicy } from "../audit/policy-file.ts";
import { StartError } from "./start-error.ts";

/** What is written down of requests, and where, as the command line says; the names are kube-apiserver's. */
export interface AuditFlags {
  readonly auditPolicyFile: string | undefined;
  /** `-` for standard output. */
  readonly auditLogPath: string | undefined;
  /** In days; 0 keeps old files for ever. */
  readonly auditLogMaxage: number;
  /** 0 keeps any number of old files. */
  readonly auditLogMaxbackup: number;
  /** In megabytes; 0 never puts a file aside. */
  readonly auditLogMaxsize: number;
  readonly auditLogCompress: boolean;
  readonly auditLogFormat: "json";
}

/** Adds the flags of auditing to a command. */
export function addAuditFlags(command: Command): Command {
  return command
    .option("--audit-policy-file <file>", "the policy that says of which requests to write down what")
    .option("--audit-log-path <file>", "where that is written, a line of JSON each; - for standard output")
    .addOption(numberOption("--audit-log-maxage <days>", "remove old audit files after so many days; 0 for never", 366))
    .addOption(numberOption("--audit-log-maxbackup <number>", "keep so many old audit files; 0 for all", 100))
    .addOption(numberOption("--audit-log-maxsize <megabytes>", "begin a new audit file at this size; 0 for never", 100))
    .option("--audit-log-compress", "compress old audit files", false)
    .addOption(new Option("--audit-log-format <format>", "the form of audit lines").choices(["json"]).default("json"));
}

/**
 * Opens the audit log that flags name; undefined where they name none. `tell` hears what is worth knowing, and what goes
 * wrong later. Throws a StartError for flags that do not go together, and a policy or file that cannot be used.
 */
export async function openAudit(flags: AuditFlags, tell: (line: string) => void): Promise<Audit | undefined> {
  const { auditPolicyFile, auditLogPath } = flags;
  if (auditPolicyFile === undefined && auditLogPath === undefined) return undefined;
  if (auditPolicyFile === undefined || auditLogPath === undefined) {
    throw new StartError("--audit-policy-file and --audit-log-path go together; give both or neither");
  }
  const policy = await readPolicy(auditPolicyFile, tell);
  const destination = await openDestination(auditLogPath, flags, tell);
  return new Audit({ policy, destination, onLost: lostTeller(tell) });
}

async function readPolicy(file: string, tell: (line: string) => void): Promise<AuditPolicy> {
  try {
    const { policy, unknownFields } = readAuditPolicy(await readFile(file, "utf8"));
    for (const field of unknownFields)
      tell(`--audit-policy-file ${file}: no policy has a field ${field}; it is ignored`);
    return policy;
  } catch (error) {
    if (error instanceof AuditPolicyError || isSystemError(error)) {
      throw new StartError(`--audit-policy-file ${file}: ${error.message}`);
    }
    throw error;
  }
}

async function openDestination(
  path: string,
  flags: AuditFlags,
  tell: (line: string) => void,
): Promise<LineDestination> {
  if (path === "-") return linesTo(process.stdout);
  try {
    return await openLineFile({
      path,
      megabytesMax: flags.auditLogMaxsize,
      filesMax: flags.auditLogMaxbackup,
      daysMax: flags.auditLogMaxage,
      compress: flags.auditLogCompress,
      tell,
    });
  } catch (error) {
    throw error instanceof Error ? new StartError(`--audit-log-path ${path}: ${error.message}`) : error;
  }
}

const tellAgainMs = 10_000;

/** Tells of lost events, now and then: a full disk loses many. */
function lostTeller(tell: (line: string) => void): (count: number, error: unknown) => void {
  let lost = 0;
  let toldAtMs = -Infinity;
  return (count, error) => {
    lost += count;
    if (performance.now() - toldAtMs < tellAgainMs) return;
    toldAtMs = performance.now();
    tell(`${lost} audit events could not be written: ${error instanceof Error ? error.message : String(error)}`);
    lost = 0;
  };
}

function numberOption(flags: string, description: string, value: number): Option {
  return new Option(flags, description).default(value).argParser(parseCount);
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It takes a whole number, 0 or more.");
  return Number(text);
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && "code" in error;
}

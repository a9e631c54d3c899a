import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** Which cluster is meant; kubectl's own rules decide what is unset: KUBECONFIG, and its current context. */
export interface ClusterChoice {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
}

/**
 * Runs kubectl to its end, with an object or none as its input, and gives what it printed.
 * Throws a KubectlError where it fails.
 */
export type Kubectl = (args: readonly string[], input?: object) => Promise<string>;

/** kubectl did not do what it was asked; the message is its own. */
export class KubectlError extends Error {}

/** How long the API server may take for one answer; kubectl counts it anew for each. */
const answerSeconds = 30;
/** A credential plugin may ask a cloud first; what waits says how long itself. */
const wholeMs = 15 * 60_000;

/**
 * The cluster as kubectl reaches it: credentials of people come from plugins more often than not, and kubectl is what
 * runs those. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export function openKubectl({ kubeconfig, context }: ClusterChoice): Kubectl {
  const flags = [
    ...(kubeconfig === undefined ? [] : [`--kubeconfig=${kubeconfig}`]),
    ...(context === undefined ? [] : [`--context=${context}`]),
    `--request-timeout=${answerSeconds}s`,
  ];
  return async (args, input) => {
    const signal = AbortSignal.timeout(wholeMs);
    const child = spawn("kubectl", [...args, ...flags], { stdio: ["pipe", "pipe", "pipe"], signal });
    const [code, stdout, stderr] = await outcomeOf(child, input === undefined ? "" : JSON.stringify(input));
    if (code === 0) return stdout;
    throw new KubectlError(reasonOf(stderr) || `kubectl ${args[0] ?? ""} ended with code ${code}`);
  };
}

async function outcomeOf(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
  input: string,
): Promise<[number | null, string, string]> {
  // One that has ended reads no more; how it ended says why.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);
  try {
    const [[code], stdout, stderr] = await Promise.all([
      once(child, "close") as Promise<[number | null]>,
      text(child.stdout),
      text(child.stderr),
    ]);
    return [code, stdout, stderr];
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new KubectlError(missing ? noKubectl : `cannot run kubectl: ${why}`, { cause });
  }
}

const noKubectl = "kubectl is not in PATH; install it: https://kubernetes.io/docs/tasks/tools/#kubectl";

/** What kubectl says went wrong, without what its parts noted on the way (lines such as `E0102 15:04:05.678 …`). */
function reasonOf(stderr: string): string {
  const lines = stderr.split("\n").filter((line) => !/^[EWI]\d{4} /.test(line));
  return lines
    .join("\n")
    .trim()
    .replace(/^error: /, "");
}

/** The fields of a JSON object; none for anything else. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** A JSON object that others made, of which nothing is known. */
export type Fields = Readonly<Record<string, unknown>>;

/** The items of a JSON array; none for anything else. */
export function itemsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

/** Gets an object; undefined if there is none, or nothing of its kind. */
export async function getObject(kubectl: Kubectl, args: readonly string[]): Promise<Fields | undefined> {
  try {
    const answer = await kubectl(["get", ...args, "--ignore-not-found", "--output=json"]);
    return answer.trim() === "" ? undefined : fieldsOf(JSON.parse(answer));
  } catch (error) {
    if (error instanceof KubectlError && isUnknownKind(error)) return undefined;
    throw error;
  }
}

/** Gets a list of objects, or those of the names that are there. */
export async function getObjects(kubectl: Kubectl, args: readonly string[]): Promise<readonly Fields[]> {
  const answer = await getObject(kubectl, args);
  if (answer === undefined) return [];
  // Of one name kubectl gives the object itself.
  return Array.isArray(answer["items"]) ? itemsOf(answer["items"]) : [answer];
}

function isUnknownKind({ message }: KubectlError): boolean {
  return /the server doesn't have a resource type|could not find the requested resource/.test(message);
}

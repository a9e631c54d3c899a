import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Hosts on a network of their own, which nothing outside can see. */
export interface Network {
  /** The address of a host; it exists in its namespace alone. */
  address(host: number): string;
  /** What to put before a command that is to run on a host. */
  enter(host: number): readonly string[];
  /** Takes a host off the network: packets to and from it are lost in silence. */
  partition(host: number): Promise<void>;
  heal(host: number): Promise<void>;
  close(): Promise<void>;
}

/** Whether this machine and user can make network namespaces with links between them. */
export async function canUseNamespaces(): Promise<boolean> {
  if (process.platform !== "linux") return false;
  try {
    const network = await startNetwork(1);
    await network.close();
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes a network of so many hosts: a namespace each, linked to a bridge in one more. Namespaces have no name and live
 * as long as processes do that end with this one, so that nothing is left, however the test ends.
 */
export async function startNetwork(hosts: number): Promise<Network> {
  const namespaces: Namespace[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(namespaces.map((namespace) => namespace.close()));
  };
  try {
    for (let count = 0; count < hosts + 1; count++) namespaces.push(await holdNamespace());
    const [hub, ...rest] = namespaces;
    if (hub === undefined) throw new Error("unreachable: there is a namespace more than hosts");
    await inside(hub, "ip link add bridge type bridge && ip link set bridge up");
    for (const [host, namespace] of rest.entries()) await link(hub, namespace, host);
    const set = (host: number, state: "up" | "down") => inside(hub, `ip link set port${host} ${state}`);
    return {
      address,
      enter: (host) => enter(rest[host]?.pid ?? Number.NaN),
      partition: (host) => set(host, "down"),
      heal: (host) => set(host, "up"),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Of the block for documentation and tests: https://www.rfc-editor.org/rfc/rfc5737 */
function address(host: number): string {
  return `192.0.2.${host + 1}`;
}

function enter(pid: number): readonly [string, ...string[]] {
  return ["nsenter", "--target", String(pid), "--net"];
}

interface Namespace {
  readonly pid: number;
  close(): Promise<void>;
}

/** A namespace that lasts until it is closed or this process is gone: its shell reads until then. */
async function holdNamespace(): Promise<Namespace> {
  const shell = spawn("unshare", ["--net", "sh", "-c", "echo $$; read -r _"], { stdio: ["pipe", "pipe", "ignore"] });
  await once(shell, "spawn");
  const ended = once(shell, "exit");
  const line = await Promise.race([firstLine(shell), ended.then(() => undefined)]);
  if (line === undefined) throw new Error("this user may not make network namespaces");
  return {
    pid: Number(line),
    async close() {
      shell.stdin.end();
      await ended;
    },
  };
}

async function firstLine(shell: ChildProcess): Promise<string | undefined> {
  if (shell.stdout === null) return undefined;
  const [line] = (await once(createInterface({ input: shell.stdout }), "line")) as [string];
  return line;
}

async function link(hub: Namespace, namespace: Namespace, host: number): Promise<void> {
  await inside(hub, `ip link add dev port${host} type veth peer name eth0 netns ${namespace.pid}`);
  await inside(hub, `ip link set port${host} master bridge up`);
  const commands = ["ip link set lo up", `ip address add ${address(host)}/24 dev eth0`, "ip link set eth0 up"];
  await inside(namespace, commands.join(" && "));
}

async function inside({ pid }: Namespace, commands: string): Promise<void> {
  const [program, ...args] = enter(pid);
  await run(program, [...args, "sh", "-c", commands]);
}

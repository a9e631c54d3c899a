import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import net from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { requireEtcd } from "./binary.ts";
import { MemberProcess, statusSocket } from "./member.ts";
import { startNetwork, type Network } from "./namespaces.ts";
import { startRelay, type Relay } from "./relay.ts";
import { issueEtcdTls, type EtcdTls } from "./tls.ts";

/** What kind of etcd to start. */
export interface EtcdOptions {
  readonly members?: 1 | 3;
  /** Whether clients use TLS, and with `mutual` certificates of their own; off if unset. Members among them do not. */
  readonly tls?: boolean | { readonly mutual: boolean };
  readonly extraArgs?: readonly string[];
  /** Gives each member a network namespace, so that `partition` works. Needs `canUseNamespaces()`, and is without TLS. */
  readonly namespaces?: boolean;
}

/** One member of a running etcd. */
export interface EtcdMember {
  /** Where clients reach it: `http://127.0.0.1:port`, or https with TLS. The same after a restart. */
  readonly endpoint: string;
  /** Undefined while it is down. */
  readonly pid: number | undefined;
  /** Ends it with SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts it again on its data, killing it first if it runs; resolves when the process serves, healthy or not. */
  restart(): Promise<void>;
  /** Stops it in its tracks with SIGSTOP: its connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

/** An etcd that a test started. */
export interface Etcd {
  readonly endpoints: readonly string[];
  readonly members: readonly EtcdMember[];
  /** What clients need; undefined without TLS. */
  readonly tls: EtcdTls | undefined;
  /** Which member leads, asking those that answer; waits for one to be elected. */
  leader(): Promise<number>;
  /** Waits until every member that runs is healthy. */
  healthy(): Promise<void>;
  /** Takes a member off the others' network; clients still reach it. Needs `namespaces`. */
  partition(member: number): Promise<void>;
  heal(member: number): Promise<void>;
  /** Ends all members and removes their data. */
  stop(): Promise<void>;
}

/**
 * Starts etcd on the loopback address, with free ports and its data on a disk, and waits until it is healthy.
 * Writes are synced as in production. Members die with this process.
 */
export async function startEtcd(options: EtcdOptions = {}): Promise<Etcd> {
  if (options.namespaces === true && (options.tls ?? false) !== false) throw new Error("namespaces are without TLS");
  const binary = await requireEtcd();
  const folder = await diskFolder();
  const network = options.namespaces === true ? await startNetwork(options.members ?? 1) : undefined;
  const mutual = typeof options.tls === "object" && options.tls.mutual;
  const tls = (options.tls ?? false) === false ? undefined : await issueEtcdTls(folder, { mutual });
  const plan: Plan = { folder, binary, tlsFlags: tls?.flags, network, extraArgs: options.extraArgs ?? [] };
  const places = await Promise.all(Array.from({ length: options.members ?? 1 }, (_, index) => place(plan, index)));
  const running = places.map((at) => new MemberProcess(memberOptions(plan, places, at)));
  const etcd = cluster(plan, { places, running, tls: tls?.tls });
  try {
    await Promise.all(running.map((member) => member.start()));
    await etcd.healthy();
    return etcd;
  } catch (error) {
    await etcd.stop();
    throw error;
  }
}

interface Plan {
  readonly folder: string;
  readonly binary: string;
  readonly tlsFlags: readonly string[] | undefined;
  readonly network: Network | undefined;
  readonly extraArgs: readonly string[];
}

/** Where one member is found. */
interface Place {
  readonly index: number;
  readonly folder: string;
  /** Where clients reach it. */
  readonly endpoint: string;
  /** Where it listens for clients. */
  readonly listen: string;
  readonly peer: string;
  readonly relay: Relay | undefined;
}

async function place({ folder, tlsFlags, network }: Plan, index: number): Promise<Place> {
  const own = join(folder, `m${index}`);
  await mkdir(own);
  if (network !== undefined) {
    // The socket is a file, which namespaces of networks do not keep apart.
    const relay = await startRelay(join(own, "client:0"));
    const endpoint = `http://127.0.0.1:${relay.port}`;
    return {
      index,
      folder: own,
      endpoint,
      listen: "unix://client:0",
      peer: `http://${network.address(index)}:2380`,
      relay,
    };
  }
  const endpoint = `${tlsFlags === undefined ? "http" : "https"}://127.0.0.1:${await freePort()}`;
  return {
    index,
    folder: own,
    endpoint,
    listen: endpoint,
    peer: `http://127.0.0.1:${await freePort()}`,
    relay: undefined,
  };
}

function memberOptions(
  { binary, tlsFlags = [], network, extraArgs }: Plan,
  places: readonly Place[],
  { index, folder, endpoint, listen, peer }: Place,
): ConstructorParameters<typeof MemberProcess>[0] {
  const flags = [
    `--name=m${index}`,
    "--data-dir=data",
    `--listen-client-urls=${listen}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-metrics-urls=unix://${statusSocket}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=${places.map((at) => `m${at.index}=${at.peer}`).join(",")}`,
    "--logger=zap",
    "--log-level=warn",
    ...tlsFlags,
    ...extraArgs,
  ];
  return { folder, command: [...(network?.enter(index) ?? []), binary], flags };
}

function cluster(
  plan: Plan,
  parts: { places: readonly Place[]; running: readonly MemberProcess[]; tls: EtcdTls | undefined },
): Etcd {
  const { places, running, tls } = parts;
  const needNetwork = (): Network => {
    if (plan.network === undefined) throw new Error("only members in namespaces can be partitioned");
    return plan.network;
  };
  return {
    endpoints: places.map(({ endpoint }) => endpoint),
    members: running.map((member, index) => handle(member, places[index]?.endpoint ?? "")),
    tls,
    leader: () => poll(running, "no member leads", () => leaderAmong(running)),
    async healthy() {
      await poll(running, "etcd is not healthy", () => allHealthy(running));
    },
    partition: (member) => needNetwork().partition(member),
    heal: (member) => needNetwork().heal(member),
    async stop() {
      await Promise.all(running.map((member) => member.kill()));
      for (const { relay } of places) relay?.close();
      await plan.network?.close();
      await rm(plan.folder, { recursive: true, force: true });
    },
  };
}

function handle(member: MemberProcess, endpoint: string): EtcdMember {
  return {
    endpoint,
    get pid() {
      return member.pid;
    },
    kill: () => member.kill(),
    async restart() {
      await member.kill();
      await member.start();
      await poll([member], "etcd does not start", async () => (await member.status("/metrics")) && true);
    },
    pause: () => member.pause(),
    resume: () => member.resume(),
  };
}

async function leaderAmong(running: readonly MemberProcess[]): Promise<number | undefined> {
  const metrics = await Promise.all(
    running.map(async (member) => (member.pid === undefined ? undefined : member.status("/metrics"))),
  );
  const leaders = metrics.flatMap((text, index) => (/^etcd_server_is_leader 1$/m.test(text ?? "") ? [index] : []));
  // One that is cut off believes that it leads until it notices.
  return leaders.length === 1 ? leaders[0] : undefined;
}

async function allHealthy(running: readonly MemberProcess[]): Promise<true | undefined> {
  const up = running.filter(({ pid }) => pid !== undefined);
  if (up.length === 0) return undefined;
  const answers = await Promise.all(up.map((member) => member.status("/health")));
  return answers.every((answer) => answer?.includes('"health":"true"')) ? true : undefined;
}

const pollMs = 50;
const patienceMs = 60_000;

/** Asks until there is an answer; gives up at once when no member runs any more, telling what they logged. */
async function poll<T>(
  members: readonly MemberProcess[],
  trouble: string,
  ask: () => Promise<T | undefined | "">,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  while (Date.now() < deadline && members.some(({ pid }) => pid !== undefined)) {
    const answer = await ask();
    if (answer !== undefined && answer !== "") return answer;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  const logs = await Promise.all(members.map((member) => member.log()));
  throw new Error(`${trouble}\n${logs.join("\n")}`);
}

/** A port below those that outgoing connections take, so that it is still free when a member comes back. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = net.createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      () => false,
    );
    server.close();
    if (free) return port;
  }
}

// https://man7.org/linux/man-pages/man2/statfs.2.html
const tmpfsMagic = 0x01021994;

/** A new folder for temporary data that is on a disk, so that a sync costs what it costs in production. */
async function diskFolder(): Promise<string> {
  const inMemory = (await statfs(tmpdir())).type === tmpfsMagic;
  const parent = inMemory ? join(homedir(), ".cache") : tmpdir();
  await mkdir(parent, { recursive: true });
  return mkdtemp(join(parent, "etcd-"));
}

import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import net from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MemberProcess } from "../etcd/member.ts";

/** The port at which a pod finds its cluster. */
const clusterPort = 6443;
/** What kubelets tell pods of their cluster. */
export const podEnvironment = { KUBERNETES_SERVICE_HOST: "127.0.0.1", KUBERNETES_SERVICE_PORT: String(clusterPort) };

/** What a pod is run with. */
export interface PodOptions {
  /** For what belongs to the pod; made if it is not there. */
  readonly folder: string;
  /** Its image: the whole of its root, or what there is in `/app` beside this machine's own programs. */
  readonly root: string | { readonly app: string };
  /** What the image says is to be run, before the arguments. */
  readonly entrypoint: readonly string[];
  /** What image and kubelet tell it; PATH is for them to say. */
  readonly environment: Readonly<Record<string, string>>;
  readonly args: readonly string[];
  /** The port that its container listens on. */
  readonly containerPort: number;
  readonly user: number;
  /** Folders on this machine, by their paths in the pod. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** Whether this machine and user can run such pods. */
export function canRunPods(): boolean {
  const made = spawnSync("unshare", ["--mount", "--net", "sh", "-c", "mount -t tmpfs tmpfs /mnt"]);
  return process.getuid?.() === 0 && made.status === 0;
}

const bridge = fileURLToPath(new URL("pod-bridge.mjs", import.meta.url));

// As a container runtime does it: a read-only root of its own with the mounts that the pod names, a network with nothing
// but the loopback address, a user without rights, and no environment but that of the pod.
const containerRuntime = `
set -e
root=$1 image=$2 app=$3 node=$4 bridge=$5 sockets=$6 port=$7 user=$8 mounts=$9
shift 9
if [ -n "$image" ]; then mount --bind "$image" "$root"; else mount -t tmpfs -o mode=755 tmpfs "$root"; fi
cd "$root"
mkdir -p proc dev tmp etc
if [ -n "$app" ]; then
  for folder in usr lib lib64 bin; do
    if [ -e "/$folder" ]; then mkdir "$folder"; mount --rbind "/$folder" "$folder"; mount -o remount,ro,bind "$folder"; fi
  done
  mkdir app nodejs
  mount --bind "$app" app
  mount --bind "$node" nodejs
fi
mount --rbind /proc proc
mount --rbind /dev dev
echo "127.0.0.1 localhost" >etc/hosts
echo "$mounts" | while read -r path source; do mkdir -p ".$path"; mount --bind "$source" ".$path"; done
mount -o remount,ro,bind "$root"
ip link set lo up
"$node/node" "$bridge" "$sockets" "$port" ${clusterPort} &
# chroot takes the rights away once it has used them.
exec "$@"
`;

/** Runs what a pod's container would, from its template's own arguments and mounts. It ends with this process. */
export class Pod {
  readonly #member: MemberProcess;
  readonly #options: PodOptions;

  constructor(options: PodOptions) {
    const { folder, root: image, entrypoint, environment, args, containerPort, user, mounts } = options;
    const root = join(folder, "root");
    mkdirSync(root, { recursive: true });
    const [whole, app] = typeof image === "string" ? [image, ""] : ["", image.app];
    const list = Object.entries(mounts).map(([path, source]) => `${path} ${source}`);
    const node = dirname(process.execPath);
    const values = [root, whole, app, node, bridge, folder, String(containerPort), String(user), list.join("\n")];
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const nobody = ["chroot", `--userspec=${user}:${user}`, `--groups=${user}`, root];
    this.#options = options;
    this.#member = new MemberProcess({
      folder,
      command: ["unshare", "--mount", "--net", "sh", "-c", containerRuntime, "pod", ...values],
      flags: ["env", "-i", ...variables, ...nobody, ...entrypoint, ...args],
    });
  }

  async start(): Promise<void> {
    rmSync(join(this.#options.folder, "pod.sock"), { force: true });
    await this.#member.start();
  }

  /** Asks it to finish, and waits for that; gives its exit code. */
  stop(): Promise<number | undefined> {
    return this.#member.end("SIGTERM");
  }

  get isRunning(): boolean {
    return this.#member.pid !== undefined;
  }

  log(): Promise<string> {
    return this.#member.log();
  }
}

/** Writes files as a kubelet does: whole sets of them, of which the newest takes the place of the one before at once. */
export function writeVolume(folder: string, files: ReadonlyMap<string, Buffer | string>, group: number): void {
  const set = `..${process.hrtime.bigint()}`;
  mkdirSync(join(folder, set), { recursive: true });
  for (const [name, content] of files) {
    const file = join(folder, set, name);
    writeFileSync(file, content, { mode: 0o440 });
    chownSync(file, 0, group);
    rmSync(join(folder, name), { force: true });
    symlinkSync(join("..data", name), join(folder, name));
  }
  symlinkSync(set, join(folder, "..next"));
  renameSync(join(folder, "..next"), join(folder, "..data"));
}

/** Leads connections from one place to another, until it is closed. */
export async function lead(
  from: net.ListenOptions,
  to: net.NetConnectOpts,
): Promise<{ readonly close: () => Promise<void> }> {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const target = net.connect(to);
    for (const socket of [client, target]) {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    }
    client.on("error", () => target.destroy()).once("close", () => target.destroy());
    target.on("error", () => client.destroy()).once("close", () => client.destroy());
    client.pipe(target);
    target.pipe(client);
  });
  server.listen(from);
  await once(server, "listening");
  return {
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, "close");
    },
  };
}

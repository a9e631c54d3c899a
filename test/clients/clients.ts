import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kubectlBinary } from "../e2e/kubectl.ts";
import type { CachedBuild, Command } from "./cached-build.ts";

/** A client that others wrote, and the program that makes a round through the API of cats with it. */
export interface Client {
  readonly name: string;
  /** Each tells its version and exits with 0 where the toolchain is present. */
  readonly toolchain: readonly Command[];
  /** How its program is built; it needs no build if unset. */
  readonly build?: Omit<CachedBuild, "tools">;
  /** What runs the program, of what was built in a folder, in a namespace. */
  readonly run: (target: string, namespace: string) => Command | Promise<Command>;
  /** Whether it keeps objects of its own in the cluster, which a server alone does not have. */
  readonly needsCluster?: boolean;
}

const folder = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const command = (program: string, ...args: readonly string[]): Command => ({ program, args });

const go = [command("go", "version")];
// As the control plane is built, so that what both have is compiled once.
const goBuild = ["build", "-p", "2", "-buildvcs=false", "-trimpath", "-ldflags=-s -w"];
const goClients: NonNullable<Client["build"]> = {
  name: "go",
  sources: folder("go"),
  commands: (target) => [command("go", ...goBuild, "-o", join(target, "/"), "./client-go", "./controller-runtime")],
};
const typescript = (file: string, ...args: readonly string[]): Command =>
  command(process.execPath, "-C", "source", "--import", import.meta.resolve("tsx"), folder(file), ...args);

/** Every client but kubectl, whose list is a test of its own. */
export const clients: readonly Client[] = [
  {
    name: "client-go",
    toolchain: go,
    build: goClients,
    run: (target, namespace) => command(join(target, "client-go"), namespace),
  },
  {
    name: "controller-runtime",
    toolchain: go,
    build: goClients,
    run: (target, namespace) => command(join(target, "controller-runtime"), namespace),
  },
  {
    name: "helm",
    toolchain: go,
    build: {
      name: "helm",
      sources: folder("helm"),
      commands: (target) => [command("go", ...goBuild, "-o", join(target, "helm"), "helm.sh/helm/v4/cmd/helm")],
    },
    run: async (target, namespace) =>
      typescript("helm/round.ts", join(target, "helm"), await kubectlBinary("1.35"), namespace),
    needsCluster: true,
  },
  {
    name: "python",
    toolchain: [command("python3", "-m", "pip", "--version")],
    build: {
      name: "python",
      sources: folder("python"),
      commands: (target) => [
        command("python3", ..."-m pip install --no-deps --only-binary=:all: -r requirements.txt -t".split(" "), target),
      ],
    },
    run: (target, namespace) => ({
      ...command("python3", folder("python/round.py"), namespace),
      env: { PYTHONPATH: target, PYTHONDONTWRITEBYTECODE: "1" },
    }),
  },
  {
    name: "kube-rs",
    // A linker is needed as well, and a C compiler for one of the dependencies.
    toolchain: [command("cargo", "--version"), command("cc", "--version")],
    build: {
      name: "rust",
      sources: folder("rust"),
      commands: (target) => [
        { ...command("cargo", "build", "--locked", "-j", "2"), env: { CARGO_TARGET_DIR: join(target, "target") } },
        command("mv", join(target, "target/debug/round"), target),
        // Half a gigabyte that only another build could use.
        command("rm", "-r", join(target, "target")),
      ],
    },
    run: (target, namespace) => command(join(target, "round"), namespace),
  },
  {
    name: "fabric8",
    toolchain: [command("mvn", "--version"), command("javac", "-version")],
    build: {
      name: "java",
      sources: folder("java"),
      commands: (target) => [
        command("mvn", "-B", "-ntp", "dependency:copy-dependencies", `-DoutputDirectory=${join(target, "lib")}`),
        command("javac", "-d", target, "-cp", join(target, "lib/*"), "Cat.java", "Round.java"),
      ],
    },
    run: (target, namespace) => command("java", "-cp", `${target}:${join(target, "lib/*")}`, "Round", namespace),
  },
  {
    name: "client-node",
    toolchain: [],
    run: (_target, namespace) => typescript("node/round.ts", namespace),
  },
];

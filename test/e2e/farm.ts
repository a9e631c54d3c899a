import { Kubectl, kubectlBinary, type KubectlVersion } from "./kubectl.ts";
import { startModule } from "./server.ts";

/** A server of test/farm, of herds in two versions with status and scale, and a kubectl for it. */
export interface Farm {
  readonly kubectl: Kubectl;
  /** The folder that kubectl runs in. */
  readonly folder: string;
  stop(): Promise<void>;
}

/** Starts a server of herds for a kubectl of some version. */
export async function startFarm(version: KubectlVersion): Promise<Farm> {
  const [binary, server] = await Promise.all([kubectlBinary(version), startModule("test/farm/serve.ts")]);
  return {
    kubectl: new Kubectl(binary, server.kubeconfig, server.folder),
    folder: server.folder,
    stop: async () => void (await server.stop()),
  };
}

/** Whether a kubectl has what came with the minor version. */
export function since(version: KubectlVersion, minor: number): boolean {
  return Number(version.slice(2)) >= minor;
}

/** Who owns fields of an object, as `manager operation`, and `subresource` where there is one. */
export async function managersOf(kubectl: Kubectl, name: string): Promise<string[]> {
  const text = await kubectl.ok(["get", "herd", name, "--show-managed-fields", "-o", "json"]);
  const { metadata } = JSON.parse(text) as { metadata: { managedFields: Record<string, string>[] } };
  return metadata.managedFields.map(({ manager, operation, subresource }) =>
    [manager, operation, subresource].filter((part) => part !== undefined).join(" "),
  );
}

/** The manifest of a herd of v1 with lists and maps of every kind. */
export function herd(name: string, { breed = "merino", metadata = "" } = {}): string {
  return `apiVersion: farm.example.dev/v1
kind: Herd
metadata:
  name: ${name}${metadata}
spec:
  breed: ${breed}
  animals: 3
  pens:
    - name: north
      places: 4
    - name: south
      places: 6
  keepers: [ann, bob]
  route: [gate, hill, gate]
  feed:
    morning: hay
`;
}

/** The manifest of a herd of v1beta1. */
export function olderHerd(name: string): string {
  return `apiVersion: farm.example.dev/v1beta1
kind: Herd
metadata:
  name: ${name}
spec:
  breed: angora
  size: 5
  pastureName: hill
  stalls:
    - stall: big
      capacity: 3
`;
}

/** Waits until something is so; throws when it has not come to be in 20 s. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("what was waited for did not come in 20 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

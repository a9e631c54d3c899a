import { isIP } from "node:net";
import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import type { Scheme } from "../scheme/scheme.ts";

/** What is known once the server listens. */
export interface Started {
  readonly bindAddress: string;
  readonly port: number;
  /** Where objects are kept, in words. */
  readonly place: string;
  readonly revision: number;
  /** The file with the credential for kubectl; undefined in a cluster, where everybody has their own. */
  readonly kubeconfig: string | undefined;
}

/** What the server prints when it serves: what, where, and the next command to type. */
export function welcome(scheme: Scheme, { bindAddress, port, place, revision, kubeconfig }: Started): string {
  const host = isIP(bindAddress) === 6 ? `[${bindAddress}]` : bindAddress;
  const resources = scheme.groupVersions.flatMap((registration) => registration.resources);
  const served = scheme.groupVersions.map(
    ({ group, version, resources: kinds }) =>
      `  ${group}/${version}  ${kinds.map(({ names }) => names.plural).join(", ")}\n`,
  );
  return [
    `Serving on https://${host}:${port}\n`,
    ...served,
    `  objects      ${place}, at revision ${revision}\n`,
    ...(kubeconfig === undefined
      ? ["  users        as the cluster says who they are, and what they may do\n"]
      : nextSteps(kubeconfig, resources[0])),
  ].join("");
}

function nextSteps(kubeconfig: string, first: ResourceDescriptor | undefined): string[] {
  return [
    `  credential   ${kubeconfig}, for you alone\n`,
    "\nIn another shell:\n",
    `  export KUBECONFIG=${kubeconfig.startsWith("/") ? kubeconfig : `$PWD/${kubeconfig}`}\n`,
    ...(first === undefined
      ? []
      : [`  kubectl explain ${first.names.singular}\n`, `  kubectl get ${first.names.plural}\n`]),
    "\nCtrl-C stops it.\n",
  ];
}

import { isIP } from "node:net";
import type { Scheme } from "../scheme/scheme.ts";
import type { ServeFlags } from "./flags.ts";

/** What is known once the server listens. */
export interface Started {
  readonly flags: ServeFlags;
  readonly port: number;
  /** Where objects are kept, in words. */
  readonly place: string;
  readonly revision: number;
}

/** What the server prints when it serves: what, where, and the next command to type. */
export function welcome(scheme: Scheme, { flags, port, place, revision }: Started): string {
  const { bindAddress, writeKubeconfig } = flags;
  const host = isIP(bindAddress) === 6 ? `[${bindAddress}]` : bindAddress;
  const resources = scheme.groupVersions.flatMap((registration) => registration.resources);
  const [first] = resources;
  const served = scheme.groupVersions.map(
    ({ group, version, resources: kinds }) =>
      `  ${group}/${version}  ${kinds.map(({ names }) => names.plural).join(", ")}\n`,
  );
  return [
    `Serving on https://${host}:${port}\n`,
    ...served,
    `  objects      ${place}, at revision ${revision}\n`,
    `  credential   ${writeKubeconfig}, for you alone\n`,
    "\nIn another shell:\n",
    `  export KUBECONFIG=${writeKubeconfig.startsWith("/") ? writeKubeconfig : `$PWD/${writeKubeconfig}`}\n`,
    ...(first === undefined
      ? []
      : [`  kubectl explain ${first.names.singular}\n`, `  kubectl get ${first.names.plural}\n`]),
    "\nCtrl-C stops it.\n",
  ].join("");
}

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * How a server is deployed, as flags said it: kept in the project, so that a later run that only names another image
 * changes nothing else.
 */
export interface Settings {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  readonly serviceAccount?: string;
  readonly imagePullSecrets?: readonly string[];
  /** URLs of an etcd that is there already. */
  readonly etcdServers?: readonly string[];
  /** The image of an etcd that is deployed with the server. */
  readonly etcdImage?: string;
  readonly storageClass?: string;
  readonly storageSize?: string;
  readonly certManager?: boolean;
  readonly serviceMonitor?: boolean;
  /** Further flags of the server. */
  readonly apiserverArgs?: readonly string[];
}

/** Where the settings are kept: in a folder of its own, since `kubectl apply -f config/` takes every JSON there for an object. */
export const settingsPath = "config/settings/deployment.json";

/** What flags say, upon what the project was last deployed with. Throws where a name, namespace or image is neither. */
export function settingsFrom(root: string, flags: Partial<Settings>): Settings {
  const { name, namespace, image, ...others } = { ...keptSettings(root), ...flags };
  if (name === undefined || namespace === undefined || image === undefined) {
    const missing = Object.entries({ name, namespace, image }).filter(([, value]) => value === undefined);
    throw new Error(`give ${missing.map(([flag]) => `--${flag}`).join(", ")}; --help has examples`);
  }
  if (others.etcdServers !== undefined && others.etcdImage !== undefined) {
    throw new Error("--etcd-servers names an etcd that is there, --etcd-image one to deploy: give one of them");
  }
  return { name, namespace, image, ...others };
}

/** What the project was last deployed with; nothing if it has not been. */
export function keptSettings(root: string): Partial<Settings> {
  const file = join(root, settingsPath);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Partial<Settings>) : {};
}

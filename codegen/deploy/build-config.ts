import { dirname } from "node:path";
import { createTwoFilesPatch } from "diff";
import { compareGenerated, readText } from "../compare.ts";
import { formatDiagnostics } from "../diagnostic.ts";
import type { GeneratedFile } from "../emit/generated-file.ts";
import { formatFiles } from "../format.ts";
import { readModel } from "../pipeline.ts";
import { readPackage } from "../scaffold/project.ts";
import { writeDifference } from "../write.ts";
import { localCertificates } from "./certificate-files.ts";
import { chartFiles } from "./chart.ts";
import type { DeployedStorage, Deployment } from "./deployment.ts";
import { manifestFiles, manifestText, privateFolder, type ManifestFile } from "./manifests.ts";
import { settingsFrom, settingsPath, type Settings } from "./settings.ts";

/** What `build config` was asked for. */
export interface ConfigRequest {
  /** What flags said, upon what the project was deployed with before. */
  readonly flags: Partial<Settings>;
  /** Whether to make a new authority and serving certificate. */
  readonly rotate: boolean;
  readonly dryRun: boolean;
  readonly now: Date;
}

/** A configuration as it was rendered. */
export interface Config {
  readonly deployment: Deployment;
  /** In the order in which they are to be applied. */
  readonly files: readonly ManifestFile[];
}

/**
 * Renders everything that a cluster needs to run the server into `config/`, and tells each change. Files that an earlier
 * run wrote and none would now go; those of a person stay. Throws with the mistakes in `apis/`, if there are any.
 */
export async function buildConfig(
  root: string,
  { flags, rotate, dryRun, now }: ConfigRequest,
  tell: (line: string) => void,
): Promise<Config> {
  const settings = settingsFrom(root, flags);
  const { model, diagnostics } = readModel(root);
  if (diagnostics.length > 0) throw new Error(formatDiagnostics(diagnostics));
  if (model.groupVersions.length === 0) throw new Error(noKinds);
  const certificates =
    settings.certManager === true
      ? ({ kind: "cert-manager" } as const)
      : await localCertificates(root, { server: settings, rotate, dryRun, now });
  const deployment = deploymentOf(settings, certificates);
  const deployed = { deployment, groupVersions: model.groupVersions };
  const files = manifestFiles(deployed);
  const version = readPackage(root)?.version ?? "0.0.0";
  const texts = await formatted([...files.map(manifestText), ...chartFiles(deployed, version)], root);
  const settingsFile = { path: settingsPath, text: `${JSON.stringify(settings, undefined, 2)}\n` };
  writeChanges(root, [...texts, ...(await formatFiles([settingsFile], root))], dryRun, tell);
  return { deployment, files };
}

const noKinds =
  "apis/ has no kinds to serve; make one: apiserver-boot create group version resource --group animal --version v1alpha1 --kind Cat";

function deploymentOf(settings: Settings, certificates: Deployment["certificates"]): Deployment {
  const { name, namespace, image, imagePullSecrets = [], serviceMonitor = false, apiserverArgs = [] } = settings;
  return {
    name,
    namespace,
    image,
    serviceAccount: settings.serviceAccount ?? name,
    imagePullSecrets,
    storage: storageOf(settings),
    certificates,
    serviceMonitor,
    serverFlags: apiserverArgs,
  };
}

function storageOf({ etcdServers, etcdImage, storageClass, storageSize: size = "10Gi" }: Settings): DeployedStorage {
  if (etcdServers !== undefined) return { kind: "etcd", servers: etcdServers };
  if (etcdImage !== undefined) return { kind: "own-etcd", image: etcdImage, storageClass, size };
  return { kind: "embedded", storageClass, size };
}

async function formatted(files: readonly GeneratedFile[], root: string): Promise<GeneratedFile[]> {
  const plain = await formatFiles(
    files.filter((file) => !isTemplate(file)),
    root,
  );
  return [...plain, ...files.filter(isTemplate)];
}

/** Templates of Helm are no YAML. */
function isTemplate({ path }: Pick<GeneratedFile, "path">): boolean {
  return path.includes("/templates/");
}

function writeChanges(
  root: string,
  files: readonly GeneratedFile[],
  dryRun: boolean,
  tell: (line: string) => void,
): void {
  const { changed, stale } = compareGenerated(root, "config", files);
  for (const { path, text } of changed) tell(describeChange(path, readText(root, path), text));
  for (const path of stale) tell(`${dryRun ? "would remove" : "removed"} ${path}`);
  if (changed.length === 0 && stale.length === 0) tell("config/ is up to date");
  if (dryRun) return;
  writeDifference(root, { changed, stale, foreign: [] });
}

/** A new file in a line; of one that changes what changes, but nothing of a private one. */
function describeChange(path: string, before: string | undefined, after: string): string {
  if (before === undefined) return `+ ${path}`;
  if (dirname(path) === privateFolder || isTemplate({ path })) return `~ ${path}`;
  const patch = createTwoFilesPatch(path, path, before, after, undefined, undefined, { context: 1 });
  return patch.split("\n").slice(1).join("\n").trimEnd();
}

import { diagnoseApiService } from "../doctor/doctor.ts";
import { describeDiagnoses } from "../doctor/diagnosis.ts";
import type { ImageRequest } from "../image/image-build.ts";
import { apiServiceNames, applyDeployment } from "./apply.ts";
import { buildConfig, type ConfigRequest } from "./build-config.ts";
import { openKubectl, type ClusterChoice } from "./kubectl.ts";
import { describeObject } from "./live-objects.ts";
import { settingsFrom } from "./settings.ts";
import { waitUntilAvailable } from "./wait.ts";

/** What `run in-cluster` was asked for. */
export interface InClusterRequest extends ConfigRequest {
  readonly cluster: ClusterChoice;
  /** How long the server may take to become available. */
  readonly timeoutMs: number;
  readonly buildImage: boolean;
  readonly pushImage: boolean;
  readonly image: Omit<ImageRequest, "image">;
}

/**
 * Brings a project into a cluster: builds and pushes its image where that is asked for, renders what it needs, applies
 * that, and waits until the cluster reaches it. Gives whether it does; where not, it tells why, and what to do.
 */
export async function runInCluster(
  root: string,
  request: InClusterRequest,
  tell: (line: string) => void,
): Promise<boolean> {
  const kubectl = openKubectl(request.cluster);
  // To find out that there is no cluster takes a moment now, and minutes of building otherwise.
  await kubectl(["get", "--raw", "/version"]);
  await makeImage(root, request, tell);
  const { deployment, files } = await buildConfig(root, request, tell);
  const objects = files.flatMap((file) => file.objects);
  if (request.dryRun) {
    for (const object of objects) tell(`would apply ${describeObject(object)}`);
    return true;
  }
  await applyDeployment(kubectl, deployment, objects, tell);
  const apiServices = apiServiceNames(objects);
  const { name, namespace } = deployment;
  if (await waitUntilAvailable(kubectl, { namespace, deployment: name, apiServices }, request.timeoutMs, tell)) {
    tell(`${apiServices.join(", ")}: available`);
    return true;
  }
  for (const each of apiServices) {
    const diagnoses = await diagnoseApiService(kubectl, each, { objects });
    tell(describeDiagnoses(each, diagnoses));
  }
  return false;
}

async function makeImage(root: string, request: InClusterRequest, tell: (line: string) => void): Promise<void> {
  const { flags, buildImage, pushImage, dryRun } = request;
  if (!buildImage && !pushImage) return;
  const { image } = settingsFrom(root, flags);
  if (dryRun) {
    tell(`would ${[...(buildImage ? ["build"] : []), ...(pushImage ? ["push"] : [])].join(" and ")} ${image}`);
    return;
  }
  // Loaded for those who build alone.
  const { buildContainer, pushContainer } = await import("../image/image-build.ts");
  if (buildImage) await buildContainer(root, { ...request.image, image }, tell);
  if (pushImage) await pushContainer(image, request.image.builder, tell);
}

import { existsSync } from "node:fs";
import { join } from "node:path";
import { builders, type Builder, type ImageFlags } from "./image-flags.ts";
import { outputOf, runLoudly } from "./run-program.ts";

/** Which image is to be made, and how. */
export interface ImageRequest extends Omit<ImageFlags, "builder"> {
  /** With its tag, such as `registry.example/skai-demo:0.0.1`. */
  readonly image: string;
  readonly builder?: Builder | undefined;
}

/** Builds the image of a project from its Dockerfile. Throws where there is nothing to build it with, or that fails. */
export async function buildContainer(root: string, request: ImageRequest, tell: (line: string) => void): Promise<void> {
  if (!existsSync(join(root, "Dockerfile"))) throw new Error(noDockerfile);
  const builder = await builderFor(request.builder);
  const args = buildArguments(builder, request);
  tell(`${builder} ${args.join(" ")}`);
  await runLoudly(builder, args, root);
  tell(`built ${request.image}`);
}

/** Pushes an image that was built here. Throws where that fails. */
export async function pushContainer(
  image: string,
  wanted: Builder | undefined,
  tell: (line: string) => void,
): Promise<void> {
  const builder = await builderFor(wanted);
  const args = ["push", ...(builder === "docker" ? [] : plainHttp(image)), image];
  tell(`${builder} ${args.join(" ")}`);
  await runLoudly(builder, args, ".");
  tell(`pushed ${image}`);
}

const noDockerfile =
  "there is no Dockerfile; make one, as new projects have it: apiserver-boot init repo --domain YOUR.DOMAIN --no-install";

/** Arguments with which two builds of the same sources give the same image. */
export function buildArguments(builder: Builder, request: ImageRequest): string[] {
  const { image, baseImage, buildBaseImage, buildArg = [], platform } = request;
  const values = [
    ...(baseImage === undefined ? [] : [`BASE_IMAGE=${baseImage}`]),
    ...(buildBaseImage === undefined ? [] : [`BUILD_IMAGE=${buildBaseImage}`]),
    ...(builder === "docker" ? ["SOURCE_DATE_EPOCH=0"] : []),
    ...buildArg,
  ];
  return [
    "build",
    ...(builder === "docker" ? [] : ["--timestamp=0"]),
    `--tag=${image}`,
    ...(platform === undefined ? [] : [`--platform=${platform}`]),
    ...values.map((value) => `--build-arg=${value}`),
    "--file=Dockerfile",
    ".",
  ];
}

/** Registries of this machine speak no TLS: docker knows that by itself. */
function plainHttp(image: string): string[] {
  return /^(localhost|127\.\d+\.\d+\.\d+)(:\d+)?\//.test(image) ? ["--tls-verify=false"] : [];
}

/** The builder that is wanted, or the first that is there and works. */
async function builderFor(wanted: Builder | undefined): Promise<Builder> {
  const candidates = wanted === undefined ? builders : [wanted];
  const troubles: string[] = [];
  for (const builder of candidates) {
    // The client may be there without what does its work.
    const { code, text } = await outputOf(builder, ["info"]);
    if (code === 0) return builder;
    if (code !== undefined) troubles.push(`${builder}: ${text.trim().split("\n").at(-1) ?? ""}`);
  }
  const found = troubles.length === 0 ? "" : ` (${troubles.join("; ")})`;
  throw new Error(`no image can be built here: ${candidates.join(", ")}: none is installed and works${found}`);
}

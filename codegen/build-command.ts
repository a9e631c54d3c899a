import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Command } from "commander";
import { addImageFlags, type ImageFlags } from "./image/image-flags.ts";

interface ExecutablesOptions {
  readonly project: string;
  readonly output: string;
  readonly withPackages?: boolean;
}

const executablesExamples = `
Examples:
  apiserver-boot build executables                    bin/main.js and what it loads on demand
  apiserver-boot build executables --with-packages    with lmdb as well, so that it needs nothing but Node
  apiserver-boot build executables --output dist/server
  node bin/main.js --help
`;

const containerExamples = `
Examples:
  apiserver-boot build container --image registry.example/skai-demo:0.0.1 --push-image
  apiserver-boot build container --image skai-demo:0.0.1 --base-image node:22-alpine@sha256:…
  apiserver-boot build container --image skai-demo:0.0.1 --builder podman --platform linux/arm64
`;

/** `apiserver-boot build`: makes of a project what can be run elsewhere. `version` is that of this package. */
export function buildCommand(version: string): Command {
  const command = new Command("build").description("make what can be run elsewhere");
  command
    .command("executables")
    .description("bundle main.ts, controllers/main.ts and the packages that they use; lmdb stays a package of its own")
    .option("--project <folder>", "the folder with main.ts", ".")
    .option("--output <folder>", "where the bundle goes, seen from the project", "bin")
    .option("--with-packages", "put the packages that cannot be bundled beside it, as for an image")
    .addHelpText("after", executablesExamples)
    .action(async ({ project, output, withPackages = false }: ExecutablesOptions) => {
      const root = resolve(project);
      const folder = resolve(root, output);
      // Loaded for those who bundle alone.
      const { bundleProgram, packagesWithAddons } = await import("./bundle.ts");
      await bundleProgram({ entry: join(root, "main.ts"), folder, version });
      const manager = join(root, "controllers/main.ts");
      if (existsSync(manager)) await bundleProgram({ entry: manager, folder: join(folder, "controllers"), version });
      if (!withPackages) return;
      const { copyPackages, forgetTimes } = await import("./image/addon-packages.ts");
      await copyPackages(root, packagesWithAddons, folder);
      await forgetTimes(folder);
    });
  return command.addCommand(containerCommand());
}

interface ContainerOptions extends ImageFlags {
  readonly image: string;
  readonly pushImage?: boolean;
  readonly project: string;
}

function containerCommand(): Command {
  return addImageFlags(new Command("container"))
    .description("build the image of the Dockerfile with docker, podman or buildah")
    .requiredOption("--image <image>", "what it is called, such as registry.example/skai-demo:0.0.1")
    .option("--push-image", "push it to its registry")
    .option("--project <folder>", "the folder of the project", ".")
    .addHelpText("after", containerExamples)
    .action(async ({ project, image, pushImage = false, ...flags }: ContainerOptions) => {
      const { buildContainer, pushContainer } = await import("./image/image-build.ts");
      await buildContainer(resolve(project), { ...flags, image }, tell);
      if (pushImage) await pushContainer(image, flags.builder, tell);
    });
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}

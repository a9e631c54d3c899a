import { Option, type Command } from "commander";

/** What flags say of how an image is built. */
export interface ImageFlags {
  readonly baseImage?: string | undefined;
  readonly buildBaseImage?: string | undefined;
  readonly buildArg?: readonly string[] | undefined;
  readonly builder?: Builder | undefined;
  readonly platform?: string | undefined;
}

/** Programs that build images. */
export type Builder = (typeof builders)[number];

/** The programs that build images, in the order in which they are looked for. */
export const builders = ["docker", "podman", "buildah"] as const;

/** Adds the flags that say how an image is built. */
export function addImageFlags(command: Command): Command {
  return command
    .option("--base-image <image>", "what the server runs on, with Node; NAME@sha256:… pins it")
    .option("--build-base-image <image>", "what the server is built on, with Node and npm")
    .option("--build-arg <name=value...>", "further arguments of the Dockerfile")
    .addOption(new Option("--builder <program>", "what builds it (default: the first that is found)").choices(builders))
    .option("--platform <platform>", "what the image is for, such as linux/arm64 (default: this machine)");
}

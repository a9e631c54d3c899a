import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { imageFiles } from "../../codegen/image/dockerfile.ts";
import { buildArguments, buildContainer } from "../../codegen/image/image-build.ts";

const image = "r/demo:1";

test.each([
  ["docker", {}, "build --tag=r/demo:1 --build-arg=SOURCE_DATE_EPOCH=0 --file=Dockerfile ."],
  ["podman", {}, "build --timestamp=0 --tag=r/demo:1 --file=Dockerfile ."],
  [
    "buildah",
    { baseImage: "node@sha256:1", buildBaseImage: "node:22", platform: "linux/arm64", buildArg: ["A=1", "B=2"] },
    "build --timestamp=0 --tag=r/demo:1 --platform=linux/arm64 --build-arg=BASE_IMAGE=node@sha256:1 " +
      "--build-arg=BUILD_IMAGE=node:22 --build-arg=A=1 --build-arg=B=2 --file=Dockerfile .",
  ],
] as const)("%s gets what makes the same image of the same sources", (builder, flags, expected) => {
  expect(buildArguments(builder, { image, ...flags }).join(" ")).toBe(expected);
});

test.each([
  ["a version", "0.1.0", "COPY package*.json ./"],
  ["a tarball in the project", "file:apiserver-ts-0.1.0.tgz", "COPY package*.json apiserver-ts-0.1.0.tgz ./"],
])("the Dockerfile of a project that depends on %s copies what npm needs", (_, dependency, line) => {
  expect(imageFiles(dependency)[0]?.text).toContain(`\n${line}\n`);
});

test("a project without a Dockerfile is told how to get one", async () => {
  const root = mkdtempSync(join(tmpdir(), "apiserver-ts-image-"));
  try {
    await expect(buildContainer(root, { image }, () => undefined)).rejects.toThrow("there is no Dockerfile; make one");
  } finally {
    rmSync(root, { recursive: true });
  }
});

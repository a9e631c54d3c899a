/** A file that belongs to a new project. */
interface ImageFile {
  readonly path: string;
  readonly text: string;
  readonly exact: true;
}

/**
 * What the image of a project is built from. `dependency` is how the project names apiserver-ts: a version, or `file:`
 * and a tarball, which then is a part of what is built. https://docs.docker.com/reference/dockerfile/
 */
export function imageFiles(dependency: string): ImageFile[] {
  const tarball = /^file:([^/]+\.tgz)$/.exec(dependency)?.[1];
  return [
    { path: "Dockerfile", text: dockerfile(tarball), exact: true },
    { path: ".dockerignore", text: dockerignore, exact: true },
  ];
}

// Nothing but what is named goes to the builder: no key of config/certificates/, no package of another system.
const dockerignore = `*
!package.json
!package-lock.json
!*.tgz
!tsconfig.json
!main.ts
!apis/
!generated/
!controllers/
`;

function dockerfile(tarball: string | undefined): string {
  const packages = ["package*.json", ...(tarball === undefined ? [] : [tarball])].join(" ");
  return `# Build it: apiserver-boot build container --image registry.example/NAME:TAG
# Both images can be pinned: --build-base-image NAME@sha256:… --base-image NAME@sha256:…
ARG BUILD_IMAGE=docker.io/library/node:22-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs22-debian12:nonroot

FROM \${BUILD_IMAGE} AS build
WORKDIR /project
# Packages first: they change less often than sources.
COPY ${packages} ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npx --no-install apiserver-boot build executables --output /image --with-packages

FROM \${BASE_IMAGE}
COPY --from=build /image /app
# In some images Node is in a folder of its own.
ENV NODE_ENV=production PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/nodejs/bin
# No file belongs to this user, and the server writes to its volumes alone.
USER 65532:65532
WORKDIR /tmp
EXPOSE 8443
ENTRYPOINT ["node", "--max-semi-space-size=8", "/app/main.js"]
`;
}

import { afterAll, beforeAll, describe } from "vitest";
import { Kubectl, kubectlBinary, kubectlVersions } from "./kubectl.ts";
import { kubectlList } from "./kubectl-list.ts";
import { startServer, type RunningServer } from "./server.ts";

describe.each(kubectlVersions)("kubectl %s", (version) => {
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => {
    await server.stop();
  });

  kubectlList(version, async () => new Kubectl(await kubectlBinary(version), server.kubeconfig, server.folder));
});

import { KubeConfig } from "@kubernetes/client-node";

/** A kubeconfig for tests, which leads to a server in the clear, such as `testServer` of `apiserver-ts/testing` gives. */
export function kubeConfigFor(url: string): KubeConfig {
  const config = new KubeConfig();
  const name = "test";
  config.loadFromOptions({
    // Without this it refuses what is in the clear.
    clusters: [{ name, server: url, skipTLSVerify: true }],
    users: [{ name }],
    contexts: [{ name, cluster: name, user: name }],
    currentContext: name,
  });
  return config;
}

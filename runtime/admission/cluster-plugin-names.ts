/** The plugins that judge writes by what the cluster says, in the order in which they are asked. */
export const clusterPluginNames = [
  "NamespaceLifecycle",
  "MutatingAdmissionWebhook",
  "ValidatingAdmissionWebhook",
] as const;

/** The name of a plugin that judges writes by what the cluster says. */
export type ClusterPluginName = (typeof clusterPluginNames)[number];

/** A user that no file of an image belongs to. */
const user = 65532;

/**
 * Whom pods run as, and what the kernel lets them do: what the strictest of the pod security standards asks.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
export const podSecurity = {
  runAsNonRoot: true,
  runAsUser: user,
  runAsGroup: user,
  fsGroup: user,
  seccompProfile: { type: "RuntimeDefault" },
};

/** What containers may do: nothing but what they are for, in a root that they cannot write to. */
export const containerSecurity = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};

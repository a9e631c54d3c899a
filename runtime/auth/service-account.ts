import { checkDnsLabel, checkDnsSubdomain } from "../meta/names.ts";

/** A service account, as the name of its user tells it. */
export interface ServiceAccount {
  readonly namespace: string;
  readonly name: string;
}

const userPrefix = "system:serviceaccount:";
const allGroup = "system:serviceaccounts";

/**
 * The service account whose user has this name; undefined for the user of anything else.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/authentication/serviceaccount#SplitUsername
 */
export function serviceAccountOf(userName: string): ServiceAccount | undefined {
  if (!userName.startsWith(userPrefix)) return undefined;
  const [namespace = "", name = "", ...rest] = userName.slice(userPrefix.length).split(":", 3);
  const fits = rest.length === 0 && checkDnsLabel(namespace).length === 0 && checkDnsSubdomain(name).length === 0;
  return fits ? { namespace, name } : undefined;
}

/** The groups of every service account of a namespace. */
export function serviceAccountGroups(namespace: string): readonly string[] {
  return [allGroup, `${allGroup}:${namespace}`];
}

import type { UserInfo } from "../meta/user-info.ts";
import type { Waiting } from "./authenticator.ts";
import { forbidden, type AuthorizationAttributes, type Authorizer } from "./authorizer.ts";
import { serviceAccountGroups, serviceAccountOf } from "./service-account.ts";
import { allAuthenticated, allUnauthenticated, anonymousUser } from "./well-known.ts";

/** Who asks to act for another, of whom it is asked, and what for. */
export interface Impersonation {
  readonly authorizer: Authorizer;
  readonly requestor: UserInfo;
  /** The path of the request, for the texts of errors. */
  readonly path: string;
  readonly waiting: Waiting;
}

/**
 * The user that a request is to be made as, once the requestor turns out to have the right to impersonate every part
 * of it: name, UID, each group and each extra value. Throws 403 for the first that is not allowed.
 * https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export async function impersonatedUser(by: Impersonation, wanted: UserInfo): Promise<UserInfo> {
  const { name, uid, groups, extra } = wanted;
  const account = serviceAccountOf(name);
  if (account === undefined) await requireRight(by, { resource: "users", name });
  else await requireRight(by, { resource: "serviceaccounts", ...account });
  if (uid !== "") await requireRight(by, { ...authentication, resource: "uids", name: uid });
  for (const group of groups) await requireRight(by, { resource: "groups", name: group });
  for (const [key, values] of Object.entries(extra)) {
    const part = { ...authentication, resource: "userextras", subresource: key };
    for (const value of values) await requireRight(by, { ...part, name: value });
  }
  // Those of a service account follow from its namespace; whoever names others is taken at their word.
  const own = account !== undefined && groups.length === 0 ? serviceAccountGroups(account.namespace) : groups;
  return { name, uid, groups: withStandingGroup(name, own), extra };
}

function withStandingGroup(name: string, groups: readonly string[]): readonly string[] {
  if (groups.includes(allUnauthenticated)) return groups;
  const standing = name === anonymousUser.name ? allUnauthenticated : allAuthenticated;
  return groups.includes(standing) ? groups : [...groups, standing];
}

/** Part of a user, as a resource on which there may be the right to impersonate. */
type UserPart = Pick<AuthorizationAttributes, "resource" | "name"> & Partial<AuthorizationAttributes>;

const authentication = { apiGroup: "authentication.k8s.io", apiVersion: "v1" };

async function requireRight({ authorizer, requestor, path, waiting }: Impersonation, part: UserPart): Promise<void> {
  const attributes: AuthorizationAttributes = {
    isResourceRequest: true,
    path,
    verb: "impersonate",
    apiGroup: "",
    apiVersion: "v1",
    namespace: "",
    subresource: "",
    fieldSelector: "",
    labelSelector: "",
    ...part,
  };
  const decision = await authorizer(requestor, attributes, waiting);
  if (!decision.allowed) throw forbidden(requestor, attributes, decision.reason);
}

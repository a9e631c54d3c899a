import type { UserInfo } from "../meta/user-info.ts";

/** The group whose members may do everything, whatever the authorizer says elsewhere. */
export const systemMasters = "system:masters";
/** The group of every user that an authenticator recognised. */
export const allAuthenticated = "system:authenticated";
/** The group of the anonymous user. */
export const allUnauthenticated = "system:unauthenticated";

/**
 * Who makes a request that brings no credential.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#anonymous-requests
 */
export const anonymousUser: UserInfo = Object.freeze({
  name: "system:anonymous",
  uid: "",
  groups: Object.freeze([allUnauthenticated]),
  extra: Object.freeze({}),
});

/** Whether the user is nobody that an authenticator recognised. */
export function isAnonymous(user: UserInfo): boolean {
  return user.name === anonymousUser.name || user.groups.includes(allUnauthenticated);
}

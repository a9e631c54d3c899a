import { unauthorized } from "../meta/status-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { ClientCertificate, Credentials } from "./authenticator.ts";
import { allAuthenticated } from "./well-known.ts";

/**
 * Recognises users by a verified client certificate: the common name is the user, the organizations are the groups.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
export function authenticateClientCertificate(credentials: Credentials): UserInfo | undefined {
  const certificate = credentials.clientCertificate;
  if (certificate === undefined) return undefined;
  if (!certificate.verified) throw unauthorized();
  if (certificate.commonName === "") return undefined;
  let user = users.get(certificate);
  if (user === undefined) {
    user = userOf(certificate);
    users.set(certificate, user);
  }
  return user;
}

// All requests of a connection bring the same certificate.
const users = new WeakMap<ClientCertificate, UserInfo>();

function userOf({ commonName, organizations }: ClientCertificate): UserInfo {
  const groups = organizations.includes(allAuthenticated) ? organizations : [...organizations, allAuthenticated];
  return Object.freeze({ name: commonName, uid: "", groups: Object.freeze([...groups]), extra: Object.freeze({}) });
}

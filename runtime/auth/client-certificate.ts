import { unauthorized } from "../meta/status-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { Credentials } from "./authenticator.ts";

/**
 * Recognises users by a verified client certificate: the common name is the user, the organizations are the groups.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
export async function authenticateClientCertificate(credentials: Credentials): Promise<UserInfo | undefined> {
  const certificate = credentials.clientCertificate;
  if (certificate === undefined) return undefined;
  if (!certificate.verified) throw unauthorized();
  if (certificate.commonName === "") return undefined;
  return { name: certificate.commonName, uid: "", groups: certificate.organizations, extra: {} };
}

import { createHash } from "node:crypto";
import { unauthorized } from "../meta/status-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import type { Authenticator, ClientCertificate, Credentials } from "./authenticator.ts";
import type { CaBundle } from "./ca-bundle.ts";
import { allAuthenticated } from "./well-known.ts";

/**
 * Recognises users by a client certificate of these authorities alone, as they are when a request comes: the common name
 * is the user, the organizations are the groups. Without authorities it knows nobody.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#x509-client-certificates
 */
export function clientCertificateAuthenticator(authorities: () => CaBundle | undefined): Authenticator {
  return ({ clientCertificate, receivedAtMs }) => {
    const bundle = authorities();
    if (clientCertificate === undefined || bundle === undefined) return undefined;
    if (!bundle.vouchesFor(clientCertificate, receivedAtMs)) throw notOurs;
    return userOf(clientCertificate);
  };
}

// The requests of those whom another authenticator knows throw it too, so it is made but once.
const notOurs = new Error("the client certificate was not issued by an authority of clients, or is not valid now");

/** Recognises users by a client certificate that the listener has verified: for a listener that trusts authorities of users alone. */
export function authenticateClientCertificate(credentials: Credentials): UserInfo | undefined {
  const certificate = credentials.clientCertificate;
  if (certificate === undefined) return undefined;
  if (!certificate.verified) throw unauthorized();
  return userOf(certificate);
}

// All requests of a connection bring the same certificate.
const users = new WeakMap<ClientCertificate, UserInfo>();

function userOf(certificate: ClientCertificate): UserInfo | undefined {
  if (certificate.commonName === "") return undefined;
  let user = users.get(certificate);
  if (user === undefined) {
    user = readUser(certificate);
    users.set(certificate, user);
  }
  return user;
}

/** Under which the Go server tells the certificate. https://pkg.go.dev/k8s.io/apiserver/pkg/authentication/user#CredentialIDKey */
const credentialIdKey = "authentication.kubernetes.io/credential-id";

function readUser({ commonName, organizations, uids = [], der }: ClientCertificate): UserInfo {
  const [uid = "", ...more] = uids;
  if (more.length > 0 || (uids.length > 0 && uid === "")) throw new Error("the certificate has no one user id");
  const groups = organizations.includes(allAuthenticated) ? organizations : [...organizations, allAuthenticated];
  const credentialId = `X509SHA256=${createHash("sha256").update(der).digest("hex")}`;
  const extra = Object.freeze({ [credentialIdKey]: Object.freeze([credentialId]) });
  return Object.freeze({ name: commonName, uid, groups: Object.freeze([...groups]), extra });
}

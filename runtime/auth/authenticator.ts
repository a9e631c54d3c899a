import { unauthorized } from "../meta/status-error.ts";
import type { UserInfo } from "../meta/user-info.ts";
import { allAuthenticated, anonymousUser, isAnonymous } from "./well-known.ts";

/** A certificate that the client presented on its TLS connection. */
export interface ClientCertificate {
  /** Whether it was issued, for client use, by an authority that the listener trusts, and is valid now. */
  readonly verified: boolean;
  /** The last common name of the subject; empty if it has none. */
  readonly commonName: string;
  /** The subject's organizations. */
  readonly organizations: readonly string[];
  /** The user ids of the subject, of which there may be one. */
  readonly uids?: readonly string[];
  /** The certificate itself, in DER. */
  readonly der: Uint8Array;
  /**
   * Certificates in DER of which some may lead from this one to its authority. The client may have made them up: what
   * they say counts only once their signatures have been verified.
   */
  readonly issuers: readonly Uint8Array[];
}

/** What a request brings that may tell who makes it. */
export interface Credentials {
  readonly clientCertificate: ClientCertificate | undefined;
  /** From `Authorization: Bearer …`. */
  readonly bearerToken: string | undefined;
  /** The value of a header by its lower-case name; several are joined by commas, except for those that HTTP says to keep apart. */
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  /** Names and values of all headers in turn, as they were sent; each character is one byte. */
  readonly rawHeaders: readonly string[];
  /** When the request came, in milliseconds since 1970. */
  readonly receivedAtMs: number;
}

/** How long anybody waits for the answer. The signal may be made only when it is asked for. */
export interface Waiting {
  /** Aborts when nobody does any more. */
  readonly signal: AbortSignal;
}

/**
 * Tells who makes a request. Undefined where the credentials are not of its kind; throws where they are, but are no good.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/authentication/authenticator#Request
 */
export type Authenticator = (
  credentials: Credentials,
  waiting: Waiting,
) => Promise<UserInfo | undefined> | UserInfo | undefined;

/**
 * The first user that an authenticator recognises, as a member of system:authenticated; the anonymous user where no
 * credential was presented. A credential that nobody accepts is a 401, never anonymous.
 */
export async function authenticate(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
  waiting: Waiting,
): Promise<UserInfo> {
  let failure: unknown;
  for (const authenticator of authenticators) {
    try {
      const answer = authenticator(credentials, waiting);
      const user = answer instanceof Promise ? await answer : answer;
      if (user !== undefined) return asAuthenticated(user);
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure !== undefined) throw unauthorizedBecause(failure);
  const presented = credentials.bearerToken !== undefined || credentials.clientCertificate !== undefined;
  if (presented) throw unauthorized();
  return anonymousUser;
}

/** Whom a proxy passes on may be nobody that it knows. */
function asAuthenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(allAuthenticated) || isAnonymous(user)) return user;
  return { ...user, groups: [...user.groups, allAuthenticated] };
}

// What exactly was wrong with a credential is for the log, not for whoever presented it.
function unauthorizedBecause(cause: unknown): Error {
  const error = unauthorized();
  error.cause = cause;
  return error;
}

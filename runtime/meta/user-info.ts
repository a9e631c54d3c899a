/**
 * Who makes a request, as an authenticator established it.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/authentication/user
 */
export interface UserInfo {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: { readonly [key: string]: readonly string[] };
}

/** A certificate and its private key, each in PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

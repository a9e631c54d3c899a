import { X509Certificate } from "node:crypto";
import type { NamedCertificate, ServingPairSource } from "../http/listener-tls.ts";
import { watchKeyPair, type WatchedKeyPair, type WatchOptions } from "./certificate-files.ts";
import type { KeyPair } from "./key-pair.ts";
import type { ServingFlags, SniFlag } from "./serving-flags.ts";
import { StartError } from "./start-error.ts";

/** What flags say of the certificates that the listener shows. */
export interface CertificateFlags extends ServingFlags {
  readonly tlsCertFile: string | undefined;
  readonly tlsPrivateKeyFile: string | undefined;
}

/** The certificates that the listener shows, kept up with their files. */
export interface ListenerCertificates {
  /** All of the listener's TLS but the authorities of its clients. */
  readonly tls: {
    readonly source: ServingPairSource;
    readonly named: readonly NamedCertificate[];
    readonly minVersion?: NonNullable<ServingFlags["tlsMinVersion"]>;
    readonly ciphers?: string;
  };
  /** No longer looks at the files. */
  close(): void;
}

/**
 * Opens the certificates that flags name; `otherwise` is served where they name none.
 * Throws a StartError that says what is wrong with them.
 */
export async function openListenerCertificates(
  flags: CertificateFlags,
  otherwise: KeyPair | undefined,
  options: WatchOptions,
): Promise<ListenerCertificates> {
  const { tlsCertFile, tlsPrivateKeyFile, tlsMinVersion, tlsCipherSuites } = flags;
  const watched: WatchedKeyPair[] = [];
  const close = (): void => {
    for (const files of watched) files.close();
  };
  const open = async (flag: string, certFile: string, keyFlag: string, keyFile: string): Promise<WatchedKeyPair> => {
    const files = await watchKeyPair({ flag, file: certFile }, { flag: keyFlag, file: keyFile }, options);
    watched.push(files);
    return files;
  };
  try {
    const source: ServingPairSource =
      tlsCertFile === undefined || tlsPrivateKeyFile === undefined
        ? unchanging(otherwise)
        : await open("--tls-cert-file", tlsCertFile, "--tls-private-key-file", tlsPrivateKeyFile);
    const named: NamedCertificate[] = [];
    for (const sni of flags.tlsSniCertKey) {
      const files = await open(sniFlag, sni.certFile, sniFlag, sni.keyFile);
      named.push({ names: namesOf(sni, files.pair().cert), source: files });
    }
    const minVersion = tlsMinVersion === undefined ? {} : { minVersion: tlsMinVersion };
    const ciphers = tlsCipherSuites === undefined ? {} : { ciphers: tlsCipherSuites };
    return { tls: { source, named, ...minVersion, ...ciphers }, close };
  } catch (error) {
    close();
    throw error;
  }
}

function unchanging(pair: KeyPair | undefined): ServingPairSource {
  if (pair === undefined) throw new StartError("there is no certificate to serve; give --tls-cert-file");
  return { pair: () => ({ key: pair.key, cert: pair.certificate }), onChange: () => undefined };
}

const sniFlag = "--tls-sni-cert-key";

function namesOf({ names, certFile }: SniFlag, certificate: string): readonly string[] {
  if (names.length > 0) return names;
  const { subjectAltName = "" } = new X509Certificate(certificate);
  const found = subjectAltName.split(", ").flatMap((name) => (name.startsWith("DNS:") ? [name.slice(4)] : []));
  if (found.length > 0) return found;
  throw new StartError(`${sniFlag}: the certificate in ${certFile} has no DNS names; give some after a colon`);
}

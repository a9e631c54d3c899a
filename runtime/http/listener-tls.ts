import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions, type SecureVersion } from "node:tls";
import type { FastifyBaseLogger } from "fastify";

/** A certificate, with what leads from it to its authority, and its key; in PEM. */
export interface ServingPair {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
}

/** A certificate that may be replaced while the server runs; listeners are called after that. */
export interface ServingPairSource {
  pair(): ServingPair;
  onChange(listener: () => void): unknown;
}

/** Authorities of client certificates that may change while the server runs; in PEM. */
export interface ClientCaSource {
  bundle(): string;
  onChange(listener: () => void): unknown;
}

/** A certificate for clients that ask for one of these names; `*.example.com` stands for one label more. */
export interface NamedCertificate {
  readonly names: readonly string[];
  readonly source: ServingPairSource;
}

/** How the listener proves who it is, and whose client certificates it takes. */
export type TlsOptions = (ServingPair | { readonly source: ServingPairSource }) & {
  /** The authorities of client certificates; without any, none is asked for. */
  readonly clientCa?: string | Buffer | ClientCaSource;
  /** By the name that clients ask for. */
  readonly named?: readonly NamedCertificate[];
  /** TLS 1.2 if unset. */
  readonly minVersion?: SecureVersion;
  /** By the names of OpenSSL, with colons between them; Node's own choice if unset. */
  readonly ciphers?: string;
};

/** What is to be said of the certificate that is being served. */
export interface ServingCertificate {
  /** When it expires, in milliseconds since 1970. */
  readonly notAfterMs: number;
}

/** What of Node's server is used. */
interface SecureServer {
  setSecureContext(options: SecureContextOptions): void;
}

/**
 * What a listener shows and asks of its clients, kept up with its sources: connections that begin after a change see it.
 * A certificate that cannot be used is not, and the last that could be stays.
 * Old TLS sessions cannot be resumed after a change, so that clients prove anew who they are.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/server/dynamiccertificates
 */
export class ListenerTls {
  readonly #options: TlsOptions;
  #certificate: ServingCertificate;
  #contexts: ReadonlyMap<string, SecureContext>;

  constructor(options: TlsOptions) {
    this.#options = options;
    this.#certificate = certificateOf(pairOf(options));
    this.#contexts = this.#namedContexts();
  }

  /** The certificate that new connections are shown. */
  get certificate(): ServingCertificate {
    return this.#certificate;
  }

  /** What Node's server begins with. */
  serverOptions(): object {
    const { named = [], clientCa } = this.#options;
    return {
      ...this.#contextOptions(pairOf(this.#options)),
      // A client without a certificate, or with one that is no good, gets an answer rather than a broken handshake.
      ...(clientCa === undefined ? {} : { requestCert: true, rejectUnauthorized: false }),
      ...(named.length === 0 ? {} : { SNICallback: this.#chooseContext }),
    };
  }

  /** Keeps a server up with the sources. */
  follow(server: SecureServer, log: FastifyBaseLogger): void {
    const renew = (): void => {
      try {
        const pair = pairOf(this.#options);
        const certificate = certificateOf(pair);
        const contexts = this.#namedContexts();
        server.setSecureContext(this.#contextOptions(pair));
        this.#certificate = certificate;
        this.#contexts = contexts;
        log.info({ notAfter: new Date(certificate.notAfterMs).toISOString() }, "certificates replaced");
      } catch (error) {
        log.error({ err: error }, "certificates cannot be replaced");
      }
    };
    const { clientCa, named = [] } = this.#options;
    if ("source" in this.#options) this.#options.source.onChange(renew);
    if (isClientCaSource(clientCa)) clientCa.onChange(renew);
    for (const { source } of named) source.onChange(renew);
  }

  #contextOptions({ key, cert }: ServingPair): SecureContextOptions {
    const { clientCa, minVersion = "TLSv1.2", ciphers } = this.#options;
    const ca = isClientCaSource(clientCa) ? clientCa.bundle() : clientCa;
    return {
      key,
      cert,
      minVersion,
      ...(ciphers === undefined ? {} : { ciphers }),
      // Without authorities Node would take those that browsers trust.
      ...(ca === undefined ? {} : { ca: ca.length === 0 ? [] : ca }),
    };
  }

  #namedContexts(): Map<string, SecureContext> {
    const contexts = new Map<string, SecureContext>();
    for (const { names, source } of this.#options.named ?? []) {
      const context = createSecureContext(this.#contextOptions(source.pair()));
      // As in the Go server, the first that has a name keeps it.
      for (const name of names) if (!contexts.has(name)) contexts.set(name.toLowerCase(), context);
    }
    return contexts;
  }

  readonly #chooseContext = (name: string, choose: (error: Error | null, context?: SecureContext) => void): void => {
    const lower = name.toLowerCase();
    const dot = lower.indexOf(".");
    choose(null, this.#contexts.get(lower) ?? (dot === -1 ? undefined : this.#contexts.get(`*${lower.slice(dot)}`)));
  };
}

function pairOf(options: TlsOptions): ServingPair {
  return "source" in options ? options.source.pair() : options;
}

function isClientCaSource(clientCa: TlsOptions["clientCa"]): clientCa is ClientCaSource {
  return typeof clientCa === "object" && "bundle" in clientCa;
}

function certificateOf({ cert }: ServingPair): ServingCertificate {
  return { notAfterMs: Date.parse(new X509Certificate(cert).validTo) };
}

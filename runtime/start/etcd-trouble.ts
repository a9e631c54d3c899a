/** What to do about a failure of the connection to etcd, and whether waiting might help. */
export interface Remedy {
  readonly advice: string;
  readonly passes: boolean;
}

/** Messages of Node, OpenSSL and of the client, and what they come down to; the first that fits is taken. */
const remedies: readonly (readonly [message: RegExp, Remedy])[] = [
  [
    /does not match certificate's altnames/i,
    { advice: "name it in --etcd-servers as its certificate does", passes: false },
  ],
  [
    /alert (bad certificate|certificate required|unknown ca|unsupported certificate|handshake failure|certificate)/i,
    { advice: "it wants a certificate that it knows: give --etcd-certfile and --etcd-keyfile", passes: false },
  ],
  [
    /self.signed certificate|issuer certificate|verify the first certificate|certificate signature failure/i,
    { advice: "give --etcd-cafile the authorities that signed its certificate", passes: false },
  ],
  [/certificate (has expired|is not yet valid)/i, { advice: "renew its certificate, or set the clock", passes: false }],
  [
    /wrong version number|packet length too long|before secure TLS connection/i,
    { advice: "see that etcd listens there, and write http in --etcd-servers if it uses no TLS", passes: true },
  ],
  [
    /connection was closed|socket hang up|ECONNRESET|HTTP\/2/,
    { advice: "see that etcd listens there, and write https in --etcd-servers if it uses TLS", passes: true },
  ],
];

const unknown: Remedy = { advice: "see that etcd runs there, and that --etcd-servers is right", passes: true };

/** Finds what to do about a failure by its message. */
export function remedyFor(message: string): Remedy {
  return remedies.find(([pattern]) => pattern.test(message))?.[1] ?? unknown;
}

import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import tls, { type ConnectionOptions, type PeerCertificate, type TLSSocket } from "node:tls";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { authorizeLocally } from "../../runtime/auth/local-authorizer.ts";
import { ListenerTls, type ServingPair } from "../../runtime/http/listener-tls.ts";
import { issueServing } from "../../runtime/start/issue-certificates.ts";
import type { KeyPair } from "../../runtime/start/key-pair.ts";
import {
  http2Session,
  issueAll,
  listen,
  overHttp1,
  overHttp2,
  type Certificates,
  type Listening,
} from "./tls-fixture.ts";
import { widgets } from "./widget-app.ts";

let certificates: Certificates;
let strangers: Certificates;
/** A later certificate of the same server. */
let renewed: KeyPair;

beforeAll(async () => {
  certificates = await issueAll();
  strangers = await issueAll();
  renewed = await issueServing(certificates.authority, "127.0.0.1", new Date());
});

/** Something that tells when it changes. */
class Changing<T> {
  #current: T;
  readonly #listeners: (() => void)[] = [];

  constructor(first: T) {
    this.#current = first;
  }

  readonly get = (): T => this.#current;
  readonly onChange = (listener: () => void): void => void this.#listeners.push(listener);

  set(value: T): void {
    this.#current = value;
    for (const listener of this.#listeners) listener();
  }
}

function asPair({ key, certificate: cert }: KeyPair): ServingPair {
  return { key, cert };
}

async function listening(tlsOptions: object, options: object = {}): Promise<Listening> {
  const server = await listen(certificates, { tls: tlsOptions, ...options });
  onTestFinished(() => server.app.close());
  return server;
}

async function connect({ port }: Listening, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = tls.connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function shown(server: Listening, options: ConnectionOptions = {}): Promise<string> {
  const peer: PeerCertificate = (await connect(server, options)).getPeerCertificate();
  return peer.serialNumber;
}

function serial({ certificate }: KeyPair): string {
  return new X509Certificate(certificate).serialNumber;
}

test("new connections are shown a new certificate, and old ones go on", async () => {
  const pair = new Changing(asPair(certificates.serving));
  const server = await listening({ source: { pair: pair.get, onChange: pair.onChange } });
  const session = await http2Session(server, certificates.client);
  expect(await shown(server)).toBe(serial(certificates.serving));
  pair.set(asPair(renewed));
  expect(await shown(server)).toBe(serial(renewed));
  expect((await overHttp2(session, widgets)).status).toBe(200);
  session.close();
});

test.each([
  ["no certificate", () => ({ key: renewed.key, cert: "nothing" })],
  ["a key of another certificate", () => ({ key: certificates.client.key, cert: renewed.certificate })],
])("where %s comes the old one stays, and that is told", async (_what, made) => {
  const lines: string[] = [];
  const pair = new Changing(asPair(certificates.serving));
  const logger = { stream: { write: (line: string) => void lines.push(line) } };
  const server = await listening({ source: { pair: pair.get, onChange: pair.onChange } }, { logger });
  pair.set(made());
  expect(await shown(server)).toBe(serial(certificates.serving));
  expect(lines.join("")).toContain("certificates cannot be replaced");
  pair.set(asPair(renewed));
  expect(await shown(server)).toBe(serial(renewed));
});

test("it is known when the certificate runs out that is shown now", () => {
  const later = new Date(Date.parse(new X509Certificate(renewed.certificate).validTo));
  const pair = new Changing(asPair(certificates.serving));
  const listener = new ListenerTls({ source: { pair: pair.get, onChange: pair.onChange } });
  const quiet = { info: () => undefined, error: () => undefined };
  listener.follow({ setSecureContext: () => undefined }, quiet as never);
  pair.set(asPair(renewed));
  expect(listener.certificate).toEqual({ notAfterMs: later.getTime() });
});

test("new connections are judged by new authorities, and old TLS sessions are no way around", async () => {
  const ca = new Changing(certificates.authority.certificate);
  const clientCa = { bundle: ca.get, onChange: ca.onChange };
  const server = await listening({ clientCa }, { authorizer: authorizeLocally });
  const { key, certificate: cert } = certificates.client;
  const statuses = async (): Promise<readonly number[]> => {
    const [ours, theirs] = [certificates.client, strangers.client];
    const answers = [
      overHttp1(server, "/livez", {}, { client: ours }),
      overHttp1(server, "/livez", {}, { client: theirs }),
    ];
    return (await Promise.all(answers)).map(({ status }) => status);
  };
  expect(await statuses()).toEqual([200, 401]);
  const first = await connect(server, { key, cert });
  const [session] = (await once(first.resume(), "session")) as [Buffer];
  const again = await connect(server, { key, cert, session });
  expect(again.isSessionReused()).toBe(true);
  ca.set(strangers.authority.certificate);
  expect(await statuses()).toEqual([401, 200]);
  const resumed = await connect(server, { key, cert, session });
  expect(resumed.isSessionReused()).toBe(false);
  ca.set(certificates.authority.certificate + strangers.authority.certificate);
  expect(await statuses()).toEqual([200, 200]);
  ca.set("");
  expect(await statuses()).toEqual([401, 401]);
});

test("clients that ask for a name are shown its certificate", async () => {
  const named = async (names: string[], pair: KeyPair) => {
    const changing = new Changing(asPair(pair));
    return { names, source: { pair: changing.get, onChange: changing.onChange }, changing };
  };
  const exact = await named(["cats.example.com"], strangers.serving);
  const wild = await named(["*.example.com"], renewed);
  const server = await listening({ named: [exact, wild] });
  expect(await shown(server)).toBe(serial(certificates.serving));
  expect(await shown(server, { servername: "elsewhere.com" })).toBe(serial(certificates.serving));
  expect(await shown(server, { servername: "Cats.Example.com" })).toBe(serial(strangers.serving));
  expect(await shown(server, { servername: "dogs.example.com" })).toBe(serial(renewed));
  expect(await shown(server, { servername: "a.dogs.example.com" })).toBe(serial(certificates.serving));
  exact.changing.set(asPair(renewed));
  expect(await shown(server, { servername: "cats.example.com" })).toBe(serial(renewed));
});

test("clients of a certificate by name are judged by the same authorities", async () => {
  const ca = new Changing(strangers.authority.certificate);
  const source = { pair: () => asPair(renewed), onChange: () => undefined };
  const clientCa = { bundle: ca.get, onChange: ca.onChange };
  const server = await listening({ named: [{ names: ["localhost"], source }], clientCa });
  ca.set(certificates.authority.certificate);
  const { key, certificate: cert } = certificates.client;
  const socket = await connect(server, { key, cert, servername: "localhost" });
  let received = "";
  socket.on("data", (chunk: Buffer) => (received += chunk.toString()));
  socket.write("GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  await once(socket, "end");
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
});

test("old versions of TLS and ciphers that are not wanted are refused", async () => {
  const server = await listening({ minVersion: "TLSv1.3" });
  await expect(connect(server, { maxVersion: "TLSv1.2" })).rejects.toThrow(/version/);
  const picky = await listening({ ciphers: "TLS_AES_128_GCM_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256" });
  await expect(connect(picky, { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" })).rejects.toThrow(
    /handshake/,
  );
  expect((await connect(picky, { maxVersion: "TLSv1.2" })).getCipher().name).toBe("ECDHE-ECDSA-AES128-GCM-SHA256");
});

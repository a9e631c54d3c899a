import * as https from "node:https";
import { createSecureContext, type SecureContext } from "node:tls";
import type { ClusterConfig } from "./config.ts";
import { CurrentText } from "./current-text.ts";

/** Connections for requests are few, and kept for a while; one that waits for a connection does so within its time. */
const connectionsMax = 64;
/** Well below the 90 seconds after which Go's servers close them, so that requests do not meet closed ones. */
const idleMs = 30_000;
/** A connection that is dead but not closed is noticed some ten seconds later. */
const probeAfterMs = 20_000;

/** Ways to connect that share the same certificates. */
export interface Agents {
  readonly requests: https.Agent;
  /** Each watch has a connection of its own, for as long as it lasts. */
  readonly watches: https.Agent;
}

/** The agents of a client, made anew when the files of its certificates have changed. */
export class ClusterAgents {
  readonly #texts: readonly (CurrentText | undefined)[];
  #known: readonly (string | undefined)[] = [];
  #agents: Agents | undefined;

  constructor({ authority, clientCertificate }: ClusterConfig) {
    this.#texts = [authority, clientCertificate?.certificate, clientCertificate?.key].map((source) =>
      source === undefined ? undefined : new CurrentText(source),
    );
  }

  /** Keeps the last good ones while a certificate and its key do not fit together; throws where there are none. */
  async current(): Promise<Agents> {
    const texts = await Promise.all(this.#texts.map(async (text) => text?.get()));
    if (this.#agents !== undefined && texts.every((text, index) => text === this.#known[index])) return this.#agents;
    const [ca, cert, key] = texts;
    let context: SecureContext;
    try {
      context = createSecureContext({ ca, cert, key });
    } catch (error) {
      if (this.#agents === undefined) throw error;
      return this.#agents;
    }
    if (this.#agents !== undefined) retire(this.#agents.requests);
    this.#known = texts;
    this.#agents = agentsWith(context);
    return this.#agents;
  }

  /** Has the certificates read again before the next request. */
  forget(): void {
    for (const text of this.#texts) text?.forget();
  }

  close(): void {
    this.#agents?.requests.destroy();
    this.#agents?.watches.destroy();
  }
}

function agentsWith(secureContext: SecureContext): Agents {
  return {
    requests: new https.Agent({
      secureContext,
      keepAlive: true,
      keepAliveMsecs: probeAfterMs,
      maxSockets: connectionsMax,
      timeout: idleMs,
    }),
    watches: new https.Agent({ secureContext, keepAlive: false }),
  };
}

/** Lets what is under way end, and keeps no connection after it. */
function retire(agent: https.Agent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

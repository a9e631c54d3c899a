import { Agent, type RequestOptions } from "node:https";
import type { LookupFunction } from "node:net";
import type { ClientConfig } from "./configuration.ts";

/** Where a webhook is asked, or why it cannot be. */
export type Endpoint = { readonly url: URL; readonly options: RequestOptions } | { readonly problem: string };

/** The endpoints of webhooks; those that are the same share connections. */
export interface Endpoints {
  at(config: ClientConfig): Endpoint;
  /** Closes the connections. */
  close(): void;
}

const httpsPort = 443;
/** Connections to one endpoint; more calls than these wait for one of them. */
const connectionsMax = 64;
const idleConnectionsMax = 8;
const idleMs = 90_000;
const agentsMax = 200;

/** Endpoints whose names are looked up by `lookup`, or as Node does. */
export function webhookEndpoints(lookup?: LookupFunction): Endpoints {
  const agents = new Map<string, Agent>();
  const agentFor = (key: string, options: object): Agent => {
    const known = agents.get(key);
    if (known !== undefined) return known;
    const [oldest] = agents.keys();
    // Its connections close when they have been idle for a while.
    if (agents.size >= agentsMax && oldest !== undefined) agents.delete(oldest);
    const agent = new Agent(options);
    agents.set(key, agent);
    return agent;
  };
  return {
    at(config) {
      const target = targetOf(config);
      if (typeof target === "string") return { problem: target };
      const { url, servername } = target;
      const { caBundle = "" } = config;
      const connection = {
        ...(servername === undefined ? {} : { servername }),
        ...(caBundle === "" ? {} : { ca: Buffer.from(caBundle, "base64") }),
        ...(lookup === undefined ? {} : { lookup }),
      };
      const agent = agentFor(JSON.stringify([url.host, servername, caBundle]), {
        ...connection,
        keepAlive: true,
        maxSockets: connectionsMax,
        maxFreeSockets: idleConnectionsMax,
        timeout: idleMs,
      });
      return { url, options: { agent } };
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      agents.clear();
    },
  };
}

interface Target {
  readonly url: URL;
  /** The name that the certificate must be for, where that is not the URL's. */
  readonly servername?: string;
}

/** Gives what is wrong with a configuration where that keeps the webhook from being asked. */
function targetOf({ url, service }: ClientConfig): Target | string {
  if (service !== undefined) {
    const servername = `${service.name}.${service.namespace}.svc`;
    const { port = httpsPort, path = "" } = service;
    return { url: new URL(path.startsWith("/") ? path : `/${path}`, `https://${servername}:${port}`), servername };
  }
  if (url === undefined) return "webhook configuration must have either service or URL";
  if (!URL.canParse(url)) return `Unparsable URL: ${url}`;
  const parsed = new URL(url);
  return parsed.protocol === "https:" ? { url: parsed } : `the URL ${url} is not one of https`;
}

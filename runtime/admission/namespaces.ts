import { ClusterError, type ClusterClient } from "../cluster/client.ts";
import { reflect, type Reflected } from "../cluster/reflector.ts";
import { isFields, type Fields } from "../meta/decode.ts";
import { notFound, type StatusError } from "../meta/status-error.ts";

/** What admission knows of a namespace. */
export interface Namespace {
  readonly labels: Readonly<Record<string, string>>;
  /** Whether it is being deleted, with all that is in it. */
  readonly terminating: boolean;
}

/** The namespaces of the cluster: a copy, and a way to ask where that may be behind. */
export interface Namespaces {
  readonly copy: Reflected<Namespace>;
  /** As the cluster has it now; undefined if there is none. Throws a ClusterError. */
  fetch(name: string, signal: AbortSignal): Promise<Namespace | undefined>;
}

const fetchTimeoutMs = 10_000;

/** Begins to copy the namespaces of a cluster. */
export function clusterNamespaces(client: ClusterClient, tell: (line: string) => void): Namespaces {
  const path = "/api/v1/namespaces";
  return {
    copy: reflect(client, { path, what: "namespaces", tell, decode: namespaceOf }),
    async fetch(name, signal) {
      const one = `${path}/${encodeURIComponent(name)}`;
      try {
        return namespaceOf(await client.request({ method: "GET", path: one, signal, timeoutMs: fetchTimeoutMs }));
      } catch (error) {
        if (error instanceof ClusterError && error.code === 404) return undefined;
        throw error;
      }
    },
  };
}

/** 404: there is no such namespace. */
export function namespaceNotFound(name: string): StatusError {
  return notFound({ group: "", resource: "namespaces" }, name);
}

function namespaceOf(object: unknown): Namespace {
  const { metadata, status } = fieldsOf(object);
  const labels = Object.entries(fieldsOf(fieldsOf(metadata)["labels"])).map(([key, value]) => [key, String(value)]);
  // Made of entries, so that even `__proto__` is a key like any other.
  return { labels: Object.fromEntries(labels), terminating: fieldsOf(status)["phase"] === "Terminating" };
}

function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

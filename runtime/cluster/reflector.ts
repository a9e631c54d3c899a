import { setTimeout as sleep } from "node:timers/promises";
import { ClusterError, type ClusterClient } from "./client.ts";
import { fieldsOf } from "./cluster-error.ts";
import { missingRight } from "./missing-right.ts";

/** A local copy of a collection (or of one object, by field selector), kept by list and watch. */
export interface Reflected<T> {
  readonly hasSynced: boolean;
  /** Resolves at the first sync; never if it is closed before. */
  readonly synced: Promise<void>;
  /** By `name` or `namespace/name`. */
  get(key: string): T | undefined;
  /** The same array as long as the contents are the same. */
  list(): readonly T[];
  /** Changes whenever the contents did; for memos. */
  readonly generation: number;
  /** Why it cannot sync now, naming the RBAC rule it lacks on 403; undefined when well. */
  readonly trouble: string | undefined;
  close(): void;
}

/** What is reflected. */
export interface ReflectOptions<T> {
  /** Of the collection, such as `/api/v1/namespaces`. */
  readonly path: string;
  /** More of the query, encoded, such as `fieldSelector=metadata.name%3Dx`. */
  readonly query?: string;
  /** In words, such as `namespaces`. */
  readonly what: string;
  /** Called with a line when there is trouble, and when it is over. */
  readonly tell: (line: string) => void;
  /** What is kept of an object. One for which it throws is told of and left out. */
  readonly decode: (object: unknown) => T;
  /** Called after each change of the contents, and at the first sync. */
  readonly changed?: () => void;
}

/**
 * Begins to reflect a collection. What is there is kept through failures; after each the watch goes on from the last
 * revision seen, or all is listed again where that is too old, so that no change is missed.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
 */
export function reflect<T>(client: ClusterClient, options: ReflectOptions<T>): Reflected<T> {
  const reflector = new Reflector(client, options);
  void reflector.run();
  return reflector;
}

const pageSize = 500;
/** A watch lasts between one and two times as long, so that those of many servers do not end at once. */
const watchSeconds = 300;
const firstPauseMs = 800;
const pauseMaxMs = 30_000;
/** A watch that ends sooner than this without an event is a failure: the server would be asked without pause. */
const shortWatchMs = 1000;

/** Any revision will do for the first list; one that is not known to be served is read from the store. */
const anyRevision = "0";
const newestRevision = "";

interface Held<T> {
  readonly revision: string;
  readonly value: T;
}

class Reflector<T> implements Reflected<T> {
  readonly #client: ClusterClient;
  readonly #options: ReflectOptions<T>;
  readonly #abort = new AbortController();
  readonly synced: Promise<void>;
  #markSynced: () => void = () => undefined;
  #held = new Map<string, Held<T>>();
  #values: readonly T[] | undefined;
  #revision = "";
  #failures = 0;
  hasSynced = false;
  generation = 0;
  trouble: string | undefined;

  constructor(client: ClusterClient, options: ReflectOptions<T>) {
    this.#client = client;
    this.#options = options;
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
  }

  get(key: string): T | undefined {
    return this.#held.get(key)?.value;
  }

  list(): readonly T[] {
    this.#values ??= Array.from(this.#held.values(), ({ value }) => value);
    return this.#values;
  }

  close(): void {
    this.#abort.abort();
  }

  /** Until it is closed. */
  async run(): Promise<void> {
    let listFrom: string | undefined = anyRevision;
    while (!this.#abort.signal.aborted) {
      try {
        if (listFrom !== undefined) await this.#list(listFrom);
        listFrom = undefined;
        await this.#watch();
      } catch (error) {
        const failure = asClusterError(error);
        if (this.#abort.signal.aborted) return;
        const doing = listFrom === undefined ? "watch" : "list";
        // That a revision is too old is the way of the world.
        if (failure.code !== 410) this.#setTrouble(`cannot ${doing} ${this.#options.what}: ${whyNot(failure)}`);
        listFrom = this.#listAfter(failure, doing);
        await this.#pause(failure);
      }
    }
  }

  /** The revision to list from after a failure; undefined to go on watching. */
  #listAfter({ code }: ClusterError, doing: "list" | "watch"): string | undefined {
    // The revision is too old, or one that the server has not come to yet.
    if (code === 410 || code === 504) return newestRevision;
    if (doing === "watch" && (code === 0 || code === 429)) return undefined;
    return this.#revision === "" ? anyRevision : this.#revision;
  }

  async #list(from: string): Promise<void> {
    const found = new Map<string, Held<T>>();
    let revision = "";
    let next = "";
    do {
      const page = fieldsOf(await this.#page(from, next));
      const metadata = fieldsOf(page["metadata"]);
      for (const item of itemsOf(page)) this.#take(found, item);
      revision = String(metadata["resourceVersion"] ?? "");
      next = typeof metadata["continue"] === "string" ? metadata["continue"] : "";
    } while (next !== "");
    this.#revision = revision;
    this.#replace(found);
  }

  #page(from: string, next: string): Promise<unknown> {
    const parameters = new URLSearchParams(this.#options.query);
    // With a limit, a revision would be taken for the one that is wanted, instead of the oldest that will do.
    if (from !== newestRevision && next === "") parameters.set("resourceVersion", from);
    else parameters.set("limit", String(pageSize));
    if (next !== "") parameters.set("continue", next);
    const path = `${this.#options.path}?${parameters.toString()}`;
    return this.#client.request({ method: "GET", path, signal: this.#abort.signal });
  }

  async #watch(): Promise<void> {
    const parameters = new URLSearchParams(this.#options.query);
    parameters.set("watch", "true");
    parameters.set("allowWatchBookmarks", "true");
    parameters.set("resourceVersion", this.#revision);
    parameters.set("timeoutSeconds", String(Math.floor(watchSeconds * (1 + Math.random()))));
    const path = `${this.#options.path}?${parameters.toString()}`;
    const beganMs = performance.now();
    let events = 0;
    for await (const { type, object } of this.#client.watch(path, this.#abort.signal, this.#opened)) {
      events++;
      this.#failures = 0;
      this.#apply(type, object);
    }
    if (events > 0 || performance.now() - beganMs > shortWatchMs) this.#failures = 0;
    else throw new ClusterError(0, "Unreachable", "the watch ended at once");
  }

  /** Only then all is well: the one right may be there without the other. */
  readonly #opened = (): void => this.#setWell();

  #apply(type: string, object: unknown): void {
    const { key, revision } = placeOf(object);
    switch (type) {
      case "ADDED":
      case "MODIFIED": {
        const before = this.#held.get(key);
        this.#take(this.#held, object);
        if (this.#held.get(key) !== before) this.#hasChanged();
        break;
      }
      case "DELETED":
        if (this.#held.delete(key)) this.#hasChanged();
        break;
      case "BOOKMARK":
        break;
      default:
        throw new ClusterError(0, "Unreachable", `the watch told of a change of the unknown type ${type}`);
    }
    if (revision !== "") this.#revision = revision;
  }

  /** What has not changed stays the same object, so that what is remembered of it stays good. */
  #take(into: Map<string, Held<T>>, object: unknown): void {
    const { key, revision } = placeOf(object);
    const held = this.#held.get(key);
    if (held !== undefined && held.revision === revision) {
      into.set(key, held);
      return;
    }
    try {
      into.set(key, { revision, value: this.#options.decode(object) });
    } catch (error) {
      into.delete(key);
      this.#options.tell(`${this.#options.what}: ${key} cannot be read: ${String(error)}`);
    }
  }

  #replace(found: Map<string, Held<T>>): void {
    const before = this.#held;
    this.#held = found;
    const same = before.size === found.size && [...found].every(([key, held]) => before.get(key) === held);
    const isFirst = !this.hasSynced;
    this.hasSynced = true;
    if (!same || isFirst) this.#hasChanged();
    if (isFirst) this.#markSynced();
  }

  #hasChanged(): void {
    this.generation++;
    this.#values = undefined;
    this.#options.changed?.();
  }

  #setTrouble(trouble: string): void {
    if (trouble !== this.trouble) this.#options.tell(trouble);
    this.trouble = trouble;
  }

  #setWell(): void {
    if (this.trouble !== undefined) this.#options.tell(`${this.#options.what} can be read again`);
    this.trouble = undefined;
  }

  async #pause({ retryAfterSeconds = 0 }: ClusterError): Promise<void> {
    const pauseMs = Math.min(firstPauseMs * 2 ** this.#failures, pauseMaxMs) * (0.5 + Math.random() / 2);
    this.#failures = Math.min(this.#failures + 1, 10);
    const wantedMs = Math.min(retryAfterSeconds * 1000, pauseMaxMs);
    try {
      await sleep(Math.max(pauseMs, wantedMs), undefined, { ref: false, signal: this.#abort.signal });
    } catch {
      // It was closed.
    }
  }
}

function whyNot(failure: ClusterError): string {
  return missingRight(failure) ?? failure.message;
}

function asClusterError(error: unknown): ClusterError {
  if (error instanceof ClusterError) return error;
  return new ClusterError(0, "Unreachable", error instanceof Error ? error.message : String(error), { cause: error });
}

function itemsOf(page: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { items } = page;
  return Array.isArray(items) ? items : [];
}

function placeOf(object: unknown): { readonly key: string; readonly revision: string } {
  const metadata = fieldsOf(fieldsOf(object)["metadata"]);
  const name = String(metadata["name"] ?? "");
  const namespace = String(metadata["namespace"] ?? "");
  return { key: namespace === "" ? name : `${namespace}/${name}`, revision: String(metadata["resourceVersion"] ?? "") };
}

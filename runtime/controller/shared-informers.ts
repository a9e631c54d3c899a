import type { KubeObject } from "../meta/v1.ts";
import { Informer, type InformerSurroundings } from "./informer.ts";
import { collectionPath, type Resource } from "./resource.ts";
import type { Selection } from "./resource-client.ts";

/** The informers of a manager: one for each resource and selection, whoever asks for it. */
export class SharedInformers {
  readonly #surroundings: InformerSurroundings;
  readonly #resyncPeriodMs: number;
  readonly #informers = new Map<string, Informer<never>>();

  constructor(surroundings: InformerSurroundings, resyncPeriodMs: number) {
    this.#surroundings = surroundings;
    this.#resyncPeriodMs = resyncPeriodMs;
  }

  /** The informer of a resource, which runs once all are run. */
  of<T extends KubeObject>(resource: Resource, selection: Selection = {}): Informer<T> {
    const { namespace, labelSelector = "", fieldSelector = "" } = selection;
    const key = JSON.stringify([collectionPath(resource, namespace), labelSelector, fieldSelector]);
    const known = this.#informers.get(key);
    // All who ask for a resource say the same of what its objects are.
    if (known !== undefined) return known as unknown as Informer<T>;
    const informer = new Informer<T>({ resource, selection, resyncPeriodMs: this.#resyncPeriodMs }, this.#surroundings);
    this.#informers.set(key, informer as unknown as Informer<never>);
    return informer;
  }

  /** Runs all of them until the signal says to stop. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from(this.#informers.values(), (informer) => informer.run(signal)));
  }

  /** What keeps informers from being up to date: the trouble of each that has some, or that it has not listed yet. */
  troubles(): string[] {
    return Array.from(this.#informers.values()).flatMap(({ trouble, hasSynced }) =>
      hasSynced ? (trouble ?? []) : (trouble ?? "objects are being listed"),
    );
  }
}

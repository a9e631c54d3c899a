import { Watch, type KubeConfig, type KubernetesObject } from "@kubernetes/client-node";

/** Follows the events of an informer's watches, and finds those that cannot follow what came before. */
export class EventWitness {
  /** What is wrong; empty if nothing is. */
  readonly problems: string[] = [];
  /** How many events of each type there were. */
  readonly counts = new Map<string, number>();
  /** The uid of each object that there is. */
  readonly #living = new Map<string, string>();
  #revision = 0n;
  #watches = 0;

  /** A list was made: what it holds is where the next watch starts. */
  listed(items: readonly KubernetesObject[], resourceVersion: string): void {
    this.#living.clear();
    for (const item of items) this.#living.set(keyOf(item), uidOf(item));
    this.#revision = BigInt(resourceVersion);
  }

  /** A watch whose events are looked at before the informer gets them. */
  watchOf(kubeConfig: KubeConfig): Watch {
    return new WitnessedWatch(kubeConfig, this);
  }

  /** A watch begins; gives what looks at its events, as long as no later watch has begun. */
  begin(): (type: string, object: KubernetesObject) => boolean {
    const watch = ++this.#watches;
    return (type, object) => {
      if (watch !== this.#watches) return false;
      this.#see(type, object);
      return true;
    };
  }

  #see(type: string, object: KubernetesObject): void {
    this.counts.set(type, (this.counts.get(type) ?? 0) + 1);
    if (type === "ERROR") return;
    const key = keyOf(object);
    const revision = BigInt(object.metadata?.resourceVersion ?? 0);
    const known = this.#living.get(key);
    const say = (what: string): void => void this.problems.push(`${type} of ${key} at ${revision}: ${what}`);
    if (type === "BOOKMARK" ? revision < this.#revision : revision <= this.#revision) {
      say(`comes after ${this.#revision}`);
    }
    this.#revision = revision;
    if (type === "BOOKMARK") return;
    if (type === "ADDED" && known !== undefined) say("the object is there already");
    if (type !== "ADDED" && known !== uidOf(object)) say(`the object that is there is ${known ?? "none"}`);
    if (type === "DELETED") this.#living.delete(key);
    else this.#living.set(key, uidOf(object));
  }
}

class WitnessedWatch extends Watch {
  readonly #witness: EventWitness;

  constructor(kubeConfig: KubeConfig, witness: EventWitness) {
    super(kubeConfig);
    this.#witness = witness;
  }

  override watch(...[path, query, onEvent, onDone]: Parameters<Watch["watch"]>): ReturnType<Watch["watch"]> {
    const see = this.#witness.begin();
    // Lines of a connection that is over may still come once the next one has begun: the client has them twice.
    const onSeen: typeof onEvent = (type, object: KubernetesObject, event) => {
      if (see(type, object)) onEvent(type, object, event);
    };
    return super.watch(path, query, onSeen, onDone);
  }
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

function uidOf({ metadata }: KubernetesObject): string {
  return metadata?.uid ?? "";
}

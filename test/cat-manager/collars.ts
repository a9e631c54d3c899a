import {
  controllerReference,
  defineController,
  type Finalizing,
  type Reconciliation,
  type Resource,
} from "apiserver-ts/controller";
import type { KubeObject } from "apiserver-ts/meta/v1";
import type { Cat } from "../../apis/animal/v1alpha1/cat_types.ts";

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
}

const configMaps: Resource = { group: "", version: "v1", plural: "configmaps" };

/** Digs a grave for a cat before it may go. */
const finalizing: Finalizing<Cat> = {
  finalizer: "animal.skai.io/grave",
  async finalize({ name, namespace, object, client }) {
    const grave = { kind: "ConfigMap", metadata: { name: `grave-of-${name}`, namespace: namespace ?? "default" } };
    await client.resource<ConfigMap>(configMaps).apply({ ...grave, data: { name: object.spec.name } });
  },
};

/** Gives each cat a collar, a ConfigMap of its own with its name, and says so in its status and by an event. */
export const collars = defineController<Cat>({
  name: "collars",
  for: { group: "animal.skai.io", version: "v1alpha1", plural: "cats" },
  owns: [configMaps],
  finalizing,
  reconcile: giveCollar,
});

async function giveCollar({ object: cat, own, client, known, events, log }: Reconciliation<Cat>): Promise<void> {
  if (cat.spec.quirks?.["bites"] !== undefined) {
    events.warning(cat, "Bitten", "the cat bites whoever comes with a collar");
    throw new Error("bitten");
  }
  const data = { name: cat.spec.name };
  const [collar] = known<ConfigMap>(configMaps).ownedBy(cat.metadata.uid);
  if (collar?.data?.["name"] !== data.name) {
    const metadata = {
      name: `collar-of-${cat.metadata.name}`,
      namespace: cat.metadata.namespace ?? "default",
      ownerReferences: [controllerReference(cat)],
    };
    await client.resource<ConfigMap>(configMaps).apply({ kind: "ConfigMap", metadata, data });
    events.normal(cat, "Collared", "the cat wears a collar");
    log.info("gave a collar");
  }
  const generation: number = cat.metadata.generation ?? 0;
  if (cat.status.observedGeneration === generation) return;
  await own.patchStatus(cat.metadata, { observedGeneration: generation });
}

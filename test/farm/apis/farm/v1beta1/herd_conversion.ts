import { defineConversion } from "apiserver-ts";
import type { ObjectMeta } from "apiserver-ts/meta/v1";
import type * as v1 from "../v1/herd_types.ts";
import type { Herd, HerdSpec, HerdStatus } from "./herd_types.ts";

/** Where v1beta1, which knows no temper, keeps it. */
const temperAnnotation = "farm.example.dev/temper";

/** Other names for the same things; and what only v1 has goes into an annotation, so that old clients do not lose it. */
export default defineConversion<Herd, v1.Herd>({
  toStorage({ spec, status, metadata, ...rest }) {
    const { temper, metadata: kept } = takeTemper(metadata);
    return {
      ...rest,
      metadata: kept,
      spec: { ...specToStorage(spec), ...(temper !== undefined && { temper }) },
      status: statusToStorage(status),
    };
  },
  fromStorage({ spec: { temper, ...spec }, status, metadata, ...rest }) {
    return {
      ...rest,
      metadata: temper === undefined ? metadata : keepTemper(metadata, temper),
      spec: specFromStorage(spec),
      status: statusFromStorage(status),
    };
  },
});

function takeTemper(metadata: ObjectMeta): { temper?: v1.Temper; metadata: ObjectMeta } {
  const { [temperAnnotation]: temper, ...annotations } = metadata.annotations ?? {};
  if (temper !== "Calm" && temper !== "Wild") return { metadata };
  const { annotations: _, ...kept } = metadata;
  return { temper, metadata: Object.keys(annotations).length === 0 ? kept : { ...kept, annotations } };
}

function keepTemper(metadata: ObjectMeta, temper: v1.Temper): ObjectMeta {
  return { ...metadata, annotations: { ...metadata.annotations, [temperAnnotation]: temper } };
}

function specToStorage({ size, pastureName, pastureFenced, stalls, ...same }: HerdSpec): v1.HerdSpec {
  const pasture =
    pastureName === undefined
      ? undefined
      : { name: pastureName, ...(pastureFenced !== undefined && { fenced: pastureFenced }) };
  return {
    ...same,
    ...(size !== undefined && { animals: size }),
    ...(pasture !== undefined && { pasture }),
    ...(stalls !== undefined && {
      pens: stalls.map(({ stall, capacity, ...pen }) => ({
        name: stall,
        ...(capacity !== undefined && { places: capacity }),
        ...pen,
      })),
    }),
  };
}

function specFromStorage({ animals, pasture, pens, ...same }: Omit<v1.HerdSpec, "temper">): HerdSpec {
  return {
    ...same,
    ...(animals !== undefined && { size: animals }),
    ...(pasture !== undefined && { pastureName: pasture.name }),
    ...(pasture?.fenced !== undefined && { pastureFenced: pasture.fenced }),
    ...(pens !== undefined && {
      stalls: pens.map(({ name, places, ...stall }) => ({
        stall: name,
        ...(places !== undefined && { capacity: places }),
        ...stall,
      })),
    }),
  };
}

function statusToStorage({ size, ...same }: HerdStatus): v1.HerdStatus {
  return { ...same, ...(size !== undefined && { animals: size }) };
}

function statusFromStorage({ animals, ...same }: v1.HerdStatus): HerdStatus {
  return { ...same, ...(animals !== undefined && { size: animals }) };
}

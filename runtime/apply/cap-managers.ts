import { compareBytes } from "../meta/byte-text.ts";
import { unionSets } from "./field-set.ts";
import { managerIdentifier, seconds, type Managed } from "./managed-fields.ts";

const ancientChanges = "ancient-changes";

/**
 * Puts the oldest managers by update together, for each version, until no more than `max` are left: objects would grow
 * without end where every writer has a name of its own.
 */
export function capUpdateManagers(managed: Managed, max: number): Managed {
  const updaters = [...managed.managers].filter(([, { applied }]) => !applied).map(([identifier]) => identifier);
  if (updaters.length <= max) return managed;
  const managers = new Map(managed.managers);
  const times = new Map(managed.times);
  const firstOfVersion = new Map<string, string>();
  let left = updaters.length;
  for (const identifier of updaters.sort((a, b) => byAge(managed, a, b))) {
    if (left <= max) break;
    const entry = managers.get(identifier);
    if (entry === undefined) continue;
    const first = firstOfVersion.get(entry.version);
    if (first === undefined) {
      firstOfVersion.set(entry.version, identifier);
      continue;
    }
    const bucket = managerIdentifier({
      manager: ancientChanges,
      operation: "Update",
      apiVersion: entry.version,
      subresource: "",
    });
    const gathered = managers.get(bucket) ?? managers.get(first);
    if (!managers.has(bucket)) managers.delete(first);
    managers.set(bucket, gathered === undefined ? entry : { ...entry, set: unionSets(entry.set, gathered.set) });
    managers.delete(identifier);
    left--;
    const time = managed.times.get(identifier);
    if (time !== undefined) times.set(bucket, time);
  }
  return { managers, times };
}

function byAge({ times }: Managed, a: string, b: string): number {
  return seconds(times.get(a)) - seconds(times.get(b)) || compareBytes(a, b);
}

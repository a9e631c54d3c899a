import { methodNotAllowed } from "../meta/status-error.ts";
import type { RestStorage } from "../registry/rest-storage.ts";

/** A storage that is known to have one of the methods. */
type With<Verb extends keyof RestStorage> = RestStorage & Required<Pick<RestStorage, Verb>>;

/** The storage, if it has the method for a verb; throws 405 if it has not. */
export function storageWith<Verb extends keyof RestStorage>(storage: RestStorage, verb: Verb): With<Verb> {
  if (!has(storage, verb)) throw methodNotAllowed();
  return storage;
}

function has<Verb extends keyof RestStorage>(storage: RestStorage, verb: Verb): storage is With<Verb> {
  return storage[verb] !== undefined;
}

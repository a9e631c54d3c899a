import { badRequest } from "../meta/status-error.ts";
import type { KubeObject } from "../meta/v1.ts";

/** Throws 400 unless the object has the name that the URL has. */
export function requireName({ metadata }: KubeObject, name: string): void {
  const own = metadata.name ?? "";
  if (own === name) return;
  if (own === "") {
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  }
  throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}

import { truncateToBytes } from "../meta/byte-text.ts";
import { fieldManagerBytesMax } from "../meta/field-manager.ts";

const unprintable = /[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu;

/**
 * Who manages the fields that a write sets: whom the request names, else the first part of the client's User-Agent.
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#managers
 */
export function fieldManagerOf(requested: string, userAgent: string | undefined): string {
  if (requested !== "" || userAgent === undefined) return requested;
  const [product = ""] = userAgent.split("/", 1);
  return truncateToBytes(product.replace(unprintable, ""), fieldManagerBytesMax);
}

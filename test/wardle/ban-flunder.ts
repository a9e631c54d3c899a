import { forbiddenRequest, type AdmissionPlugin, type ObjectReader } from "apiserver-ts";
import type { Fischer } from "./apis/wardle/v1alpha1/fischer_types.ts";

/** Forbids flunders whose name stands in a fischer's list, as the Go sample server does. */
export function banFlunder(objects: ObjectReader): AdmissionPlugin {
  return {
    name: "BanFlunder",
    handles: (operation) => operation === "CREATE",
    async admit({ kind, resource, object, name }, context) {
      if (kind.group !== "wardle.example.com" || kind.kind !== "Flunder") return;
      const banned = object?.metadata.name ?? "";
      const fischers = (await objects.list("fischers.wardle.example.com", context)) as readonly Fischer[];
      if (fischers.some(({ disallowedFlunders = [] }) => disallowedFlunders.includes(banned))) {
        throw forbiddenRequest(resource, name, "this name may not be used, please change the resource name");
      }
    },
  };
}

import { expect, test } from "vitest";
import { storeFor } from "../../runtime/registry/store.ts";
import { memoryStorage } from "../../runtime/storage/memory.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";
import { widgetApp, widgetJson, widgets } from "./widget-app.ts";

test.each([
  ["may create", true, 201],
  ["may not create", false, 403],
])("an update that turns out to create by a user who %s is %s: %i", async (_who, mayCreate, status) => {
  const scheme = widgetScheme({ strategy: { allowCreateOnUpdate: true } });
  const descriptor = widgetOf(scheme, "v1");
  const storage = storeFor(descriptor, { scheme, storage: memoryStorage() });
  const app = widgetApp({
    scheme,
    targets: [{ scheme, descriptor, subresource: "", storage }],
    authorizer: (_user, { verb }) =>
      mayCreate || verb !== "create" ? { allowed: true } : { allowed: false, reason: "" },
  });
  const answer = await app.inject({ method: "PUT", url: `${widgets}/new`, payload: widgetJson("new") });
  expect(answer.statusCode).toBe(status);
  if (mayCreate) return;
  expect(answer.json()).toMatchObject({
    message:
      'widgets.example.dev "new" is forbidden: User "system:anonymous" cannot create resource "widgets" in API group "example.dev" in the namespace "ns"',
  });
});

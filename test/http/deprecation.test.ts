import { expect, test } from "vitest";
import { deprecationWarning } from "../../runtime/http/deprecation.ts";
import type { Lifecycle } from "../../runtime/scheme/descriptor.ts";
import { widgetOf, widgetScheme } from "../registry/widget.ts";

const replacement = { group: "example.dev", version: "v1", kind: "Widget" };

test.each<[Lifecycle, string | undefined]>([
  [{ introduced: "1.30" }, undefined],
  [{ introduced: "1.30", deprecated: "1.37" }, undefined],
  [{ introduced: "1.30", deprecated: "2.0" }, undefined],
  [{ introduced: "1.30", deprecated: "1.36" }, "example.dev/v1beta1 Widget is deprecated in v1.36+"],
  [
    { introduced: "1.0", deprecated: "1.3", removed: "1.10", replacement },
    "example.dev/v1beta1 Widget is deprecated in v1.3+, unavailable in v1.10+; use example.dev/v1 Widget",
  ],
  [{ introduced: "1.0", deprecated: "1.3", warning: "say goodbye" }, "say goodbye"],
  [{ introduced: "1.0", deprecated: "1.37", warning: "say goodbye" }, undefined],
  [{ introduced: "1.0", warning: "say goodbye" }, "say goodbye"],
])("a kind with the lifecycle %j in 1.36 warns: %s", (lifecycle, expected) => {
  const descriptor = { ...widgetOf(widgetScheme(), "v1beta1"), lifecycle };
  expect(deprecationWarning(descriptor, "1.36")).toBe(expected);
});

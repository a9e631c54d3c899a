import { expect, test } from "vitest";
import { missing } from "../../codegen/deploy/wait.ts";

const awaited = { namespace: "default", deployment: "demo", apiServices: ["v1.a.io"] };
const available = { type: "Available", status: "True" };

function deployment(status: object, generation = 2): Record<string, unknown> {
  return { kind: "Deployment", metadata: { name: "demo", generation }, spec: { replicas: 2 }, status };
}

function apiService(...conditions: readonly object[]): Record<string, unknown> {
  return { kind: "APIService", metadata: { name: "v1.a.io" }, status: { conditions } };
}

const rolledOut = { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };
const refused = { type: "Available", status: "False", reason: "FailedDiscoveryCheck", message: "503" };

test.each([
  ["all is there", [deployment(rolledOut), apiService(available)], []],
  ["nothing is there", [], ["Deployment demo is not there", "APIService v1.a.io is not there"]],
  [
    "an older template was looked at",
    [deployment({ ...rolledOut, observedGeneration: 1 }), apiService(available)],
    ["Deployment demo has not been looked at yet"],
  ],
  [
    "pods of the older template still run",
    [deployment({ ...rolledOut, replicas: 3 }), apiService(available)],
    ["Deployment demo has 2 of 2 pods of the new template, 2 available"],
  ],
  [
    "a new pod is not ready",
    [deployment({ ...rolledOut, availableReplicas: 1 }), apiService(available)],
    ["Deployment demo has 2 of 2 pods of the new template, 1 available"],
  ],
  [
    "it is refused",
    [deployment(rolledOut), apiService(refused)],
    ["APIService v1.a.io is not available (FailedDiscoveryCheck: 503)"],
  ],
  [
    "nobody has looked at it",
    [deployment(rolledOut), apiService()],
    ["APIService v1.a.io is not available (not looked at yet)"],
  ],
])("%s", (_, objects, expected) => {
  expect(missing(objects, awaited)).toEqual(expected);
});

/** What authors' controllers are made of: `import { defineController, runManager } from "apiserver-ts/controller"`. */
export {
  type ControllerClient,
  type ControllerDefinition,
  type Finalizing,
  type ReconcileContext,
  type Reconciliation,
  type ReconcileResult,
  TerminalError,
  type Watching,
} from "./controller.ts";
export { type Controller, defineController, watching } from "./define-controller.ts";
export type { EventRecorder } from "./event-recorder.ts";
export { addFinalizer, removeFinalizer } from "./finalizers.ts";
export { isConflict, isNotFound, KubeError } from "./kube-error.ts";
export type { ElectionTimes } from "./leader-election.ts";
export { type Log, type LogFields, logTo } from "./log.ts";
export { type LeaderElectionOptions, type Manager, type ManagerOptions, startManager } from "./manager.ts";
export type { IndexFunctions, Lister } from "./object-store.ts";
export { kubeConfigFor } from "./kube-config-for.ts";
export { controllerReference } from "./owner-reference.ts";
export type { Place, Resource } from "./resource.ts";
export type { ApplyOptions, DeleteOptions, PatchOptions, ResourceClient, Selection } from "./resource-client.ts";
export { runManager, type RunManagerOptions } from "./run-manager.ts";

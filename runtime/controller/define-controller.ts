import type { KubeObject } from "../meta/v1.ts";
import { runController, type ControllerSurroundings, type RunningController } from "./run-controller.ts";
import type { ControllerDefinition, Watching } from "./controller.ts";

/** A controller, for a manager to run. */
export interface Controller {
  readonly name: string;
  /** Begins to work; what it needs of informers is asked for before this returns. */
  run(surroundings: ControllerSurroundings): RunningController;
}

/**
 * Defines a controller of the objects of a type.
 * https://kubernetes.io/docs/concepts/architecture/controller/
 */
export function defineController<T extends KubeObject>(definition: ControllerDefinition<T>): Controller {
  const { name, workers = 1 } = definition;
  if (name === "") throw new Error("a controller has a name");
  if (!Number.isInteger(workers) || workers < 1)
    throw new Error(`controller ${name}: it has a whole number of workers`);
  return { name, run: (surroundings) => runController(definition, surroundings) };
}

/** Other objects that a controller is told of, and what it is to reconcile then. */
export function watching<T extends KubeObject>(watched: Watching<T>): Watching<never> {
  return watched;
}

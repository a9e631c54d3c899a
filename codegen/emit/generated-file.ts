import type { ApiModel } from "../model/model.ts";

/** A file that an emitter makes; `text` is valid but not formatted. */
export interface GeneratedFile {
  /** Relative to the project, such as `generated/animal/v1alpha1/zz_generated.deepcopy.ts`. */
  readonly path: string;
  readonly text: string;
}

/** Makes one kind of output from the model: pure, without file system, clock or compiler. */
export type Emitter = (model: ApiModel) => GeneratedFile[];

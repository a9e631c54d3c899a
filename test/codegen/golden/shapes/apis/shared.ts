/** Shared lies beside the versions. */
export interface Shared {
  text?: string;
}

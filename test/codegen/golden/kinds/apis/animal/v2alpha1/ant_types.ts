import type { KubeObject } from "apiserver-ts/meta/v1";

export interface Ant extends KubeObject {}

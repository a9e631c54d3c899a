/**
 * Package v1 is the v1 version of the farm API.
 *
 * +groupName=farm.example.dev
 * +k8s:openapi-model-package=dev.example.farm.v1
 */
export {};

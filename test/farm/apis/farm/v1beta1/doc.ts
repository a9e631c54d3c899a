/**
 * Package v1beta1 is the v1beta1 version of the farm API.
 *
 * +groupName=farm.example.dev
 * +k8s:openapi-model-package=dev.example.farm.v1beta1
 */
export {};

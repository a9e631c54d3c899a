/**
 * Package v1alpha1 is the v1alpha1 version of the animal API.
 *
 * +groupName=animal.skai.io
 * +k8s:openapi-gen=true
 * +k8s:openapi-model-package=io.skai.animal.v1alpha1
 * +k8s:deepcopy-gen=package
 * +k8s:defaulter-gen=TypeMeta
 * +k8s:validation-gen=TypeMeta
 */
export {};

/**
 * Package v1alpha1 is the v1alpha1 version of the API.
 *
 * +groupName=wardle.example.com
 * +k8s:openapi-gen=true
 * +k8s:openapi-model-package=io.k8s.sample-apiserver.pkg.apis.wardle.v1alpha1
 */
export {};

// Licensed to whom it may concern.

/**
 * Package v1 is the first stable version.
 *
 * +groupName=pet.example.com
 * +versionName=v1
 * +k8s:openapi-gen=true
 * +k8s:openapi-model-package=com.example.pet.v1
 * +k8s:deepcopy-gen=package
 * +k8s:defaulter-gen=TypeMeta
 * +k8s:validation-gen=TypeMeta
 * +k8s:validation-gen=*
 * +k8s:conversion-gen=../internal
 * +k8s:prerelease-lifecycle-gen=true
 */
export {};

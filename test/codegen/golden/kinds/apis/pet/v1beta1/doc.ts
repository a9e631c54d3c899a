/**
 * +groupName=pet.example.com
 * +k8s:openapi-gen=false
 * +k8s:deepcopy-gen=false
 * +k8s:defaulter-gen=false
 * +k8s:validation-gen=false
 * +k8s:conversion-gen=false
 */
export {};

import type { Int32, KubeObject } from "apiserver-ts/meta/v1";

export interface BlackCatSpec {
  replicas?: Int32;
  /** +k8s:customValidation */
  luck?: string;
}

export interface BlackCatStatus {
  replicas?: Int32;
  selector?: string;
  byDay?: { day: string; count?: Int32 }[];
}

/**
 * BlackCat is a kind with everything.
 * +genclient
 * +kubebuilder:object:root=true
 * +kubebuilder:resource:path=blackcats,singular=blackcat,shortName=bc;blk,categories={all,pets},scope=Namespaced
 * +kubebuilder:storageversion
 * +kubebuilder:subresource:status
 * +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
 * +k8s:supportsSubresource="/status"
 * +k8s:supportsSubresource="/scale"
 * +kubebuilder:selectablefield:JSONPath=`.spec.luck`
 * +kubebuilder:printcolumn:name="Luck, or not",type=string,JSONPath=`.spec.luck`,description="how it is",priority=1
 * +kubebuilder:printcolumn:name=Monday,type=integer,JSONPath=`.status.byDay[?(@.day=="Monday")].count`,format=int32
 * +kubebuilder:printcolumn:name=App,type=string,JSONPath=".metadata.labels['app']"
 * +k8s:prerelease-lifecycle-gen:introduced=1.0
 * +k8s:prerelease-lifecycle-gen:deprecated=1.2
 * +k8s:prerelease-lifecycle-gen:removed=1.5
 * +k8s:prerelease-lifecycle-gen:replacement=pet.example.com,v2,BlackCat
 * +k8s:customValidation
 */
export interface BlackCat extends KubeObject {
  spec: BlackCatSpec;
  status?: BlackCatStatus;
}

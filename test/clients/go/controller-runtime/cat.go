package main

import (
	"encoding/json"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "animal.skai.io", Version: "v1alpha1"}

// Cat is a cat, as far as this controller knows it.
type Cat struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              CatSpec   `json:"spec,omitempty"`
	Status            CatStatus `json:"status,omitempty"`
}

// CatSpec is what one wishes of a cat.
type CatSpec struct {
	Name      string   `json:"name"`
	Lives     *int32   `json:"lives,omitempty"`
	Nicknames []string `json:"nicknames,omitempty"`
}

// CatStatus is what was seen of a cat.
type CatStatus struct {
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
	ObservedGeneration int32              `json:"observedGeneration,omitempty"`
}

// CatList is a list of cats.
type CatList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Cat `json:"items"`
}

// DeepCopyObject copies a cat.
func (c *Cat) DeepCopyObject() runtime.Object { return copyOf(c, &Cat{}) }

// DeepCopyObject copies a list of cats.
func (l *CatList) DeepCopyObject() runtime.Object { return copyOf(l, &CatList{}) }

func copyOf[T any](from, to *T) *T {
	text, err := json.Marshal(from)
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		panic(err)
	}
	return to
}

func catScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	scheme.AddKnownTypes(groupVersion, &Cat{}, &CatList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
	return scheme
}

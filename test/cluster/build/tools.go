//go:build tools

// Package build names the programs of the control plane, so that the module goes on requiring them.
package build

import (
	_ "k8s.io/kubernetes/cmd/kube-apiserver"
	_ "k8s.io/kubernetes/cmd/kube-controller-manager"
)

//go:build tools

// Package tools keeps in go.mod what is built here and imported nowhere.
package tools

import _ "helm.sh/helm/v4/cmd/helm"

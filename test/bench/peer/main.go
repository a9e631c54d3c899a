// The Go sample-apiserver as a peer to measure against and to share an etcd with: its own API and admission, but no
// kube-apiserver behind it, so everybody may do everything, and no priority and fairness.
package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	"k8s.io/sample-apiserver/pkg/admission/plugin/banflunder"
	"k8s.io/sample-apiserver/pkg/admission/wardleinitializer"
	"k8s.io/sample-apiserver/pkg/cmd/server"
)

func main() {
	options := server.NewWardleServerOptions(os.Stdout, os.Stderr)
	recommended := options.RecommendedOptions
	recommended.CoreAPI = nil
	recommended.Authorization = nil
	recommended.Authentication.RemoteKubeConfigFileOptional = true
	recommended.Authentication.SkipInClusterLookup = true
	recommended.Features.EnablePriorityAndFairness = false
	// These options want clients of a kube-apiserver; the one plugin that needs none is added in serve.
	recommended.Admission = nil

	command := server.NewCommandStartWardleServer(genericapiserver.SetupSignalContext(), options, false)
	command.Use = "peer"
	command.Short = "Serves the wardle API with no kube-apiserver behind it"
	command.Long = command.Short
	command.RunE = func(command *cobra.Command, args []string) error {
		if err := options.Validate(args); err != nil {
			return err
		}
		return serve(command.Context(), options)
	}
	os.Exit(cli.Run(command))
}

func serve(ctx context.Context, options *server.WardleServerOptions) error {
	config, err := options.Config()
	if err != nil {
		return err
	}
	plugin, err := banflunder.New()
	if err != nil {
		return err
	}
	wardleinitializer.New(options.SharedInformerFactory).Initialize(plugin)
	config.GenericConfig.AdmissionControl = plugin
	wardle, err := config.Complete().New()
	if err != nil {
		return err
	}
	wardle.GenericAPIServer.AddPostStartHookOrDie("start-informers", func(hook genericapiserver.PostStartHookContext) error {
		options.SharedInformerFactory.Start(hook.Done())
		return nil
	})
	return wardle.GenericAPIServer.PrepareRun().RunWithContext(ctx)
}

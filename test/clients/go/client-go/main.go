// One round through the API of cats with client-go: the dynamic and the metadata client, discovery, pager and informers.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"sort"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/pager"
	"k8s.io/client-go/util/retry"

	"apiserver-ts/test/clients/round"
)

var cats = schema.GroupVersionResource{Group: "animal.skai.io", Version: "v1alpha1", Resource: "cats"}

func main() {
	config, namespace := round.Connect()
	ctx := context.Background()
	client := dynamic.NewForConfigOrDie(config).Resource(cats).Namespace(namespace)
	discoverCats(config)
	events := startInformers(ctx, config, namespace)
	create(ctx, client)
	page(ctx, client)
	listMetadata(ctx, config, namespace)
	update(ctx, client)
	patch(ctx, client)
	apply(ctx, client)
	remove(ctx, client)
	round.Step("the informers saw every cat come, change and go", func() error { return round.Eventually(events.complete) })
}

func discoverCats(config *rest.Config) {
	client := discovery.NewDiscoveryClientForConfigOrDie(config)
	round.Step("discovery has cats, namespaced, with every verb", func() error {
		resources, err := client.ServerResourcesForGroupVersion(cats.GroupVersion().String())
		if err != nil {
			return err
		}
		for _, resource := range resources.APIResources {
			if resource.Name == cats.Resource {
				verbs := "create,delete,deletecollection,get,list,patch,update,watch"
				sort.Strings(resource.Verbs)
				return round.First(
					round.Equal("verbs", strings.Join(resource.Verbs, ","), verbs),
					round.Equal("namespaced", resource.Namespaced, true),
					round.Equal("kind", resource.Kind, "Cat"),
				)
			}
		}
		return fmt.Errorf("no cats in %v", resources.APIResources)
	})
	round.Step("a REST mapper from aggregated discovery leads from Cat to cats, and from the short name", func() error {
		mapper := restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(client))
		mapping, err := mapper.RESTMapping(schema.GroupKind{Group: cats.Group, Kind: "Cat"})
		if err != nil {
			return err
		}
		expander := restmapper.NewShortcutExpander(mapper, client, nil)
		full, err := expander.ResourceFor(schema.GroupVersionResource{Resource: "ct"})
		return round.First(err, round.Equal("resource", mapping.Resource, cats), round.Equal("ct", full, cats))
	})
	round.Step("OpenAPI v3 has a document of the group version", func() error {
		paths, err := client.OpenAPIV3().Paths()
		if err != nil {
			return err
		}
		document, found := paths["apis/"+cats.GroupVersion().String()]
		if !found {
			return fmt.Errorf("not among %d paths", len(paths))
		}
		text, err := document.Schema("application/json")
		return round.First(err, round.Equal("the document is JSON", json.Valid(text), true))
	})
}

// seen is what the informers told of, by the names of cats.
type seen struct {
	lock  sync.Mutex
	lines map[string]bool
}

func (s *seen) note(informer, event string, object any) {
	accessor, ok := object.(metav1.Object)
	if !ok {
		return
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	s.lines[informer+" "+event+" "+accessor.GetName()] = true
}

func (s *seen) complete() error {
	s.lock.Lock()
	defer s.lock.Unlock()
	for _, informer := range []string{"dynamic", "metadata"} {
		for _, event := range []string{"add", "update", "delete"} {
			if line := informer + " " + event + " tom"; !s.lines[line] {
				return fmt.Errorf("%q is missing among %v", line, s.lines)
			}
		}
	}
	return nil
}

func startInformers(ctx context.Context, config *rest.Config, namespace string) *seen {
	// Watches outlive the time that other requests have.
	watching := rest.CopyConfig(config)
	watching.Timeout = 0
	objects := dynamicinformer.NewFilteredDynamicSharedInformerFactory(
		dynamic.NewForConfigOrDie(watching), 0, namespace, nil).ForResource(cats).Informer()
	metas := metadatainformer.NewFilteredSharedInformerFactory(
		metadata.NewForConfigOrDie(watching), 0, namespace, nil).ForResource(cats).Informer()
	events := &seen{lines: map[string]bool{}}
	for name, informer := range map[string]cache.SharedIndexInformer{"dynamic": objects, "metadata": metas} {
		round.Step("the "+name+" informer starts and has synced", func() error {
			_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
				AddFunc:    func(object any) { events.note(name, "add", object) },
				UpdateFunc: func(_, object any) { events.note(name, "update", object) },
				DeleteFunc: func(object any) { events.note(name, "delete", object) },
			})
			go informer.Run(ctx.Done())
			return round.First(err, round.Eventually(func() error { return round.Equal("synced", informer.HasSynced(), true) }))
		})
	}
	return events
}

func cat(name string, spec map[string]any) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": cats.GroupVersion().String(),
		"kind":       "Cat",
		"metadata":   map[string]any{"name": name, "labels": map[string]any{"round": "client-go"}},
		"spec":       spec,
	}}
}

func field(object *unstructured.Unstructured, path ...string) string {
	value, _, err := unstructured.NestedFieldNoCopy(object.Object, path...)
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func create(ctx context.Context, client dynamic.ResourceInterface) {
	round.Step("create defaults, and gives uid, generation and resourceVersion", func() error {
		created, err := client.Create(ctx, cat("tom", map[string]any{"name": "Tom"}), metav1.CreateOptions{})
		if err != nil {
			return err
		}
		return round.First(
			round.Equal("lives", field(created, "spec", "lives"), "9"),
			round.Equal("mode", field(created, "spec", "mode"), `"Indoor"`),
			round.Equal("generation", created.GetGeneration(), 1),
			round.Equal("has uid", created.GetUID() != "", true),
			round.Equal("has resourceVersion", created.GetResourceVersion() != "", true),
		)
	})
	round.Step("create of the same name is refused", func() error {
		_, err := client.Create(ctx, cat("tom", map[string]any{"name": "Tom"}), metav1.CreateOptions{})
		return round.Refused(err, metav1.StatusReasonAlreadyExists, `cats.animal.skai.io "tom" already exists`)
	})
	round.Step("create of what is invalid is refused, with the field as a cause", func() error {
		_, err := client.Create(ctx, cat("bad", map[string]any{"name": "Bad", "lives": int64(10)}), metav1.CreateOptions{})
		return round.First(
			round.Refused(err, metav1.StatusReasonInvalid, `Cat.animal.skai.io "bad" is invalid`),
			round.HasCause(err, metav1.CauseTypeFieldValueInvalid, "spec.lives"),
		)
	})
	round.Step("create with strict field validation names an unknown field", func() error {
		_, err := client.Create(ctx, cat("odd", map[string]any{"name": "Odd", "colour": "red"}), metav1.CreateOptions{FieldValidation: "Strict"})
		return round.Refused(err, metav1.StatusReasonBadRequest, `unknown field "spec.colour"`)
	})
	round.Step("create with a generated name, as a dry run, leaves nothing", func() error {
		kitten := cat("", map[string]any{"name": "Kitten"})
		kitten.SetGenerateName("kitten-")
		created, err := client.Create(ctx, kitten, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		if err != nil {
			return err
		}
		_, err = client.Get(ctx, created.GetName(), metav1.GetOptions{})
		return round.Refused(err, metav1.StatusReasonNotFound, `cats.animal.skai.io "kitten-`)
	})
	round.Step("get of what is not there is refused", func() error {
		_, err := client.Get(ctx, "nobody", metav1.GetOptions{})
		return round.Refused(err, metav1.StatusReasonNotFound, `cats.animal.skai.io "nobody" not found`)
	})
}

func page(ctx context.Context, client dynamic.ResourceInterface) {
	round.Step("a list in pages of two has every cat once, of one resourceVersion", func() error {
		for i := range 4 {
			name := fmt.Sprintf("cat-%d", i)
			if _, err := client.Create(ctx, cat(name, map[string]any{"name": name}), metav1.CreateOptions{}); err != nil {
				return err
			}
		}
		names, pages, versions := map[string]bool{}, 0, map[string]bool{}
		source := pager.New(func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
			list, err := client.List(ctx, options)
			if err != nil {
				return nil, err
			}
			pages++
			versions[list.GetResourceVersion()] = true
			if remaining := list.GetRemainingItemCount(); pages == 1 && (remaining == nil || *remaining != 3) {
				return nil, fmt.Errorf("remainingItemCount is %v, not 3", remaining)
			}
			return list, nil
		})
		source.PageSize = 2
		err := source.EachListItem(ctx, metav1.ListOptions{}, func(object runtime.Object) error {
			names[object.(*unstructured.Unstructured).GetName()] = true
			return nil
		})
		return round.First(err, round.Equal("names", len(names), 5), round.Equal("pages", pages, 3), round.Equal("versions", len(versions), 1))
	})
	round.Step("selectors by field and by label choose", func() error {
		byField, err := client.List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=cat-2"})
		if err != nil {
			return err
		}
		byLabel, err := client.List(ctx, metav1.ListOptions{LabelSelector: "round in (client-go)"})
		if err != nil {
			return err
		}
		return round.First(round.Equal("by field", len(byField.Items), 1), round.Equal("by label", len(byLabel.Items), 5))
	})
	round.Step("a bad selector and a bad continue token are refused", func() error {
		_, selector := client.List(ctx, metav1.ListOptions{FieldSelector: "spec.lives=9"})
		_, token := client.List(ctx, metav1.ListOptions{Limit: 2, Continue: "bad"})
		return round.First(
			round.Refused(selector, metav1.StatusReasonBadRequest, "spec.lives"),
			round.Refused(token, metav1.StatusReasonBadRequest, "continue key is not valid"),
		)
	})
}

func listMetadata(ctx context.Context, config *rest.Config, namespace string) {
	round.Step("the metadata client lists and gets the metadata alone", func() error {
		client := metadata.NewForConfigOrDie(config).Resource(cats).Namespace(namespace)
		list, err := client.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		one, err := client.Get(ctx, "tom", metav1.GetOptions{})
		if err != nil {
			return err
		}
		return round.First(round.Equal("count", len(list.Items), 5), round.Equal("label", one.Labels["round"], "client-go"))
	})
}

func update(ctx context.Context, client dynamic.ResourceInterface) {
	round.Step("update with a stale resourceVersion is refused, and passes when tried again on the newest", func() error {
		stale, err := client.Get(ctx, "tom", metav1.GetOptions{})
		if err != nil {
			return err
		}
		fresh := stale.DeepCopy()
		fresh.SetAnnotations(map[string]string{"vet": "dr-doe"})
		if _, err := client.Update(ctx, fresh, metav1.UpdateOptions{}); err != nil {
			return err
		}
		_, err = client.Update(ctx, stale, metav1.UpdateOptions{})
		if err := round.Refused(err, metav1.StatusReasonConflict, "the object has been modified; please apply your changes to the latest version and try again"); err != nil {
			return err
		}
		return retry.RetryOnConflict(retry.DefaultRetry, func() error {
			newest, err := client.Get(ctx, "tom", metav1.GetOptions{})
			if err != nil {
				return err
			}
			if err := unstructured.SetNestedField(newest.Object, int64(8), "spec", "lives"); err != nil {
				return err
			}
			updated, err := client.Update(ctx, newest, metav1.UpdateOptions{})
			if err != nil {
				return err
			}
			return round.First(round.Equal("generation", updated.GetGeneration(), 2), round.Equal("vet", updated.GetAnnotations()["vet"], "dr-doe"))
		})
	})
	round.Step("an update of the status changes nothing else, and is of no new generation", func() error {
		current, err := client.Get(ctx, "tom", metav1.GetOptions{})
		if err != nil {
			return err
		}
		condition := map[string]any{"type": "Fed", "status": "True", "reason": "Dinner", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}
		current.Object["status"] = map[string]any{"conditions": []any{condition}}
		if err := unstructured.SetNestedField(current.Object, int64(1), "spec", "lives"); err != nil {
			return err
		}
		updated, err := client.UpdateStatus(ctx, current, metav1.UpdateOptions{})
		if err != nil {
			return err
		}
		return round.First(
			round.Equal("lives", field(updated, "spec", "lives"), "8"),
			round.Equal("generation", updated.GetGeneration(), 2),
			round.Equal("has conditions", strings.Contains(field(updated, "status", "conditions"), `"Fed"`), true),
		)
	})
}

func patch(ctx context.Context, client dynamic.ResourceInterface) {
	send := func(kind types.PatchType, body string) (*unstructured.Unstructured, error) {
		return client.Patch(ctx, "tom", kind, []byte(body), metav1.PatchOptions{})
	}
	round.Step("merge patch sets one field and removes another", func() error {
		patched, err := send(types.MergePatchType, `{"metadata":{"annotations":{"vet":null}},"spec":{"nicknames":["tommy"],"toys":[{"name":"mouse"}]}}`)
		if err != nil {
			return err
		}
		return round.First(
			round.Equal("nicknames", field(patched, "spec", "nicknames"), `["tommy"]`),
			round.Equal("toys", field(patched, "spec", "toys"), `[{"name":"mouse","squeaks":1}]`),
			round.Equal("annotations", len(patched.GetAnnotations()), 0),
		)
	})
	round.Step("JSON patch tests and adds; a test that fails is refused", func() error {
		patched, err := send(types.JSONPatchType, `[{"op":"test","path":"/spec/lives","value":8},{"op":"add","path":"/spec/nicknames/-","value":"t"}]`)
		if err != nil {
			return err
		}
		_, refusal := send(types.JSONPatchType, `[{"op":"test","path":"/spec/lives","value":7}]`)
		return round.First(
			round.Equal("nicknames", field(patched, "spec", "nicknames"), `["tommy","t"]`),
			round.Refused(refusal, metav1.StatusReasonInvalid, "the server rejected our request due to an error in our request"),
		)
	})
	round.Step("strategic merge patch merges the toys by their name", func() error {
		patched, err := send(types.StrategicMergePatchType, `{"spec":{"toys":[{"name":"ball"},{"name":"mouse","squeaks":3}]}}`)
		if err != nil {
			return err
		}
		toys := field(patched, "spec", "toys")
		return round.First(
			round.Equal("has the ball", strings.Contains(toys, `{"name":"ball","squeaks":1}`), true),
			round.Equal("has the mouse", strings.Contains(toys, `{"name":"mouse","squeaks":3}`), true),
		)
	})
	round.Step("a patch with a stale resourceVersion is refused", func() error {
		_, err := send(types.MergePatchType, `{"metadata":{"resourceVersion":"1"},"spec":{"lives":3}}`)
		return round.Refused(err, metav1.StatusReasonConflict, "the object has been modified")
	})
}

func apply(ctx context.Context, client dynamic.ResourceInterface) {
	round.Step("apply creates, changes and removes what it had set", func() error {
		options := metav1.ApplyOptions{FieldManager: "first"}
		if _, err := client.Apply(ctx, "felix", cat("felix", map[string]any{"name": "Felix", "lives": int64(7)}), options); err != nil {
			return err
		}
		applied, err := client.Apply(ctx, "felix", cat("felix", map[string]any{"name": "Felix"}), options)
		if err != nil {
			return err
		}
		managers := applied.GetManagedFields()
		return round.First(
			round.Equal("lives", field(applied, "spec", "lives"), "9"),
			round.Equal("managers", len(managers), 1),
			round.Equal("operation", managers[0].Operation, metav1.ManagedFieldsOperationApply),
		)
	})
	round.Step("apply of another's field is refused with the field as a cause, and passes with force", func() error {
		change := cat("felix", map[string]any{"name": "Felicitas"})
		_, err := client.Apply(ctx, "felix", change, metav1.ApplyOptions{FieldManager: "second"})
		if err := round.First(
			round.Refused(err, metav1.StatusReasonConflict, `conflict with "first": .spec.name`),
			round.HasCause(err, metav1.CauseTypeFieldManagerConflict, ".spec.name"),
		); err != nil {
			return err
		}
		forced, err := client.Apply(ctx, "felix", change, metav1.ApplyOptions{FieldManager: "second", Force: true})
		if err != nil {
			return err
		}
		return round.Equal("name", field(forced, "spec", "name"), `"Felicitas"`)
	})
	round.Step("apply of the status is of the status alone", func() error {
		change := cat("felix", map[string]any{"name": "Nobody"})
		change.Object["status"] = map[string]any{"observedGeneration": int64(1)}
		applied, err := client.ApplyStatus(ctx, "felix", change, metav1.ApplyOptions{FieldManager: "keeper"})
		if err != nil {
			return err
		}
		return round.First(
			round.Equal("name", field(applied, "spec", "name"), `"Felicitas"`),
			round.Equal("observed", field(applied, "status", "observedGeneration"), "1"),
		)
	})
}

func remove(ctx context.Context, client dynamic.ResourceInterface) {
	round.Step("delete with the wrong uid is refused", func() error {
		wrong := types.UID("00000000-0000-0000-0000-000000000000")
		err := client.Delete(ctx, "tom", metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &wrong}})
		return round.Refused(err, metav1.StatusReasonConflict, "the UID in the precondition ("+string(wrong)+") does not match the UID in record")
	})
	round.Step("delete removes, and removes once", func() error {
		background := metav1.DeletePropagationBackground
		if err := client.Delete(ctx, "tom", metav1.DeleteOptions{PropagationPolicy: &background}); err != nil {
			return err
		}
		return round.Refused(client.Delete(ctx, "tom", metav1.DeleteOptions{}), metav1.StatusReasonNotFound, `cats.animal.skai.io "tom" not found`)
	})
	round.Step("delete of a collection removes what the selector chooses", func() error {
		err := client.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "round=client-go"})
		if err != nil {
			return err
		}
		list, err := client.List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		return round.Equal("left", len(list.Items), 0)
	})
}

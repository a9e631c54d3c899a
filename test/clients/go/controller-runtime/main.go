// One round through the API of cats with controller-runtime: its client, and a controller with a cache and a finalizer.
package main

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	controllers "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"apiserver-ts/test/clients/round"
)

const finalizer = "animal.skai.io/kittens"

func main() {
	config, namespace := round.Connect()
	ctx, stop := context.WithCancel(context.Background())
	controllers.SetLogger(logr.Discard())
	manager := newManager(config, namespace)
	api, err := client.New(config, client.Options{Scheme: catScheme()})
	round.Step("the client starts", func() error { return err })
	api = client.NewNamespacedClient(api, namespace)
	ended := make(chan error, 1)
	go func() { ended <- manager.Start(ctx) }()
	create(ctx, api)
	reconciled(ctx, api, client.NewNamespacedClient(manager.GetClient(), namespace))
	page(ctx, api)
	conflicts(ctx, api)
	patch(ctx, api)
	apply(ctx, api)
	remove(ctx, api)
	round.Step("the manager ends in order", func() error {
		stop()
		return <-ended
	})
}

func newManager(config *rest.Config, namespace string) controllers.Manager {
	var manager controllers.Manager
	round.Step("a manager with a controller of cats, and an index of its cache", func() error {
		watching := rest.CopyConfig(config)
		watching.Timeout = 0
		made, err := controllers.NewManager(watching, controllers.Options{
			Scheme:  catScheme(),
			Metrics: server.Options{BindAddress: "0"},
			Cache:   cache.Options{DefaultNamespaces: map[string]cache.Config{namespace: {}}},
		})
		if err != nil {
			return err
		}
		manager = made
		calls := func(object client.Object) []string { return []string{object.(*Cat).Spec.Name} }
		return round.First(
			made.GetFieldIndexer().IndexField(context.Background(), &Cat{}, "spec.name", calls),
			controllers.NewControllerManagedBy(made).For(&Cat{}).Owns(&Cat{}).Complete(&catKeeper{made.GetClient()}),
		)
	})
	return manager
}

// catKeeper gives each cat that is labelled as a mother a kitten, and tells of it in her status.
type catKeeper struct{ client.Client }

func (k *catKeeper) Reconcile(ctx context.Context, request controllers.Request) (controllers.Result, error) {
	var mother Cat
	if err := k.Get(ctx, request.NamespacedName, &mother); err != nil {
		return controllers.Result{}, client.IgnoreNotFound(err)
	}
	if mother.Labels["role"] != "mother" {
		return controllers.Result{}, nil
	}
	kitten := &Cat{ObjectMeta: metav1.ObjectMeta{Name: mother.Name + "-kitten", Namespace: mother.Namespace}}
	if !mother.DeletionTimestamp.IsZero() {
		if err := k.Delete(ctx, kitten); client.IgnoreNotFound(err) != nil {
			return controllers.Result{}, err
		}
		before := mother.DeepCopyObject().(*Cat)
		controllerutil.RemoveFinalizer(&mother, finalizer)
		return controllers.Result{}, client.IgnoreNotFound(k.Patch(ctx, &mother, client.MergeFrom(before)))
	}
	if controllerutil.AddFinalizer(&mother, finalizer) {
		return controllers.Result{}, k.Update(ctx, &mother)
	}
	_, err := controllerutil.CreateOrUpdate(ctx, k.Client, kitten, func() error {
		kitten.Spec.Name = "Kitten of " + mother.Spec.Name
		return controllerutil.SetControllerReference(&mother, kitten, k.Scheme())
	})
	if err != nil {
		return controllers.Result{}, err
	}
	mother.Status.ObservedGeneration = int32(mother.Generation)
	meta.SetStatusCondition(&mother.Status.Conditions, metav1.Condition{
		Type: "HasKitten", Status: metav1.ConditionTrue, Reason: "Born", ObservedGeneration: mother.Generation,
	})
	return controllers.Result{}, k.Status().Update(ctx, &mother)
}

func newCat(name string, labels map[string]string) *Cat {
	return &Cat{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Spec: CatSpec{Name: name}}
}

func named(name string) client.ObjectKey { return client.ObjectKey{Name: name} }

func create(ctx context.Context, api client.Client) {
	round.Step("create fills in defaults and metadata", func() error {
		made := newCat("queen", map[string]string{"role": "mother"})
		if err := api.Create(ctx, made); err != nil {
			return err
		}
		return round.First(
			round.Equal("lives", *made.Spec.Lives, 9),
			round.Equal("has uid", made.UID != "", true),
			round.Equal("generation", made.Generation, 1),
		)
	})
	round.Step("create of the same name, and get of nobody, are refused", func() error {
		return round.First(
			round.Refused(api.Create(ctx, newCat("queen", nil)), metav1.StatusReasonAlreadyExists, `cats.animal.skai.io "queen" already exists`),
			round.Refused(api.Get(ctx, named("nobody"), &Cat{}), metav1.StatusReasonNotFound, `cats.animal.skai.io "nobody" not found`),
		)
	})
	round.Step("create of what is invalid is refused, with the field as a cause", func() error {
		bad := newCat("bad", nil)
		bad.Spec.Name = ""
		err := api.Create(ctx, bad)
		return round.First(
			round.Refused(err, metav1.StatusReasonInvalid, "spec.name"),
			round.HasCause(err, metav1.CauseTypeFieldValueInvalid, "spec.name"),
		)
	})
}

func reconciled(ctx context.Context, api, cached client.Client) {
	round.Step("the controller adds its finalizer, makes a kitten and tells of it in the status", func() error {
		return round.Eventually(func() error {
			var queen, kitten Cat
			if err := round.First(api.Get(ctx, named("queen"), &queen), api.Get(ctx, named("queen-kitten"), &kitten)); err != nil {
				return err
			}
			return round.First(
				round.Equal("finalizer", controllerutil.ContainsFinalizer(&queen, finalizer), true),
				round.Equal("condition", meta.IsStatusConditionTrue(queen.Status.Conditions, "HasKitten"), true),
				round.Equal("observed", queen.Status.ObservedGeneration, int32(queen.Generation)),
				round.Equal("controlled", metav1.IsControlledBy(&kitten, &queen), true),
			)
		})
	})
	round.Step("a change of a kitten makes the controller put it right", func() error {
		var kitten Cat
		if err := api.Get(ctx, named("queen-kitten"), &kitten); err != nil {
			return err
		}
		kitten.Spec.Name = "Stray"
		if err := api.Update(ctx, &kitten); err != nil {
			return err
		}
		return round.Eventually(func() error {
			err := api.Get(ctx, named("queen-kitten"), &kitten)
			return round.First(err, round.Equal("name", kitten.Spec.Name, "Kitten of queen"))
		})
	})
	round.Step("the cache answers by its index", func() error {
		return round.Eventually(func() error {
			var list CatList
			err := cached.List(ctx, &list, client.MatchingFields{"spec.name": "Kitten of queen"})
			return round.First(err, round.Equal("kittens", len(list.Items), 1))
		})
	})
}

func page(ctx context.Context, api client.Client) {
	round.Step("a list in pages of two has every cat once", func() error {
		for i := range 5 {
			if err := api.Create(ctx, newCat(fmt.Sprintf("cat-%d", i), map[string]string{"role": "paged"})); err != nil {
				return err
			}
		}
		names, pages, next := map[string]bool{}, 0, ""
		for pages == 0 || next != "" {
			var list CatList
			options := []client.ListOption{client.Limit(2), client.Continue(next), client.MatchingLabels{"role": "paged"}}
			if err := api.List(ctx, &list, options...); err != nil {
				return err
			}
			for _, item := range list.Items {
				names[item.Name] = true
			}
			pages, next = pages+1, list.Continue
		}
		return round.First(round.Equal("names", len(names), 5), round.Equal("pages", pages, 3))
	})
	round.Step("lists of metadata alone and of objects without a type", func() error {
		partial := &metav1.PartialObjectMetadataList{}
		partial.SetGroupVersionKind(groupVersion.WithKind("CatList"))
		untyped := &unstructured.UnstructuredList{}
		untyped.SetGroupVersionKind(groupVersion.WithKind("CatList"))
		if err := round.First(
			api.List(ctx, partial, client.MatchingLabels{"role": "paged"}),
			api.List(ctx, untyped, client.MatchingLabels{"role": "paged"}),
		); err != nil {
			return err
		}
		return round.First(
			round.Equal("metadata", len(partial.Items), 5),
			round.Equal("untyped", len(untyped.Items), 5),
		)
	})
}

func conflicts(ctx context.Context, api client.Client) {
	round.Step("update of a stale cat is refused", func() error {
		var stale, fresh Cat
		if err := round.First(api.Get(ctx, named("cat-0"), &stale), api.Get(ctx, named("cat-0"), &fresh)); err != nil {
			return err
		}
		fresh.Spec.Nicknames = []string{"zero"}
		stale.Spec.Nicknames = []string{"nought"}
		if err := api.Update(ctx, &fresh); err != nil {
			return err
		}
		return round.First(
			round.Equal("generation", fresh.Generation, 2),
			round.Refused(api.Update(ctx, &stale), metav1.StatusReasonConflict, "the object has been modified"),
		)
	})
	round.Step("a merge patch with optimistic lock from a stale cat is refused", func() error {
		var stale Cat
		if err := api.Get(ctx, named("cat-0"), &stale); err != nil {
			return err
		}
		before := stale.DeepCopyObject().(*Cat)
		stale.Labels["seen"] = "once"
		if err := api.Patch(ctx, stale.DeepCopyObject().(*Cat), client.MergeFrom(before)); err != nil {
			return err
		}
		lock := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		stale.Labels["seen"] = "twice"
		return round.Refused(api.Patch(ctx, &stale, lock), metav1.StatusReasonConflict, "the object has been modified")
	})
}

func patch(ctx context.Context, api client.Client) {
	send := func(kind types.PatchType, body string) (*Cat, error) {
		patched := newCat("cat-1", nil)
		err := api.Patch(ctx, patched, client.RawPatch(kind, []byte(body)))
		return patched, err
	}
	round.Step("JSON patch and merge patch change what they name", func() error {
		added, err := send(types.JSONPatchType, `[{"op":"add","path":"/spec/nicknames","value":["one"]}]`)
		if err != nil {
			return err
		}
		merged, err := send(types.MergePatchType, `{"spec":{"lives":3}}`)
		if err != nil {
			return err
		}
		return round.First(round.Equal("nicknames", len(added.Spec.Nicknames), 1), round.Equal("lives", *merged.Spec.Lives, 3))
	})
	round.Step("a patch of the status changes nothing else", func() error {
		var current Cat
		if err := api.Get(ctx, named("cat-1"), &current); err != nil {
			return err
		}
		before := current.DeepCopyObject().(*Cat)
		current.Status.ObservedGeneration = 7
		current.Spec.Name = "Nobody"
		err := api.Status().Patch(ctx, &current, client.MergeFrom(before))
		return round.First(err, round.Equal("observed", current.Status.ObservedGeneration, 7), round.Equal("name", current.Spec.Name, "cat-1"))
	})
}

func apply(ctx context.Context, api client.Client) {
	send := func(name string, options ...client.ApplyOption) error {
		object := &unstructured.Unstructured{Object: map[string]any{"spec": map[string]any{"name": name}}}
		object.SetGroupVersionKind(groupVersion.WithKind("Cat"))
		object.SetName("felix")
		return api.Apply(ctx, client.ApplyConfigurationFromUnstructured(object), options...)
	}
	round.Step("apply creates, is refused another's field, and takes it with force", func() error {
		if err := send("Felix", client.FieldOwner("first")); err != nil {
			return err
		}
		err := send("Felicitas", client.FieldOwner("second"))
		if err := round.First(
			round.Refused(err, metav1.StatusReasonConflict, `conflict with "first": .spec.name`),
			round.HasCause(err, metav1.CauseTypeFieldManagerConflict, ".spec.name"),
			send("Felicitas", client.FieldOwner("second"), client.ForceOwnership),
		); err != nil {
			return err
		}
		var felix Cat
		err = api.Get(ctx, named("felix"), &felix)
		return round.First(err, round.Equal("name", felix.Spec.Name, "Felicitas"))
	})
}

func remove(ctx context.Context, api client.Client) {
	round.Step("delete waits for the finalizer, and the kitten goes first", func() error {
		if err := api.Delete(ctx, newCat("queen", nil)); err != nil {
			return err
		}
		return round.Eventually(func() error {
			return round.First(
				round.Refused(api.Get(ctx, named("queen"), &Cat{}), metav1.StatusReasonNotFound, "not found"),
				round.Refused(api.Get(ctx, named("queen-kitten"), &Cat{}), metav1.StatusReasonNotFound, "not found"),
			)
		})
	})
	round.Step("delete with a stale resourceVersion is refused, and with the newest it passes", func() error {
		var felix Cat
		if err := api.Get(ctx, named("felix"), &felix); err != nil {
			return err
		}
		stale := "1"
		return round.First(
			round.Refused(api.Delete(ctx, &felix, client.Preconditions{ResourceVersion: &stale}), metav1.StatusReasonConflict, "the ResourceVersion in the precondition (1) does not match the ResourceVersion in record"),
			api.Delete(ctx, &felix, client.Preconditions{UID: &felix.UID, ResourceVersion: &felix.ResourceVersion}),
		)
	})
	round.Step("delete of all that a label chooses", func() error {
		if err := api.DeleteAllOf(ctx, &Cat{}, client.MatchingLabels{"role": "paged"}); err != nil {
			return err
		}
		var list CatList
		err := api.List(ctx, &list)
		return round.First(err, round.Equal("left", len(list.Items), 0))
	})
}

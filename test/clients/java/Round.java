import io.fabric8.kubernetes.api.model.APIResource;
import io.fabric8.kubernetes.api.model.KubernetesResourceList;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.StatusCause;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.NonNamespaceOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;

/** One round through the API of cats with the fabric8 client: typed and generic resources, and an informer. */
public class Round {
  private static final String API_VERSION = "animal.skai.io/v1alpha1";
  private static final long PATIENCE_MS = 30_000;

  private interface Check {
    void run() throws Exception;
  }

  private final KubernetesClient client;
  private final NonNamespaceOperation<Cat, KubernetesResourceList<Cat>, Resource<Cat>> cats;
  private final Set<String> seen = ConcurrentHashMap.newKeySet();
  private final String namespace;

  private Round(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
    this.cats = client.resources(Cat.class).inNamespace(namespace);
  }

  public static void main(String[] args) {
    if (args.length != 1) {
      System.out.println("usage: KUBECONFIG=file Round namespace");
      System.exit(2);
    }
    try (KubernetesClient client = new KubernetesClientBuilder().build()) {
      new Round(client, args[0]).run();
    }
  }

  private void run() {
    discover();
    SharedIndexInformer<Cat> informer = inform();
    create();
    page();
    update();
    patch();
    apply();
    step("the informer's store has what the server has", () -> eventually(() -> {
      equal("cats", informer.getStore().list().size(), 6);
      String newest = cats.withName("felix").get().getMetadata().getResourceVersion();
      equal("version", informer.getStore().getByKey(namespace + "/felix").getMetadata().getResourceVersion(), newest);
    }));
    remove();
    step("the informer saw every cat come, change and go", () -> eventually(() -> {
      for (String line : List.of("add tom", "update tom", "delete tom", "delete felix", "delete cat-3")) {
        equal(line, seen.contains(line), true);
      }
    }));
    informer.close();
  }

  private void discover() {
    step("discovery has cats, namespaced, with every verb", () -> {
      for (APIResource resource : client.getApiResources(API_VERSION).getResources()) {
        if (resource.getName().equals("cats")) {
          equal("kind", resource.getKind(), "Cat");
          equal("namespaced", resource.getNamespaced(), true);
          equal("verbs", new HashSet<>(resource.getVerbs()),
              Set.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"));
          return;
        }
      }
      throw new AssertionError("no cats");
    });
    step("it is found by kind, without a type", () -> {
      equal("items", client.genericKubernetesResources(API_VERSION, "Cat").inNamespace(namespace).list().getItems(), List.of());
      equal("supports", client.supports(API_VERSION, "Cat"), true);
    });
  }

  private SharedIndexInformer<Cat> inform() {
    List<SharedIndexInformer<Cat>> informers = new ArrayList<>();
    step("an informer starts and has synced", () -> informers.add(cats.inform(new ResourceEventHandler<Cat>() {
      @Override
      public void onAdd(Cat cat) {
        seen.add("add " + cat.getMetadata().getName());
      }

      @Override
      public void onUpdate(Cat before, Cat cat) {
        seen.add("update " + cat.getMetadata().getName());
      }

      @Override
      public void onDelete(Cat cat, boolean unknown) {
        seen.add("delete " + cat.getMetadata().getName());
      }
    })));
    return informers.get(0);
  }

  private static Cat cat(String name, String called) {
    Cat cat = new Cat();
    cat.setMetadata(new ObjectMetaBuilder().withName(name).addToLabels("round", "java").build());
    cat.setSpec(new Cat.Spec());
    cat.getSpec().name = called;
    return cat;
  }

  private void create() {
    step("create defaults, and gives uid, generation and resourceVersion", () -> {
      Cat made = cats.resource(cat("tom", "Tom")).create();
      equal("lives", made.getSpec().lives, 9);
      equal("mode", made.getSpec().mode, "Indoor");
      equal("generation", made.getMetadata().getGeneration(), 1L);
      equal("has uid", made.getMetadata().getUid() != null, true);
      equal("has resourceVersion", made.getMetadata().getResourceVersion() != null, true);
    });
    step("create of the same name is refused", () -> refused(
        () -> cats.resource(cat("tom", "Tom")).create(), 409, "AlreadyExists", "cats.animal.skai.io \"tom\" already exists"));
    step("create of what is invalid is refused, with every field as a cause", () -> {
      Cat bad = cat("bad", "");
      bad.getSpec().lives = 10;
      List<StatusCause> causes = refused(() -> cats.resource(bad).create(), 422, "Invalid", "Cat.animal.skai.io \"bad\" is invalid");
      Set<String> fields = new HashSet<>();
      causes.forEach(cause -> fields.add(cause.getField()));
      equal("causes", fields, Set.of("spec.name", "spec.lives"));
    });
    step("what is not there is not found", () -> {
      equal("nobody", cats.withName("nobody").get(), null);
      refused(() -> cats.withName("nobody").patch(PatchContext.of(PatchType.JSON_MERGE), "{}"), 404, "NotFound",
          "cats.animal.skai.io \"nobody\" not found");
    });
  }

  private void page() {
    step("a list in pages of two has every cat once, of one resourceVersion", () -> {
      for (int number = 0; number < 4; number++) {
        cats.resource(cat("cat-" + number, "Cat")).create();
      }
      Set<String> names = new HashSet<>();
      Set<String> versions = new HashSet<>();
      int pages = 0;
      String token = null;
      do {
        KubernetesResourceList<Cat> page = cats.list(new ListOptionsBuilder().withLimit(2L).withContinue(token).build());
        page.getItems().forEach(item -> names.add(item.getMetadata().getName()));
        versions.add(page.getMetadata().getResourceVersion());
        token = page.getMetadata().getContinue();
        pages++;
      } while (token != null && !token.isEmpty());
      equal("names", names.size(), 5);
      equal("versions", versions.size(), 1);
      equal("pages", pages, 3);
    });
    step("selectors by label and by field choose", () -> {
      equal("by label", cats.withLabelIn("round", "java", "none").list().getItems().size(), 5);
      equal("by field", cats.withField("metadata.name", "cat-2").list().getItems().size(), 1);
    });
  }

  private void update() {
    step("update with a stale resourceVersion is refused", () -> {
      Cat stale = cats.withName("tom").get();
      Cat fresh = cats.withName("tom").get();
      fresh.getSpec().lives = 8;
      equal("generation", cats.resource(fresh).update().getMetadata().getGeneration(), 2L);
      refused(() -> cats.resource(stale).update(), 409, "Conflict", "the object has been modified");
    });
    step("update of the status changes nothing else", () -> {
      Cat current = cats.withName("tom").get();
      current.getSpec().lives = 1;
      current.setStatus(new Cat.Status());
      current.getStatus().observedGeneration = 2;
      Cat updated = cats.resource(current).updateStatus();
      equal("lives", updated.getSpec().lives, 8);
      equal("observed", updated.getStatus().observedGeneration, 2);
    });
    step("edit sends what differs as a JSON patch", () -> {
      Cat edited = cats.withName("tom").edit(cat -> {
        cat.getMetadata().setAnnotations(Map.of("vet", "dr-doe"));
        return cat;
      });
      equal("vet", edited.getMetadata().getAnnotations().get("vet"), "dr-doe");
    });
  }

  private Cat send(PatchType type, String body) {
    return cats.withName("tom").patch(PatchContext.of(type), body);
  }

  private void patch() {
    step("merge patch sets one field and removes another", () -> {
      Cat patched = send(PatchType.JSON_MERGE, "{\"metadata\":{\"annotations\":null},\"spec\":{\"toys\":[{\"name\":\"mouse\"}]}}");
      equal("annotations", patched.getMetadata().getAnnotations().size(), 0);
      equal("squeaks", patched.getSpec().toys.get(0).squeaks, 1);
    });
    step("JSON patch adds, and is refused when its test fails", () -> {
      Cat patched = send(PatchType.JSON, "[{\"op\":\"add\",\"path\":\"/spec/nicknames\",\"value\":[\"tommy\"]}]");
      equal("nicknames", patched.getSpec().nicknames, List.of("tommy"));
      refused(() -> send(PatchType.JSON, "[{\"op\":\"test\",\"path\":\"/spec/lives\",\"value\":1}]"), 422, "Invalid", "");
    });
    step("strategic merge patch merges the toys by their name", () -> {
      Cat patched = send(PatchType.STRATEGIC_MERGE, "{\"spec\":{\"toys\":[{\"name\":\"ball\"}]}}");
      equal("toys", patched.getSpec().toys.size(), 2);
    });
  }

  private void apply() {
    step("apply creates, and is refused another's field until it has force", () -> {
      Cat made = cats.resource(cat("felix", "Felix")).fieldManager("first").serverSideApply();
      equal("manager", made.getMetadata().getManagedFields().get(0).getManager(), "first");
      List<StatusCause> causes = refused(() -> cats.resource(cat("felix", "Felicitas")).fieldManager("second").serverSideApply(),
          409, "Conflict", "conflict with \"first\": .spec.name");
      equal("cause", causes.get(0).getField(), ".spec.name");
      Cat forced = cats.resource(cat("felix", "Felicitas")).fieldManager("second").forceConflicts().serverSideApply();
      equal("name", forced.getSpec().name, "Felicitas");
    });
  }

  private void remove() {
    step("delete with a stale resourceVersion is refused", () -> refused(
        () -> cats.withName("tom").lockResourceVersion("1").delete(), 409, "Conflict",
        "the ResourceVersion in the precondition (1) does not match"));
    step("delete removes, and removes once", () -> {
      equal("deleted", cats.withName("tom").delete().size(), 1);
      equal("deleted again", cats.withName("tom").delete().size(), 0);
    });
    step("delete of all that a label chooses", () -> {
      cats.withLabel("round", "java").delete();
      equal("left", cats.list().getItems().size(), 0);
    });
  }

  private static void step(String what, Check check) {
    try {
      check.run();
    } catch (Exception | AssertionError error) {
      System.out.println("failed: " + what + ": " + error);
      // Threads of the client may still run.
      Runtime.getRuntime().halt(1);
    }
    System.out.println("ok: " + what);
  }

  private static void equal(String what, Object got, Object want) {
    if (!Objects.equals(got, want)) {
      throw new AssertionError(what + " is " + got + ", not " + want);
    }
  }

  /** Checks that a request is refused, and gives the causes. */
  private static List<StatusCause> refused(Callable<?> request, int code, String reason, String words) throws Exception {
    try {
      request.call();
    } catch (KubernetesClientException error) {
      if (error.getStatus() == null || error.getCode() != code || !reason.equals(error.getStatus().getReason())
          || !error.getStatus().getMessage().contains(words)) {
        throw new AssertionError("was refused with " + error + ", not with " + code + " " + reason + " " + words);
      }
      return error.getStatus().getDetails() == null ? List.of() : error.getStatus().getDetails().getCauses();
    }
    throw new AssertionError("was not refused as " + reason);
  }

  private static void eventually(Check check) throws Exception {
    long deadlineMs = System.currentTimeMillis() + PATIENCE_MS;
    while (true) {
      try {
        check.run();
        return;
      } catch (Exception | AssertionError error) {
        if (System.currentTimeMillis() > deadlineMs) {
          throw error;
        }
        Thread.sleep(20);
      }
    }
  }
}

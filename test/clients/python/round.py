"""One round through the API of cats with the Python client: its dynamic client, its custom objects API and its watch."""

import json
import os
import sys
import tempfile
import threading

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from kubernetes.dynamic import DynamicClient

GROUP, VERSION, PLURAL = "animal.skai.io", "v1alpha1", "cats"
API_VERSION = f"{GROUP}/{VERSION}"
MERGE = "application/merge-patch+json"
PATIENCE_SECONDS = 30


def step(what):
    """Does one step, at once, and prints it; the first that fails ends the program."""

    def do(function):
        try:
            function()
        except Exception as error:  # Whatever it is, it is the reason.
            print(f"failed: {what}: {type(error).__name__}: {error}", flush=True)
            os._exit(1)
        print(f"ok: {what}", flush=True)
        return function

    return do


def equal(what, got, want):
    if got != want:
        raise AssertionError(f"{what} is {got!r}, not {want!r}")


def refused(request, code, reason, words):
    """Checks that a request is refused, and gives the fields among the causes."""
    try:
        request()
    except ApiException as error:
        status = json.loads(error.body)
        if (error.status, status["code"], status["reason"]) != (code, code, reason) or words not in status["message"]:
            raise AssertionError(f"was refused with {error.status} {status}, not with {code} {reason} {words!r}") from None
        return {cause.get("field") for cause in status.get("details", {}).get("causes", [])}
    raise AssertionError(f"was not refused as {reason}")


def cat(called, /, **spec):
    metadata = {"name": called, "labels": {"round": "python"}}
    return {"apiVersion": API_VERSION, "kind": "Cat", "metadata": metadata, "spec": {"name": called.title(), **spec}}


class Watcher(threading.Thread):
    """Gathers what a watch tells, from a resourceVersion on, until there are enough events or it is too late."""

    def __init__(self, cats, namespace, resource_version, last):
        super().__init__(daemon=True)
        self.seen, self.trouble = [], None
        self._arguments = (cats, namespace, resource_version, last)

    def run(self):
        cats, namespace, resource_version, last = self._arguments
        watcher = watch.Watch()
        options = {"resource_version": resource_version, "timeout": PATIENCE_SECONDS, "allow_watch_bookmarks": True}
        try:
            for event in cats.watch(namespace=namespace, watcher=watcher, **options):
                self.seen.append(f"{event['type']} {event['object'].metadata.name}")
                if self.seen[-1] == last:
                    watcher.stop()
        except Exception as error:
            self.trouble = error


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: KUBECONFIG=file round.py namespace")
    namespace = sys.argv[1]
    # KUBECONFIG is read by the library itself.
    api = client.ApiClient(configuration=configuration())
    with tempfile.TemporaryDirectory() as folder:
        # Unless told, it keeps what it discovered for the next run, of whatever server.
        dynamic = DynamicClient(api, cache_file=os.path.join(folder, "discovery.json"))
        cats = discover(dynamic)
        watcher = start_watch(cats, namespace)
        create(cats, namespace)
        page(cats, namespace)
        update(cats, namespace)
        patch(cats, namespace)
        custom_objects(client.CustomObjectsApi(api), namespace)
        apply(cats, namespace)
        remove(cats, namespace)
        watched(watcher)


def configuration():
    loaded = client.Configuration()
    config.load_kube_config(client_configuration=loaded)
    return loaded


def discover(dynamic):
    found = []

    @step("discovery has cats, by kind and by short name")
    def _():
        cats = dynamic.resources.get(api_version=API_VERSION, kind="Cat")
        equal("name", cats.name, PLURAL)
        equal("namespaced", cats.namespaced, True)
        equal("by short name", [r.kind for r in dynamic.resources.search(group=GROUP, kind="Cat", short_names=["ct"])], ["Cat"])
        equal("subresources", list(cats.subresources), ["status"])
        found.append(cats)

    return found[0]


def start_watch(cats, namespace):
    watchers = []

    @step("a watch starts from an empty list")
    def _():
        listed = cats.get(namespace=namespace)
        equal("items", listed.items, [])
        watchers.append(Watcher(cats, namespace, listed.metadata.resourceVersion, "DELETED tom"))
        watchers[0].start()

    return watchers[0]


def create(cats, namespace):
    @step("create defaults, and gives uid, generation and resourceVersion")
    def _():
        made = cats.create(body=cat("tom"), namespace=namespace)
        equal("spec", made.spec.to_dict(), {"name": "Tom", "lives": 9, "mode": "Indoor"})
        equal("generation", made.metadata.generation, 1)
        equal("metadata", bool(made.metadata.uid and made.metadata.resourceVersion and made.metadata.creationTimestamp), True)

    @step("create of the same name is refused")
    def _():
        again = lambda: cats.create(body=cat("tom"), namespace=namespace)
        refused(again, 409, "AlreadyExists", 'cats.animal.skai.io "tom" already exists')

    @step("create of what is invalid is refused, with every field as a cause")
    def _():
        bad = lambda: cats.create(body=cat("bad", lives=10, mode="Orbital"), namespace=namespace)
        equal("causes", refused(bad, 422, "Invalid", 'Cat.animal.skai.io "bad" is invalid'), {"spec.lives", "spec.mode"})

    @step("get of what is not there is refused")
    def _():
        nobody = lambda: cats.get(name="nobody", namespace=namespace)
        refused(nobody, 404, "NotFound", 'cats.animal.skai.io "nobody" not found')


def page(cats, namespace):
    @step("a list in pages of two has every cat once, of one resourceVersion")
    def _():
        for number in range(4):
            cats.create(body=cat(f"cat-{number}"), namespace=namespace)
        names, versions, remaining, token = [], set(), [], None
        while token is None or token != "":
            listed = cats.get(namespace=namespace, limit=2, _continue=token)
            names += [item.metadata.name for item in listed.items]
            versions.add(listed.metadata.resourceVersion)
            remaining.append(listed.metadata.remainingItemCount)
            token = listed.metadata["continue"] or ""
        equal("names", names, ["cat-0", "cat-1", "cat-2", "cat-3", "tom"])
        equal("versions", len(versions), 1)
        equal("remaining", remaining, [3, 1, None])

    @step("selectors by field and by label choose, and a bad one is refused")
    def _():
        equal("by field", len(cats.get(namespace=namespace, field_selector="metadata.name!=tom").items), 4)
        equal("by label", len(cats.get(namespace=namespace, label_selector="round notin (python)").items), 0)
        refused(lambda: cats.get(namespace=namespace, label_selector="round in python"), 400, "BadRequest", "unable to parse requirement")


def update(cats, namespace):
    @step("replace with a stale resourceVersion is refused")
    def _():
        stale = cats.get(name="tom", namespace=namespace).to_dict()
        fresh = json.loads(json.dumps(stale))
        fresh["spec"]["lives"] = 8
        equal("generation", cats.replace(body=fresh, namespace=namespace).metadata.generation, 2)
        again = lambda: cats.replace(body=stale, namespace=namespace)
        refused(again, 409, "Conflict", "the object has been modified; please apply your changes to the latest version")

    @step("replace of the status changes nothing else")
    def _():
        current = cats.get(name="tom", namespace=namespace).to_dict()
        current["status"], current["spec"]["lives"] = {"observedGeneration": 2}, 1
        replaced = cats.status.replace(body=current, name="tom", namespace=namespace)
        equal("lives", replaced.spec.lives, 8)
        equal("observed", replaced.status.observedGeneration, 2)
        equal("generation", replaced.metadata.generation, 2)


def patch(cats, namespace):
    def send(body, content_type):
        return cats.patch(body=body, name="tom", namespace=namespace, content_type=content_type)

    @step("merge patch sets one field and removes another")
    def _():
        patched = send({"spec": {"toys": [{"name": "mouse"}], "quirks": {"sleeps": "on the stove"}}}, MERGE)
        equal("toys", [toy.to_dict() for toy in patched.spec.toys], [{"name": "mouse", "squeaks": 1}])
        patched = send({"spec": {"quirks": None}}, MERGE)
        equal("quirks", patched.spec.quirks, None)

    @step("JSON patch adds, and is refused when its test fails")
    def _():
        json_patch = "application/json-patch+json"
        patched = send([{"op": "add", "path": "/spec/nicknames", "value": ["tommy"]}], json_patch)
        equal("nicknames", patched.spec.nicknames, ["tommy"])
        refused(lambda: send([{"op": "test", "path": "/spec/lives", "value": 1}], json_patch), 422, "Invalid", "")

    @step("strategic merge patch merges the toys by their name")
    def _():
        patched = send({"spec": {"toys": [{"name": "ball", "squeaks": 2}]}}, "application/strategic-merge-patch+json")
        equal("toys", {toy.name: toy.squeaks for toy in patched.spec.toys}, {"mouse": 1, "ball": 2})


def custom_objects(api, namespace):
    where = {"group": GROUP, "version": VERSION, "namespace": namespace, "plural": PLURAL}

    @step("the custom objects API creates, patches, lists and deletes")
    def _():
        api.create_namespaced_custom_object(**where, body=cat("custom"), field_validation="Strict")
        odd = lambda: api.create_namespaced_custom_object(**where, body=cat("odd", colour="red"), field_validation="Strict")
        refused(odd, 400, "BadRequest", 'unknown field "spec.colour"')
        patched = api.patch_namespaced_custom_object(**where, name="custom", body={"spec": {"lives": 4}})
        equal("lives", patched["spec"]["lives"], 4)
        patched = api.patch_namespaced_custom_object_status(**where, name="custom", body={"status": {"observedGeneration": 1}})
        equal("status", patched["status"], {"observedGeneration": 1})
        listed = api.list_namespaced_custom_object(**where, limit=1, pretty="true")
        equal("kind", (listed["kind"], len(listed["items"])), ("CatList", 1))
        deleted = api.delete_namespaced_custom_object(**where, name="custom", propagation_policy="Background", grace_period_seconds=0)
        equal("status", (deleted["kind"], deleted["status"], deleted["details"]["kind"]), ("Status", "Success", "cats"))


def apply(cats, namespace):
    def send(body, manager, force=None):
        return cats.server_side_apply(body=body, namespace=namespace, field_manager=manager, force_conflicts=force)

    @step("apply creates, and is refused another's field until it has force")
    def _():
        made = send(cat("felix"), "first")
        equal("managers", [(m.manager, m.operation) for m in made.metadata.managedFields], [("first", "Apply")])
        other = cat("felix", name="Felicitas")
        causes = refused(lambda: send(other, "second"), 409, "Conflict", 'conflict with "first": .spec.name')
        equal("causes", causes, {".spec.name"})
        equal("name", send(other, "second", True).spec.name, "Felicitas")


def remove(cats, namespace):
    @step("delete with a stale resourceVersion is refused")
    def _():
        stale = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": "1"}}
        delete = lambda: cats.delete(name="tom", namespace=namespace, body=stale)
        refused(delete, 409, "Conflict", "the ResourceVersion in the precondition (1) does not match")

    @step("delete of a collection removes what the selector chooses, and delete removes once")
    def _():
        cats.delete(namespace=namespace, label_selector="round=python", field_selector="metadata.name!=tom")
        equal("left", [item.metadata.name for item in cats.get(namespace=namespace).items], ["tom"])
        cats.delete(name="tom", namespace=namespace)
        refused(lambda: cats.delete(name="tom", namespace=namespace), 404, "NotFound", 'cats.animal.skai.io "tom" not found')


def watched(watcher):
    @step("the watch saw every cat come, change and go, in order")
    def _():
        watcher.join(PATIENCE_SECONDS)
        if watcher.trouble is not None:
            raise watcher.trouble
        tom = [line.split()[0] for line in watcher.seen if line.endswith(" tom")]
        equal("of tom", tom, ["ADDED"] + ["MODIFIED"] * 6 + ["DELETED"])
        equal("others", {"ADDED felix", "MODIFIED felix", "DELETED felix", "DELETED custom"} <= set(watcher.seen), True)


main()

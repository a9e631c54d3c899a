//! One round through the API of cats with kube-rs: discovery, dynamic objects, watchers and a reflector.

mod checks;

use std::collections::BTreeSet;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use checks::{causes, equal, eventually, ok, refused};
use futures::StreamExt;
use kube::api::{Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::GroupVersionKind;
use kube::discovery::{ApiResource, Discovery, Scope, pinned_kind, verbs};
use kube::runtime::reflector::{self, ObjectRef, Store};
use kube::runtime::watcher::{self, Event, watcher};
use kube::{Client, ResourceExt};
use serde_json::{Value, json};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

struct Round {
    cats: Api<DynamicObject>,
    resource: ApiResource,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    // What went well is told by each step; the first error ends the round.
    if let Err(error) = tokio::time::timeout(Duration::from_secs(120), run()).await.map_err(Into::into).flatten() {
        println!("failed: {error}");
        std::process::exit(1);
    }
}

async fn run() -> Result {
    let namespace = std::env::args().nth(1).ok_or("usage: KUBECONFIG=file round namespace")?;
    let client = Client::try_default().await?;
    let resource = discover(&client).await?;
    let cats: Api<DynamicObject> = Api::namespaced_with(client, &namespace, &resource);
    let round = Round { cats, resource };
    let listed = round.observe("list and watch", watcher::Config::default().page_size(2)).await?;
    let streamed = round.observe("streamed list", watcher::Config::default().streaming_lists()).await?;
    round.create().await?;
    round.page().await?;
    round.replace().await?;
    round.patch().await?;
    round.apply().await?;
    round.cached(&listed, &streamed).await?;
    round.remove().await?;
    for observer in [listed, streamed] {
        eventually(|| observer.saw_all()).await?;
        ok(&format!("the watcher by {} saw every cat come, change and go", observer.name));
    }
    Ok(())
}

async fn discover(client: &Client) -> Result<ApiResource> {
    let kind = GroupVersionKind::gvk("animal.skai.io", "v1alpha1", "Cat");
    let (resource, capabilities) = pinned_kind(client, &kind).await?;
    equal("plural", resource.plural.as_str(), "cats")?;
    equal("namespaced", capabilities.scope == Scope::Namespaced, true)?;
    equal("may be watched", capabilities.supports_operation(verbs::WATCH), true)?;
    equal("subresources", capabilities.subresources.len(), 1)?;
    ok("discovery of one kind has cats, namespaced, with a status");
    let aggregated = Discovery::new(client.clone()).filter(&["animal.skai.io"]).run_aggregated().await?;
    let (found, _) = aggregated.resolve_gvk(&kind).ok_or("aggregated discovery does not have the kind")?;
    equal("plural", found.plural.as_str(), "cats")?;
    ok("aggregated discovery has them as well");
    Ok(resource)
}

/// What a watcher told, and the store that it keeps.
struct Observer {
    name: &'static str,
    seen: Arc<Mutex<BTreeSet<String>>>,
    store: Store<DynamicObject>,
}

impl Observer {
    fn saw_all(&self) -> Result {
        let seen = self.seen.lock().map_err(|error| error.to_string())?;
        let wanted = ["apply tom 1", "apply tom 2", "delete tom", "delete felix"];
        match wanted.iter().find(|line| !seen.contains(**line)) {
            None => Ok(()),
            Some(line) => Err(format!("{}: no {line:?} in {seen:?}", self.name).into()),
        }
    }
}

impl Round {
    /// Watches the cats from now on.
    async fn observe(&self, name: &'static str, config: watcher::Config) -> Result<Observer> {
        let writer = reflector::store::Writer::new(self.resource.clone());
        let seen = Arc::new(Mutex::new(BTreeSet::new()));
        let observer = Observer { name, seen: seen.clone(), store: writer.as_reader() };
        let mut events = reflector::reflector(writer, watcher(self.cats.clone(), config)).boxed();
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                let line = match event {
                    Ok(Event::Apply(cat)) => {
                        format!("apply {} {}", cat.name_any(), cat.metadata.generation.unwrap_or(0))
                    }
                    Ok(Event::Delete(cat)) => format!("delete {}", cat.name_any()),
                    Ok(_) => continue,
                    Err(error) => format!("error {error}"),
                };
                seen.lock().expect("nobody panics with it").insert(line);
            }
        });
        observer.store.wait_until_ready().await?;
        ok(&format!("a watcher by {name} is ready"));
        Ok(observer)
    }

    fn cat(&self, name: &str, spec: Value) -> DynamicObject {
        let mut cat = DynamicObject::new(name, &self.resource).data(json!({ "spec": spec }));
        cat.labels_mut().insert("round".into(), "rust".into());
        cat
    }

    async fn create(&self) -> Result {
        let post = PostParams::default();
        let made = self.cats.create(&post, &self.cat("tom", json!({ "name": "Tom" }))).await?;
        equal("spec", &made.data["spec"], &json!({ "name": "Tom", "lives": 9, "mode": "Indoor" }))?;
        equal("generation", made.metadata.generation, Some(1))?;
        equal("has uid and version", made.uid().is_some() && made.resource_version().is_some(), true)?;
        ok("create defaults, and gives uid, generation and resourceVersion");
        let again = self.cats.create(&post, &self.cat("tom", json!({ "name": "Tom" }))).await;
        refused(again, 409, "AlreadyExists", "cats.animal.skai.io \"tom\" already exists")?;
        ok("create of the same name is refused");
        let bad = self.cats.create(&post, &self.cat("bad", json!({ "name": "", "lives": 10 }))).await;
        let status = refused(bad, 422, "Invalid", "Cat.animal.skai.io \"bad\" is invalid")?;
        equal("spec.lives is a cause", causes(status).contains(&"spec.lives".to_string()), true)?;
        ok("create of what is invalid is refused, with the field as a cause");
        refused(self.cats.get("nobody").await, 404, "NotFound", "cats.animal.skai.io \"nobody\" not found")?;
        equal("nobody", self.cats.get_opt("nobody").await?.is_none(), true)?;
        ok("get of what is not there is refused");
        Ok(())
    }

    async fn page(&self) -> Result {
        for number in 0..4 {
            let name = format!("cat-{number}");
            self.cats.create(&PostParams::default(), &self.cat(&name, json!({ "name": name }))).await?;
        }
        let mut query = ListParams::default().limit(2);
        let (mut names, mut versions, mut pages) = (BTreeSet::new(), BTreeSet::new(), 0);
        loop {
            let page = self.cats.list(&query).await?;
            names.extend(page.items.iter().map(ResourceExt::name_any));
            versions.extend(page.metadata.resource_version);
            pages += 1;
            match page.metadata.continue_ {
                Some(token) if !token.is_empty() => query = query.continue_token(&token),
                _ => break,
            }
        }
        equal("names, versions and pages", (names.len(), versions.len(), pages), (5, 1, 3))?;
        ok("a list in pages of two has every cat once, of one resourceVersion");
        let partial = self.cats.list_metadata(&ListParams::default().labels("round=rust")).await?;
        equal("metadata", partial.items.len(), 5)?;
        let selected = self.cats.list(&ListParams::default().fields("metadata.name=cat-3")).await?;
        equal("selected", selected.items.len(), 1)?;
        ok("metadata alone, and selectors by label and by field");
        Ok(())
    }

    async fn replace(&self) -> Result {
        let post = PostParams::default();
        let stale = self.cats.get("tom").await?;
        let mut fresh = stale.clone();
        fresh.data["spec"]["lives"] = json!(8);
        equal("generation", self.cats.replace("tom", &post, &fresh).await?.metadata.generation, Some(2))?;
        refused(self.cats.replace("tom", &post, &stale).await, 409, "Conflict", "the object has been modified")?;
        ok("replace with a stale resourceVersion is refused");
        let mut current = self.cats.get("tom").await?;
        current.data = json!({ "spec": { "name": "Nobody" }, "status": { "observedGeneration": 2 } });
        let replaced = self.cats.replace_status("tom", &post, &current).await?;
        equal("name", &replaced.data["spec"]["name"], &json!("Tom"))?;
        equal("status", &replaced.data["status"], &json!({ "observedGeneration": 2 }))?;
        ok("replace of the status changes nothing else");
        Ok(())
    }

    async fn patch(&self) -> Result {
        let plain = PatchParams::default();
        let merge = Patch::Merge(json!({ "spec": { "toys": [{ "name": "mouse" }], "lives": null } }));
        let patched = self.cats.patch("tom", &plain, &merge).await?;
        equal("toys", &patched.data["spec"]["toys"], &json!([{ "name": "mouse", "squeaks": 1 }]))?;
        equal("lives", &patched.data["spec"]["lives"], &json!(9))?;
        ok("merge patch sets one field and removes another");
        let operations = json!([{ "op": "add", "path": "/spec/nicknames", "value": ["tommy"] }]);
        let patched = self.cats.patch("tom", &plain, &Patch::Json::<()>(serde_json::from_value(operations)?)).await?;
        equal("nicknames", &patched.data["spec"]["nicknames"], &json!(["tommy"]))?;
        let failing = json!([{ "op": "test", "path": "/spec/lives", "value": 1 }]);
        let test = self.cats.patch("tom", &plain, &Patch::Json::<()>(serde_json::from_value(failing)?)).await;
        refused(test, 422, "Invalid", "")?;
        ok("JSON patch adds, and is refused when its test fails");
        let strategic = Patch::Strategic(json!({ "spec": { "toys": [{ "name": "ball", "squeaks": 2 }] } }));
        let patched = self.cats.patch("tom", &plain, &strategic).await?;
        equal("toys", patched.data["spec"]["toys"].as_array().map(Vec::len), Some(2))?;
        ok("strategic merge patch merges the toys by their name");
        Ok(())
    }

    async fn apply(&self) -> Result {
        let made = self
            .cats
            .patch("felix", &PatchParams::apply("first"), &Patch::Apply(self.cat("felix", json!({ "name": "Felix" }))))
            .await?;
        equal("managers", made.managed_fields().len(), 1)?;
        let other = Patch::Apply(self.cat("felix", json!({ "name": "Felicitas" })));
        let conflict = self.cats.patch("felix", &PatchParams::apply("second"), &other).await;
        let status = refused(conflict, 409, "Conflict", "conflict with \"first\": .spec.name")?;
        equal("cause", causes(status)[0].as_str(), ".spec.name")?;
        let forced = self.cats.patch("felix", &PatchParams::apply("second").force(), &other).await?;
        equal("name", &forced.data["spec"]["name"], &json!("Felicitas"))?;
        ok("apply creates, and is refused another's field until it has force");
        let status =
            json!({ "apiVersion": "animal.skai.io/v1alpha1", "kind": "Cat", "status": { "observedGeneration": 1 } });
        let applied = self.cats.patch_status("felix", &PatchParams::apply("keeper"), &Patch::Apply(status)).await?;
        equal("name", &applied.data["spec"]["name"], &json!("Felicitas"))?;
        equal("status", &applied.data["status"], &json!({ "observedGeneration": 1 }))?;
        ok("apply of the status is of the status alone");
        Ok(())
    }

    async fn cached(&self, listed: &Observer, streamed: &Observer) -> Result {
        let newest = self.cats.get("felix").await?.resource_version();
        let key = ObjectRef::new_with("felix", self.resource.clone()).within(self.cats.namespace().unwrap_or_default());
        for observer in [listed, streamed] {
            eventually(|| {
                equal("version", observer.store.get(&key).and_then(|cat| cat.resource_version()), newest.clone())
            })
            .await?;
            equal("cats", observer.store.len(), 6)?;
        }
        ok("both reflectors have what the server has");
        Ok(())
    }

    async fn remove(&self) -> Result {
        let preconditions =
            Preconditions { uid: Some("00000000-0000-0000-0000-000000000000".into()), resource_version: None };
        let wrong = DeleteParams::background().preconditions(preconditions);
        refused(self.cats.delete("tom", &wrong).await, 409, "Conflict", "does not match the UID in record")?;
        ok("delete with the wrong uid is refused");
        let answer = self.cats.delete("tom", &DeleteParams::default()).await?;
        equal("answers with a Status", answer.right().is_some(), true)?;
        let again = self.cats.delete("tom", &DeleteParams::default()).await;
        refused(again, 404, "NotFound", "cats.animal.skai.io \"tom\" not found")?;
        ok("delete removes, and removes once");
        self.cats.delete_collection(&DeleteParams::default(), &ListParams::default().labels("round=rust")).await?;
        equal("left", self.cats.list(&ListParams::default()).await?.items.len(), 0)?;
        ok("delete of a collection removes what the selector chooses");
        Ok(())
    }
}

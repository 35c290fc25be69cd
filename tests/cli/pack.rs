//! `birthmark pack` over directories; `tests/e2e/packs.py` does it over a web server.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{birthmark, project, run};

const CODE: &str = include_str!("../../examples/demo/parcelbot/routes.py");

/// A publisher with an index, a site and a key, and a user with packs.
struct World {
    project: tempfile::TempDir,
    key: String,
}

impl World {
    fn new() -> World {
        let license = "[project]\nname = 'routes'\nversion = '1'\nlicense = 'GPL-3.0-only'\n";
        let other = license.replace("routes", "other");
        let project = project(&[
            ("routes/routes.py", CODE),
            ("routes/pyproject.toml", license),
            ("other/other.py", "def f(x):\n    return x + 1\n"),
            ("other/pyproject.toml", &other),
            ("asked/copy.py", CODE),
        ]);
        // A project of its own, whose manifests do not name the packages.
        fs::create_dir(project.path().join("asked/.git")).expect("made");
        let world = World { project, key: String::new() };
        world.call(&["index", "add", "routes", "--index", "index"]);
        let key = world.call(&["pack", "key", "pack.key"]);
        World { key: key.trim().to_owned(), ..world }
    }

    fn at(&self) -> &Path {
        self.project.path()
    }

    fn try_call(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = birthmark(self.at());
        run(command.env("BIRTHMARK_PACKS", self.at().join("held")).args(arguments))
    }

    fn call(&self, arguments: &[&str]) -> String {
        let (code, out, err) = self.try_call(arguments);
        assert_eq!(code, 0, "{arguments:?}: {err}");
        out
    }

    /// Makes, signs and publishes a generation; returns its pin.
    fn publish(&self, generation: &str) -> String {
        let arguments = ["pack", "create", "py", "--index=index", "--to=site", "--format=json"];
        let generation = format!("--generation={generation}");
        let out = self.call(&[&arguments[..], &[&generation, "--expires=2999-01-01"]].concat());
        let created: Value = serde_json::from_str(&out).expect("JSON");
        let list = created["list"].as_str().expect("a file");
        self.call(&["pack", "sign", list, "--key=pack.key"]);
        self.call(&["pack", "publish", list, "--to=site", "--key", &self.key]);
        created["pin"].as_str().expect("a pin").to_owned()
    }

    fn pull(&self) -> (i32, String, String) {
        self.try_call(&["pack", "pull", "py", "--from=site", "--key", &self.key])
    }

    fn scan(&self, pin: &str) -> (i32, String, String) {
        let config = format!(
            "license = 'MIT'\npacks = ['{pin}']\npack-mirrors = ['../site']\npack-keys = ['{}']\n",
            self.key
        );
        fs::write(self.at().join("asked/birthmark.toml"), config).expect("written");
        self.in_project(&["scan", "copy.py", "--no-cache", "--format=json"])
    }

    /// Runs a command in the project that is scanned.
    fn in_project(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = birthmark(&self.at().join("asked"));
        run(command.env("BIRTHMARK_PACKS", self.at().join("held")).args(arguments))
    }
}

#[test]
fn a_pack_is_published_pinned_fetched_and_stamped() {
    let world = World::new();
    let first = world.publish("2026-01-01");
    let (code, _, err) = world.scan(&first);
    assert_eq!(code, 2);
    assert!(err.contains("is not on this machine") && err.contains("birthmark pack pull"), "{err}");
    let (code, out, err) = world.in_project(&["pack", "pull"]);
    assert!(code == 0 && out.contains(&first), "{err}");
    let (code, out, err) = world.scan(&first);
    assert_eq!(code, 1, "{err}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert!(out.contains("pkg:pypi/routes@1"), "{out}");
    let names: Vec<&str> = report["provenance"]["indexes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|index| index["name"].as_str().expect("a name"))
        .collect();
    assert_eq!(names, ["starter", first.as_str()]);
    let doctor = world.in_project(&["doctor"]).1;
    assert!(doctor.contains("py@2026-01-01 is ") && doctor.contains(" days old"), "{doctor}");
    assert!(world.call(&["pack", "list"]).contains(&first));

    // What is gone counts no more; what came is one segment more.
    world.call(&["index", "add", "other", "--index", "index"]);
    world.call(&["index", "remove", "pkg:pypi/routes", "--index", "index"]);
    let second = world.publish("2026-01-02");
    assert_eq!(world.pull().0, 0);
    let (_, out, _) = world.scan(&second);
    assert!(!out.contains("pkg:pypi/routes@1"), "{out}");
    assert!(world.scan(&first).1.contains("pkg:pypi/routes@1"), "the older pin is as it was");
    let info = world.call(&["pack", "list", "--format=json"]);
    assert_eq!(info.matches("\"pin\"").count(), 2, "{info}");
}

#[test]
fn lists_that_may_not_be_taken_are_refused_and_what_was_held_stays() {
    let world = World::new();
    let first = world.publish("2026-01-01");
    let list = world.at().join("site/py/list.json");
    let older = fs::read(&list).expect("readable");
    world.call(&["index", "add", "other", "--index", "index"]);
    let second = world.publish("2026-01-02");
    assert_eq!(world.pull().0, 0);
    let refused = |expected: &str| {
        let (code, _, err) = world.pull();
        assert_eq!(code, 2, "{expected}");
        assert!(err.contains(expected), "{expected}: {err}");
        let held = world.call(&["pack", "list"]);
        assert!(held.contains(&second) && !held.contains(&first), "{held}");
        assert_ne!(world.scan(&second).0, 2);
    };
    let newest = fs::read(&list).expect("readable");
    fs::write(&list, &older).expect("written");
    refused("an older one is not taken");
    fs::write(&list, "{}").expect("written");
    refused("there is no such file");
    let forge = |key: &str, change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&newest).expect("JSON");
        change(&mut value);
        let bytes = serde_json::to_vec(&value).expect("JSON");
        let name = format!("{}.json", blake3::hash(&bytes).to_hex());
        let file: PathBuf = world.at().join("site/py").join(name);
        fs::write(&file, &bytes).expect("written");
        fs::write(&list, &bytes).expect("written");
        world.call(&["pack", "sign", &file.display().to_string(), "--key", key]);
    };
    world.call(&["pack", "key", "foreign.key"]);
    forge("foreign.key", &|list| list["generation"] = "2026-01-03".into());
    refused("no trusted key signed it");
    forge("pack.key", &|list| {
        list["generation"] = "2026-01-03".into();
        list["expires"] = "2026-01-04".into();
    });
    refused("expired on 2026-01-04");
    forge("pack.key", &|list| list["generation"] = "2998-01-01".into());
    refused("correct the clock");
    forge("pack.key", &|list| list["expires"] = "2998-01-01".into());
    refused("another list of generation 2026-01-02");
    forge("pack.key", &|list| list["format"] = "1.1".into());
    refused("has index format 1.1");
    forge("pack.key", &|list| list["segments"][0]["file"] = "../x.segment".into());
    refused("is not the name of a file of a pack");
    forge("pack.key", &|list| {
        list["generation"] = "2026-01-03".into();
        list["segments"][0]["bytes"] = (1u64 << 60).into();
        list["segments"][0]["file"] = format!("{}.segment", "0".repeat(32)).into();
        list["segments"][0]["digest"] = "0".repeat(64).into();
    });
    refused("nothing was fetched");
}

#[test]
fn a_damaged_file_is_fetched_from_the_next_mirror() {
    let world = World::new();
    let pin = world.publish("2026-01-01");
    let bad = world.at().join("bad");
    fs::create_dir_all(bad.join("files")).expect("made");
    fs::create_dir_all(bad.join("py")).expect("made");
    for folder in ["files", "py"] {
        for entry in fs::read_dir(world.at().join("site").join(folder)).expect("readable") {
            let path = entry.expect("readable").path();
            let mut bytes = fs::read(&path).expect("readable");
            let middle = bytes.len() / 2;
            if folder == "files" {
                bytes[middle] ^= 1;
            }
            fs::write(bad.join(folder).join(path.file_name().expect("a name")), bytes)
                .expect("written");
        }
    }
    let pull = |mirrors: &[&str]| {
        let arguments = ["pack", "pull", "py", "--key", &world.key];
        world.try_call(&[&arguments[..], mirrors].concat())
    };
    let (code, _, err) = pull(&["--from=bad"]);
    assert_eq!(code, 2);
    assert!(err.contains("its BLAKE3 is another one"), "{err}");
    assert!(!world.call(&["pack", "list"]).contains(&pin));
    let (code, out, err) = pull(&["--from=bad", "--from=site"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(&pin) && err.contains("its BLAKE3 is another one"), "{out}{err}");
    assert_eq!(world.scan(&pin).0, 1);
}

#[test]
fn replaced_keys_are_followed_and_sign_no_more() {
    let world = World::new();
    world.publish("2026-01-01");
    assert_eq!(world.pull().0, 0);
    let new = world.call(&["pack", "key", "new.key"]);
    world.call(&["pack", "rotate", "py", "--to=site", "--key", new.trim()]);
    world.call(&["pack", "sign", "site/py/keys-1.json", "--key=pack.key"]);
    fs::rename(world.at().join("pack.key"), world.at().join("old.key")).expect("renamed");
    fs::rename(world.at().join("new.key"), world.at().join("pack.key")).expect("renamed");
    world.call(&["index", "add", "other", "--index", "index"]);
    let second = world.publish("2026-01-02");
    let (code, out, err) = world.pull();
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(&second), "{out}");
    // The old key signs a list that speaks of no key list.
    let list = world.at().join("site/py/list.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&list).expect("read")).expect("JSON");
    value["generation"] = "2026-01-03".into();
    value["keys"] = 0.into();
    let bytes = serde_json::to_vec(&value).expect("JSON");
    let file = format!("site/py/{}.json", blake3::hash(&bytes).to_hex());
    fs::write(world.at().join(&file), &bytes).expect("written");
    fs::write(&list, &bytes).expect("written");
    world.call(&["pack", "sign", &file, "--key=old.key"]);
    for _ in 0..2 {
        let (code, _, err) = world.pull();
        assert_eq!(code, 2);
        assert!(err.contains("signed by keys that were replaced"), "{err}");
        // A user who knows nothing yet refuses it as well.
        fs::remove_dir_all(world.at().join("held")).expect("removed");
    }
}

#[test]
fn the_next_generation_goes_on_from_what_was_published_elsewhere() {
    let world = World::new();
    let publish = |generation: &str| -> Value {
        let generation = format!("--generation={generation}");
        let arguments = ["pack", "create", "py", "--index=index", "--to=packs", "--format=json"];
        let out = world.call(&[&arguments[..], &[&generation, "--expires=2999-01-01"]].concat());
        let created: Value = serde_json::from_str(&out).expect("JSON");
        let list = created["list"].as_str().expect("a file");
        world.call(&["pack", "sign", list, "--key=pack.key"]);
        world.call(&["pack", "publish", list, "--to=site", "--key", &world.key]);
        let bytes = fs::read(world.at().join(list)).expect("readable");
        serde_json::from_slice(&bytes).expect("JSON")
    };
    let first = publish("2026-01-01");
    world.call(&["index", "add", "other", "--index", "index"]);
    world.call(&["index", "remove", "pkg:pypi/routes", "--index", "index"]);
    let second = publish("2026-01-02");
    assert!(second["previous"].is_string(), "{second}");
    assert_eq!(second["segments"][0], first["segments"][0]);
    assert_eq!(second["tombstones"].as_array().map(Vec::len), Some(1), "{second}");
    assert_eq!(world.pull().0, 0);
}

#[test]
fn mirrors_are_of_known_kinds() {
    let world = World::new();
    for (mirror, expected) in [
        ("ftp://x", "packs are not fetched by ftp://"),
        ("oci://x", "expected oci://HOST[:PORT]/NAME[:TAG]"),
        ("oci://ann:secret@x/y", "credentials belong into ~/.netrc"),
        ("oci://x/y@sha256:0", "a digest into the pin"),
    ] {
        let (code, _, err) = world.try_call(&["pack", "pull", "py", "--from", mirror]);
        assert_eq!(code, 2, "{mirror}");
        assert!(err.contains(expected), "{mirror}: {err}");
    }
    world.publish("2026-01-01");
    let list = fs::read_dir(world.at().join("site/py"))
        .expect("readable")
        .map(|entry| entry.expect("readable").path().display().to_string())
        .find(|path| path.ends_with(".json") && !path.ends_with("list.json"))
        .expect("a list");
    let (code, _, err) =
        world.try_call(&["pack", "publish", &list, "--to=https://x", "--key", &world.key]);
    assert_eq!(code, 2);
    assert!(err.contains("publish to a directory"), "{err}");
}

#[test]
fn a_pin_is_a_name_a_generation_and_a_digest() {
    let world = World::new();
    let (code, _, err) = world.scan("py@2026-01-01");
    assert_eq!(code, 2);
    assert!(err.contains("pins no pack"), "{err}");
    let (code, _, err) = world.try_call(&["pack", "pull", "../py", "--from=site", "--no-config"]);
    assert_eq!(code, 2);
    assert!(err.contains("is no name of a pack"), "{err}");
    let (code, _, err) = world.try_call(&["pack", "pull", "py", "--no-config"]);
    assert_eq!(code, 2);
    assert!(err.contains("no mirror is named"), "{err}");
}

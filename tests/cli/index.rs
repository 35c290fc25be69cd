//! `birthmark index`.

use super::{birthmark, project, run};

#[test]
fn commands_on_a_missing_index_are_2() {
    let project = project(&[]);
    for arguments in [
        &["index", "list"][..],
        &["index", "info"],
        &["index", "verify"],
        &["index", "merge"],
        &["index", "remove", "pkg:pypi/six"],
    ] {
        let (code, _, err) = run(birthmark(project.path()).args(arguments));
        assert_eq!(code, 2, "{arguments:?}");
        assert!(err.contains(".birthmark/index"), "{arguments:?}: {err}");
    }
}

#[test]
fn the_starter_can_be_asked_but_not_changed() {
    let project = project(&[("a/x.py", "")]);
    for command in ["list", "info", "verify"] {
        let arguments = ["index", command, "--index", "starter"];
        let (code, _, err) = run(birthmark(project.path()).args(arguments));
        assert_eq!(code, 0, "{command}: {err}");
    }
    for arguments in [
        &["index", "add", "a", "--index", "starter"][..],
        &["index", "merge", "--index", "starter"],
        &["index", "remove", "pkg:pypi/six", "--index", "starter"],
    ] {
        let (code, _, err) = run(birthmark(project.path()).args(arguments));
        assert_eq!(code, 2, "{arguments:?}");
        assert!(err.contains("cannot be changed"), "{arguments:?}: {err}");
    }
}

#[test]
fn adding_tells_how_to_scan_with_it() {
    let project = project(&[("a/x.py", "x = 1\n")]);
    let (code, out, err) = run(birthmark(project.path()).args(["index", "add", "a"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("birthmark scan --index .birthmark/index --index starter"), "{out}");
}

#[test]
fn one_component_that_fails_does_not_stop_the_others() {
    let project = project(&[("a/x.py", "x = 1\n"), ("b/y.py", "y = 2\n")]);
    let mut command = birthmark(project.path());
    let (code, out, err) = run(command.args(["index", "add", "a", "gone", "b", "--format=json"]));
    assert_eq!(code, 2);
    assert!(err.contains("gone"), "{err}");
    let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["added"]["components"], 2);
    assert_eq!(answer["added"]["failed"], 1);
}

#[test]
fn a_name_is_for_one_source() {
    let project = project(&[("a/x.py", ""), ("b/y.py", "")]);
    let arguments = ["index", "add", "a", "b", "--purl", "pkg:generic/a@1"];
    let (code, _, err) = run(birthmark(project.path()).args(arguments));
    assert_eq!(code, 2);
    assert!(err.contains("one SOURCE"), "{err}");
    let (code, _, _) = run(birthmark(project.path()).args(["index", "add"]));
    assert_eq!(code, 2);
}

#[test]
fn the_first_configured_directory_is_the_index() {
    let project = project(&[
        ("birthmark.toml", "index = ['starter', 'our/index', 'other']"),
        ("a/x.py", "x = 1\n"),
    ]);
    let (code, out, err) = run(birthmark(project.path()).args(["index", "add", "a"]));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("to our/index"), "{out}");
    assert!(project.path().join("our/index").is_dir());
}

#[test]
fn a_recipe_is_pinned_and_then_held_to() {
    let recipe = "# Ours.\n\n[[component]]\npurl = \"pkg:generic/a@1\"\nsource = \"a\"\n";
    let metadata = "[project]\nname = 'a'\nlicense = 'GPL-3.0-only'\n";
    let project =
        project(&[("recipe.toml", recipe), ("a/x.py", "x = 1\n"), ("a/pyproject.toml", metadata)]);
    let add = |arguments: &[&str]| {
        let mut command = birthmark(project.path());
        run(command.args(["index", "add", "--recipe", "recipe.toml"]).args(arguments))
    };
    let (code, _, err) = add(&["--pin"]);
    assert_eq!(code, 0, "{err}");
    let read = || std::fs::read_to_string(project.path().join("recipe.toml")).expect("readable");
    let pinned = read();
    assert!(
        pinned.starts_with(
            "# Ours.\n\n[[component]]\npurl = \"pkg:generic/a@1\"\ndigest = \"blake3:"
        )
    );
    assert!(pinned.ends_with("\nlicense = \"GPL-3.0-only\"\nsource = \"a\"\n"), "{pinned}");
    assert_eq!(add(&["--pin"]).0, 0);
    assert_eq!(read(), pinned);

    std::fs::write(project.path().join("a/x.py"), "x = 2\n").expect("written");
    let (code, _, err) = add(&["--pin"]);
    assert_eq!(code, 2);
    assert!(err.contains("pkg:generic/a@1"), "{err}");
    assert_eq!(read(), pinned, "a recipe is not bent to what was found");
}

#[test]
fn what_is_held_already_is_left_alone() {
    let project = project(&[("a/x.py", "x = 1\n"), ("b/y.py", "y = 2\n")]);
    let add = |words: &[&str]| {
        let mut command = birthmark(project.path());
        let (code, out, err) = run(command.args(["index", "add", "--format=json"]).args(words));
        assert_eq!(code, 0, "{err}");
        let answer: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        (answer["added"]["components"].clone(), answer["added"]["unchanged"].clone())
    };
    assert_eq!(add(&["a"]), (1.into(), 0.into()));
    assert_eq!(add(&["a", "b"]), (1.into(), 1.into()));
    assert_eq!(
        add(&["a", "--license", "MIT"]),
        (1.into(), 0.into()),
        "another licence is another fact"
    );
    std::fs::write(project.path().join("b/y.py"), "y = 3\n").expect("written");
    assert_eq!(
        add(&["a", "b", "--memory", "1G"]),
        (2.into(), 0.into()),
        "the licence was given, and is not now"
    );
    let (_, out, _) = run(birthmark(project.path()).args(["index", "add", "a"]));
    assert!(out.contains("Unchanged 1 component, which it held already"), "{out}");
}

/// Without any client on the path nothing can be fetched.
#[test]
fn what_a_recipe_pins_and_the_index_holds_is_not_fetched() {
    let project = project(&[("a/x.py", "x = 1\n")]);
    let add = |words: &[&str]| {
        let mut command = birthmark(project.path());
        run(command.env("PATH", "/nowhere").args(["index", "add", "--format=json"]).args(words))
    };
    let (code, _, err) = add(&["a", "--purl", "pkg:pypi/a@1", "--license", "MIT"]);
    assert_eq!(code, 0, "{err}");
    let (_, out, _) = run(birthmark(project.path()).args(["index", "list", "--format=json"]));
    let list: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let held = list["components"][0]["digest"].as_str().expect("a digest");
    let other = format!("blake3:{}", "0".repeat(64));
    for (digest, license, expected) in
        [(held, "MIT", 0), (held, "ISC", 2), (other.as_str(), "MIT", 2)]
    {
        let recipe = format!(
            "[[component]]\npurl = \"pkg:pypi/a@1\"\ndigest = \"{digest}\"\nlicense = \"{license}\"\n"
        );
        std::fs::write(project.path().join("recipe.toml"), recipe).expect("written");
        let (code, out, err) = add(&["--recipe", "recipe.toml"]);
        assert_eq!(code, expected, "{err}");
        let unchanged = out.contains("\"unchanged\": 1");
        assert_eq!(unchanged, expected == 0, "{out}");
    }
}

#[test]
fn too_little_memory_is_refused_with_what_suffices() {
    let project = project(&[("a/x.py", "x = 1\n")]);
    for command in [&["index", "add", "a", "--memory"][..], &["index", "merge", "--memory"]] {
        for (size, expected) in [("100M", "at least 256 MiB"), ("much", "such as 512M or 2G")] {
            let (code, _, err) = run(birthmark(project.path()).args(command).arg(size));
            assert_eq!(code, 2);
            assert!(err.contains(expected), "{err}");
        }
        assert!(!project.path().join(".birthmark").exists(), "nothing is made before");
    }
}

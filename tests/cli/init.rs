//! `birthmark init`.

use super::{birthmark, project, run};

const MIT: &str = include_str!("../../examples/demo/LICENSE");

#[test]
fn a_start_is_written_for_the_project_it_stands_in() {
    for (files, said) in [
        (
            &[("pyproject.toml", "[project]\nname = 'mine'\nlicense = 'Apache-2.0'\n")][..],
            &[
                "# Found: Apache-2.0, in the manifest pyproject.toml.",
                "#owned = [\"pkg:pypi/mine\"]",
            ][..],
        ),
        (&[("LICENSE", MIT)], &["# Found: MIT, by LICENSE.", "#license = \"MIT\""]),
        (
            &[("Cargo.toml", "[package]\nname = 'mine'\nlicense = 'GPL-2.0'\n")],
            &["state it exactly", "pkg:cargo/mine"],
        ),
        (
            &[("package.json", "{\"name\": \"@me/mine\"}")],
            &["# None was found here", "#owned = [\"pkg:npm/%40me/mine\"]"],
        ),
        (
            &[
                ("go.mod", "module example.org/me/mine\n"),
                ("mine.gemspec", "s.name = 'mine'\ns.license = 'MIT'\n"),
            ],
            &[
                "# Found: MIT, in the manifest mine.gemspec.",
                "#owned = [\"pkg:gem/mine\", \"pkg:golang/example.org/me/mine\"]",
            ],
        ),
        (&[("a.py", "x = 1\n")], &["# None was found here"]),
    ] {
        let project = project(files);
        let (code, out, err) = run(birthmark(project.path()).arg("init"));
        assert_eq!((code, err.as_str()), (0, ""), "{files:?}");
        assert!(out.contains("birthmark.toml"), "{out}");
        let text = std::fs::read_to_string(project.path().join("birthmark.toml")).expect("written");
        for part in said {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
        let (code, _, err) = run(birthmark(project.path()).args(["scan", "--exit-zero"]));
        assert_eq!((code, err.as_str()), (0, ""));

        // What is there already is never overwritten.
        let (code, _, err) = run(birthmark(project.path()).arg("init"));
        assert_eq!(code, 2);
        assert!(err.contains("birthmark.toml"), "{err}");
        assert_eq!(
            std::fs::read_to_string(project.path().join("birthmark.toml")).expect("there"),
            text
        );
    }
}

#[test]
fn a_configuration_in_a_manifest_counts_too() {
    let project = project(&[
        ("pyproject.toml", "[tool.birthmark]\nthreshold = 70\n"),
        ("sub/a.py", "x = 1\n"),
    ]);
    let (code, _, err) = run(birthmark(project.path()).arg("init"));
    assert_eq!(code, 2);
    assert!(err.contains("pyproject.toml"), "{err}");

    let (code, out, _) = run(birthmark(project.path()).args(["init", "sub"]));
    assert_eq!(code, 0);
    assert!(out.contains("pyproject.toml no longer counts"), "{out}");
    assert!(project.path().join("sub/birthmark.toml").is_file());

    let (code, _, err) = run(birthmark(project.path()).args(["init", "gone"]));
    assert_eq!(code, 2);
    assert!(err.contains("gone"), "{err}");
}

#[test]
fn editors_get_the_schema() {
    let project = project(&[]);
    let (code, out, _) = run(birthmark(project.path()).args(["init", "--schema"]));
    assert_eq!((code, out.as_str()), (0, include_str!("../../docs/birthmark.schema.json")));
    let (code, out, _) = run(birthmark(project.path()).args(["init", "--print"]));
    assert_eq!(code, 0);
    assert!(out.starts_with("# What this project takes from others"), "{out}");
    assert!(!project.path().join("birthmark.toml").exists());
}

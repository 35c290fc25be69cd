//! Files that hold code among other things: notebooks, pages of prose; and projects inside of
//! projects, unpacked packages.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::changes::{OWN, Repository, copied_function, copy};
use super::{birthmark, project, run};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const SUMMARY: &str = include_str!("../../examples/demo/parcelbot/summary.py");

/// How a notebook stands in its file.
#[derive(Clone, Copy)]
enum Layout {
    /// A line of the file for each line of code, as Jupyter writes it.
    Lines,
    /// All in one line, as some services export it.
    One,
}

fn cell(kind: &str, text: &str) -> Value {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    json!({ "cell_type": kind, "metadata": {}, "source": lines, "outputs": ["def find_path("] })
}

/// A notebook with a title, a cell of commands, and the code.
fn notebook(code: &str, layout: Layout) -> String {
    let cells = json!([
        cell("markdown", "# Title"),
        cell("code", "%matplotlib inline\n!ls\nimport os"),
        cell("code", code),
    ]);
    let notebook = json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 });
    match layout {
        Layout::Lines => serde_json::to_string_pretty(&notebook).expect("JSON"),
        Layout::One => notebook.to_string(),
    }
}

/// birthmark against the demo's index.
fn demo(directory: &Path, arguments: &[&str]) -> (i32, String, String) {
    let index = Path::new(ROOT).join("fixtures/demo-index");
    run(birthmark(directory).args(arguments).arg("--index").arg(index))
}

#[test]
fn a_copy_in_a_notebook_is_told_by_cell_and_line() {
    let repository = Repository::with(&[("own.py", OWN)]);
    for layout in [Layout::Lines, Layout::One] {
        let text = notebook(&copied_function(), layout);
        repository.write("a.ipynb", &text);
        let scan = repository.scan(&["a.ipynb"]);
        assert_eq!((scan.code, scan.found()), (1, vec!["a.ipynb".to_owned()]));
        let finding = &scan.report["findings"][0];
        let cells = &finding["cells"];
        assert_eq!((&cells["start_cell"], &cells["end_cell"]), (&json!(3), &json!(3)));
        let (first, last) = (&cells["start_line"], &cells["end_line"]);
        let told = format!("cell 3, lines {first}-{last}: ");
        assert!(finding["message"].as_str().expect("text").starts_with(&told), "{finding}");
        assert_eq!(scan.report["summary"]["files_scanned"], 1);
        // In each format: where in the file, and where in the notebook.
        let place = format!("cell 3, lines {first}-{last}");
        let line = match layout {
            Layout::Lines => finding["region"]["start_line"].as_u64().expect("a line"),
            Layout::One => 1,
        };
        let code = text.lines().nth(line as usize - 1).expect("a line");
        assert!(code.contains("heapq.heappush(queue"), "{code}");
        for (format, at) in [
            ("text", String::new()),
            ("markdown", String::new()),
            ("html", String::new()),
            ("github", format!("line={line},")),
            ("gitlab", format!("\"begin\": {line}")),
            ("sarif", format!("\"startLine\": {line},")),
            ("jsonl", "\"start_cell\":3".to_owned()),
            ("cyclonedx", format!("\"line\": {line}")),
            ("spdx", format!("\"lineNumber\": {line}")),
        ] {
            let arguments = ["a.ipynb", "--format", format, "--exit-zero"];
            let mut command = repository.birthmark(&repository.path());
            let (code, out, err) = run(command.args(arguments));
            assert_eq!(code, 0, "{format}: {err}");
            // Some formats begin a sentence with it.
            assert!(out.to_lowercase().contains(&place), "{format} lacks {place}: {out}");
            assert!(out.contains(&at), "{format} lacks {at}: {out}");
        }
    }
}

#[test]
fn of_a_changed_notebook_new_code_counts() {
    let own = notebook(OWN, Layout::Lines);
    let repository = Repository::with(&[("a.ipynb", &own)]);
    repository.stage("a.ipynb", &notebook(&copied_function(), Layout::Lines));
    assert_eq!(repository.found(&["--staged"]), ["a.ipynb"]);
    repository.commit("copy");
    // Other outputs are no new code.
    let text =
        notebook(&copied_function(), Layout::Lines).replace("def find_path(\"", "1\",\n\"2\"");
    repository.stage("a.ipynb", &text);
    assert_eq!(repository.found(&["--staged"]), Vec::<String>::new());
}

#[test]
fn comments_in_cells_silence_and_declare() {
    let repository = Repository::with(&[("own.py", OWN)]);
    let comment = "# birthmark: ignore[license-incompatible] reason=\"agreed\"\n";
    let code = format!("{comment}{}", copied_function());
    repository.write("a.ipynb", &notebook(&code, Layout::Lines));
    let scan = repository.scan(&["a.ipynb"]);
    assert_eq!((scan.code, scan.found()), (0, Vec::new()), "{}", scan.report);
    assert_eq!(scan.report["silenced"][0]["cells"]["start_cell"], 3);
}

#[test]
fn a_notebook_is_declared_in_its_cells() {
    let directory = project(&[("birthmark.toml", "license = 'MIT'\n")]);
    let path = directory.path().join("a.ipynb");
    let (code, out, err) = {
        fs::write(&path, notebook(SUMMARY, Layout::Lines)).expect("written");
        demo(directory.path(), &["attribute", "a.ipynb"])
    };
    assert_eq!(code, 0, "{out}{err}");
    let text = fs::read_to_string(&path).expect("readable");
    let read: Value = serde_json::from_str(&text).expect("still a notebook");
    let source = read["cells"][2]["source"].as_array().expect("lines").clone();
    let begin = source.iter().filter(|line| **line == json!("# SPDX-SnippetBegin\n")).count();
    assert_eq!(begin, 1, "{text}");
    assert_eq!(
        read["cells"][1],
        serde_json::from_str::<Value>(&notebook("", Layout::Lines)).unwrap()["cells"][1]
    );
    let (code, out, _) = demo(directory.path(), &["scan", "a.ipynb"]);
    assert!(code == 0 && !out.contains("attribution-missing"), "{out}");
    let notices = fs::read_to_string(directory.path().join("THIRD-PARTY.md")).expect("written");
    assert!(notices.contains("a.ipynb"), "{notices}");
    // On one line there is no place for a line.
    let one = notebook(SUMMARY, Layout::One);
    fs::write(&path, &one).expect("written");
    let id_of_place = "a.ipynb:20";
    let (code, _, err) = demo(directory.path(), &["attribute", id_of_place]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("save the notebook in Jupyter"), "{err}");
    assert_eq!(fs::read_to_string(&path).expect("readable"), one);
}

#[test]
fn a_broken_notebook_is_no_clean_one() {
    let repository = Repository::with(&[("own.py", OWN)]);
    let whole = notebook(&copy(), Layout::Lines);
    repository.write("a.ipynb", &whole[..whole.len() / 2]);
    let scan = repository.scan(&["."]);
    assert_eq!(scan.code, 2);
    let notes = scan.report["notes"].to_string();
    assert!(notes.contains("a.ipynb") && notes.contains("it is no notebook that can be read"));
    repository.write(
        "a.ipynb",
        "{\"cells\": [], \"metadata\": {\"kernelspec\": {\"language\": \"Julia\"}}}",
    );
    let scan = repository.scan(&["."]);
    assert_eq!(scan.code, 0);
    assert!(scan.report["notes"].to_string().contains("its cells are in julia"), "{}", scan.report);
}

#[test]
fn a_notebook_is_read_from_standard_input() {
    let repository = Repository::with(&[]);
    let mut command = repository.birthmark(&repository.path());
    command.args(["--stdin", "--path", "a.ipynb"]);
    command.write_stdin(notebook(&copied_function(), Layout::Lines));
    let (code, out, err) = run(&mut command);
    assert_eq!(code, 1, "{err}");
    assert!(out.contains("cell 3, line"), "{out}");
    // The code is shown with the numbers of the cell.
    assert!(out.contains("   18 |             heapq.heappush(queue"), "{out}");
}

#[test]
fn blocks_in_prose_are_checked_on_request() {
    let page =
        format!("# Routes\n\n```python\n{}```\n\n```rust\nfn f() {{}}\n```\n", copied_function());
    let repository = Repository::with(&[("own.py", OWN)]);
    repository.write("README.md", &page);
    assert_eq!(repository.scan(&["."]).code, 0);
    let scan = repository.scan(&["--markdown", "."]);
    assert_eq!((scan.code, scan.found()), (1, vec!["README.md".to_owned()]));
    assert_eq!(scan.report["findings"][0]["region"]["start_line"], 21);
    // A page counts once, however many languages it holds.
    assert_eq!(scan.report["summary"]["files_scanned"], 2);
    let named = repository.scan(&["README.md"]);
    assert_eq!(named.code, 2);
    assert!(named.err.contains("--markdown") || named.report.to_string().contains("--markdown"));
    repository.write("birthmark.toml", "markdown = true\n");
    assert_eq!(repository.found(&["README.md"]), ["README.md"]);
    repository.git(&["add", "--all"]);
    assert_eq!(repository.found(&["--staged"]), ["README.md"]);
}

#[test]
fn code_in_the_second_language_of_a_page_is_shown_and_explained() {
    let page =
        format!("# Routes\n\n```rust\nfn f() {{}}\n```\n\n```python\n{}```\n", copied_function());
    let repository = Repository::with(&[("README.md", &page)]);
    let scan = |format: &str| {
        let mut command = repository.birthmark(&repository.path());
        let (code, out, err) = run(command.args(["--markdown", ".", "--format", format]));
        assert_eq!(code, 1, "{format}: {err}");
        out
    };
    let text = scan("text");
    assert!(text.contains("heapq.heappush(queue"), "{text}");
    for format in ["html", "markdown"] {
        let out = scan(format);
        assert!(out.contains("heappush"), "{format}: {out}");
    }
}

#[test]
fn a_nested_configuration_is_said_not_to_hold() {
    let repository = Repository::with(&[
        ("birthmark.toml", "license = 'MIT'\n"),
        ("tools/birthmark.toml", "exclude = ['routes.py']\n"),
    ]);
    repository.write("tools/routes.py", &copy());
    let scan = repository.scan(&["."]);
    assert_eq!(scan.found(), ["tools/routes.py"]);
    let notes = scan.report["notes"].as_array().expect("a list");
    let note = notes.iter().find(|note| note["path"] == "tools/birthmark.toml").expect("a note");
    assert_eq!(note["kind"], "warning");
    let message = note["message"].as_str().expect("text");
    assert!(
        message.contains("`birthmark scan tools`") && message.contains("`exclude`"),
        "{message}"
    );
    let alone = repository.scan(&["tools"]);
    assert_eq!(
        (alone.found(), alone.report["notes"].to_string().contains("not used")),
        (vec![], false)
    );
    repository.write("birthmark.toml", "exclude = ['tools']\n");
    assert!(!repository.scan(&["."]).report["notes"].to_string().contains("not used"));
}

#[test]
fn an_unpacked_package_says_whose_it_is() {
    let metadata = "Metadata-Version: 2.1\nName: gridroute\nVersion: 1.4.0\nLicense: MIT\n\nText\n";
    for record in ["gridroute-1.4.0.dist-info/METADATA", "PKG-INFO"] {
        let directory = project(&[("gridroute/routes.py", &copy()), (record, metadata)]);
        let arguments = ["scan", ".", "--format", "json", "--exit-zero"];
        let (code, out, err) = demo(directory.path(), &arguments);
        assert_eq!(code, 0, "{err}");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        let license = &report["provenance"]["license"];
        assert_eq!(license["expression"], "MIT", "{record}: {license}");
    }
    // Of packages that are installed side by side none speaks for the rest.
    let directory = project(&[
        ("a.py", OWN),
        ("a-1.dist-info/METADATA", metadata),
        ("b-1.dist-info/METADATA", metadata),
    ]);
    let (_, out, _) = demo(directory.path(), &["license", "show", "a.py"]);
    assert!(!out.contains("MIT"), "{out}");
}

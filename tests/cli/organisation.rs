//! An organisation's policy: a project tightens it and does not loosen it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{birthmark, project, run};

/// Two functions of GPL-3.0-or-later code; the index names it `pkg:generic/gridroute@1.4.0`.
const COPIED: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// MIT code of `pkg:generic/plaintable@0.9.2`.
const PERMITTED: &str = include_str!("../../examples/demo/parcelbot/summary.py");
const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");

/// A project under MIT with a copy, and beside it what an organisation says.
struct Place {
    project: tempfile::TempDir,
    outside: tempfile::TempDir,
}

impl Place {
    fn new(configured: &str, policy: &str) -> Place {
        let place = Place {
            project: project(&[("routes.py", COPIED), ("summary.py", PERMITTED)]),
            outside: tempfile::tempdir().expect("a temporary directory"),
        };
        let index = format!("index = ['{FIXTURES}/demo-index']\n");
        place.write("birthmark.toml", &format!("license = 'MIT'\n{index}{configured}"));
        fs::write(place.policy(), format!("{index}{policy}")).expect("written");
        place
    }

    fn policy(&self) -> PathBuf {
        self.outside.path().join("policy.toml")
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.project.path().join(name), text).expect("written");
    }

    fn birthmark(&self, arguments: &[&str]) {
        let mut command = birthmark(self.project.path());
        let names =
            ["GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"];
        names.iter().for_each(|name| _ = command.env(name, "Ada ada@example.org"));
        let (code, _, err) = run(command.args(arguments));
        assert_eq!(code, 0, "{arguments:?}: {err}");
    }

    /// A scan under the policy: its exit code and its report.
    fn scan(&self, arguments: &[&str]) -> Scan {
        let policy = self.policy().display().to_string();
        self.scan_without(&[&["--org-policy", &policy], arguments].concat())
    }

    fn scan_without(&self, arguments: &[&str]) -> Scan {
        let mut command = birthmark(self.project.path());
        command.args(["scan", "--format", "json", "--no-cache"]).args(arguments);
        let (code, out, err) = run(&mut command);
        assert!(code < 2, "{arguments:?}: {err}");
        Scan { code, report: serde_json::from_str(&out).expect("JSON") }
    }
}

#[derive(Debug)]
struct Scan {
    code: i32,
    report: Value,
}

impl Scan {
    fn findings(&self) -> Vec<String> {
        let shown = |finding: &Value| {
            let said = |key: &str| finding[key].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", said("severity"), said("rule"), said("path"))
        };
        self.report["findings"].as_array().expect("an array").iter().map(shown).collect()
    }

    /// Whether the copy makes it fail.
    fn refuses(&self) -> bool {
        self.code == 1
            && self.findings().contains(&"error license-incompatible routes.py".to_owned())
    }

    fn notes(&self) -> String {
        self.report["notes"].to_string()
    }
}

/// A way in which a project loosens its check.
struct Loosening {
    what: &'static str,
    /// The permission with which it holds, if there is one.
    permission: Option<&'static str>,
    configured: &'static str,
    bring: fn(&Place),
}

fn loosenings() -> Vec<Loosening> {
    let by_key = |what, permission, configured| Loosening {
        what,
        permission,
        configured,
        bring: |_: &Place| {},
    };
    let beside = |what, bring| Loosening { what, permission: Some(what), configured: "", bring };
    vec![
        by_key("exclude", Some("exclude"), "exclude = ['routes.py']"),
        by_key("owned", Some("owned"), "owned = ['pkg:generic/gridroute']"),
        by_key("exceptions", Some("exceptions"), "[[exceptions]]\npath = '**'\nreason = 'mine'"),
        by_key("fail-on", None, "fail-on = 'never'"),
        by_key("severity", None, "[severity]\nlicense-incompatible = 'info'"),
        by_key("threshold", None, "threshold = 100000"),
        by_key("distribution", None, "distribution = 'service'"),
        Loosening {
            bring: |it| it.birthmark(&["idiom", "add", "routes.py"]),
            ..by_key("idioms", Some("idioms"), "idioms = ['.birthmark/idioms']")
        },
        Loosening {
            bring: |it| {
                let component = listed(it, "pkg:generic/gridroute@1.4.0");
                let digest = component["digest"].as_str().expect("a digest");
                let text = fs::read_to_string(it.project.path().join("birthmark.toml"));
                it.write(
                    "birthmark.toml",
                    &format!(
                        "{}[[clarify]]\ncomponent = 'pkg:generic/gridroute@1.4.0'\nlicense = 'MIT'\n\
                         digest = '{digest}'\n",
                        text.expect("read")
                    ),
                );
            },
            ..by_key("clarify", Some("clarify"), "")
        },
        beside("baseline", |it| it.birthmark(&["baseline", "create"])),
        beside("accepted", |it| {
            it.birthmark(&["accept", "routes.py:60", "--reason", "bought"]);
        }),
        beside("comments", |it| {
            let comment = "# birthmark: ignore[license-incompatible] reason=\"mine\"\n";
            it.write(
                "routes.py",
                &COPIED.replace("def find_path(", &format!("{comment}def find_path(")),
            );
        }),
        beside("ignore-files", |it| it.write(".gitignore", "routes.py\n")),
    ]
}

/// A component as the index lists it.
fn listed(place: &Place, purl: &str) -> Value {
    let mut command = birthmark(place.project.path());
    let (code, out, err) = run(command.args(["index", "list", "--format", "json"]));
    assert_eq!(code, 0, "{err}");
    let list: Value = serde_json::from_str(&out).expect("JSON");
    let components = list["components"].as_array().expect("an array");
    components.iter().find(|it| it["purl"] == purl).expect("there").clone()
}

#[test]
fn a_project_does_not_loosen_it() {
    for Loosening { what, permission, configured, bring } in loosenings() {
        let place = Place::new(configured, "");
        bring(&place);
        assert!(!place.scan_without(&[]).refuses(), "{what} silences without the policy");
        let held = place.scan(&[]);
        assert!(held.refuses(), "{what}: {held:?}");
        if let Some(permission) = permission {
            if what != "comments" && what != "ignore-files" {
                assert!(held.notes().contains(permission), "{what}: {}", held.notes());
            }
            let index = fs::read_to_string(place.policy()).expect("read");
            fs::write(place.policy(), format!("{index}permits = ['{permission}']\n"))
                .expect("written");
            assert!(!place.scan(&[]).refuses(), "{what} is permitted");
        }
    }
}

/// What the command line of a job says is held to the policy too; only `--exit-zero` is the job's.
#[test]
fn the_command_line_does_not_loosen_it() {
    let place = Place::new("", "license = 'MIT'\n");
    place.birthmark(&["baseline", "create", "--baseline", "other.json"]);
    place.birthmark(&["idiom", "add", "routes.py", "--idioms", "other"]);
    for arguments in [
        &["--fail-on", "never"][..],
        &["--threshold", "100000"],
        &["--index", "starter"],
        &["--license", "GPL-3.0-or-later"],
        &["--no-config"],
        &["--baseline", "other.json"],
        &["--idioms", "other"],
    ] {
        let config = ["--no-config", "--license", "MIT"];
        assert!(place.scan(arguments).refuses(), "{arguments:?}");
        if arguments != ["--no-config"] {
            assert!(!place.scan_without(arguments).refuses(), "{arguments:?} without the policy");
        }
        assert!(place.scan(&config).refuses());
    }
    assert_eq!(place.scan(&["--exit-zero"]).code, 0);
}

/// Who may say under which licence a project stands: the project, unless the policy does.
#[test]
fn a_licence_of_its_own_does_not_help_where_the_policy_refuses_the_code() {
    let place = Place::new("", "");
    let index = format!("index = ['{FIXTURES}/demo-index']\n");
    place.write("birthmark.toml", &format!("license = 'GPL-3.0-or-later'\n{index}"));
    assert!(!place.scan(&[]).refuses(), "the project says what it is under");
    fs::write(place.policy(), format!("{index}deny = ['GPL-3.0-or-later']\n")).expect("written");
    assert!(place.scan(&[]).refuses());
    fs::write(place.policy(), format!("{index}license = 'MIT'\n")).expect("written");
    let held = place.scan(&[]);
    assert!(held.refuses() && held.notes().contains("license"), "{held:?}");
}

/// A package that a manifest names is not compared; who may name it decides.
#[test]
fn a_project_does_not_take_the_name_of_what_it_copies() {
    let place = Place::new("", "");
    let origin = format!("{FIXTURES}/demo-components/gridroute");
    let index = place.outside.path().join("index").display().to_string();
    place.birthmark(&[
        "index",
        "add",
        &origin,
        "--purl",
        "pkg:pypi/gridroute@1",
        "--license",
        "GPL-3.0-or-later",
        "--index",
        &index,
    ]);
    place.write("birthmark.toml", &format!("license = 'MIT'\nindex = ['{index}']\n"));
    place.write("pyproject.toml", "[project]\nname = 'gridroute'\n");
    assert!(!place.scan_without(&[]).refuses());
    let policy = format!("index = ['{index}']\n");
    fs::write(place.policy(), &policy).expect("written");
    assert!(place.scan(&[]).refuses());
    fs::write(place.policy(), format!("{policy}permits = ['owned']\n")).expect("written");
    assert!(!place.scan(&[]).refuses());
}

#[test]
fn a_project_tightens_it() {
    const INCOMPATIBLE: &str = "error license-incompatible routes.py";
    for (configured, expected, code) in [
        ("", &[INCOMPATIBLE, "info attribution-missing summary.py"][..], 1),
        ("deny = ['MIT']", &[INCOMPATIBLE, "error license-incompatible summary.py"], 1),
        ("review = ['MIT']", &[INCOMPATIBLE, "warning license-review summary.py"], 1),
        (
            "[severity]\nattribution-missing = 'error'",
            &[INCOMPATIBLE, "error attribution-missing summary.py"],
            1,
        ),
    ] {
        let place = Place::new(configured, "allow = ['MIT']\n");
        let held = place.scan(&[]);
        assert_eq!((held.findings(), held.code), (owned(expected), code), "{configured}");
    }
    // What the policy asks for holds where the project says nothing.
    let place = Place::new("", "review = ['MIT']\nfail-on = 'info'\nexclude = ['routes.py']\n");
    let held = place.scan(&[]);
    assert_eq!(held.findings(), ["warning license-review summary.py"]);
    let place = Place::new("fail-on = 'info'", "exclude = ['routes.py']\nfail-on = 'error'\n");
    let held = place.scan(&[]);
    assert_eq!((held.findings(), held.code), (owned(&["info attribution-missing summary.py"]), 1));
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// What the policy allows, a project may leave out; what it does not, a project cannot allow.
#[test]
fn a_list_of_the_project_allows_nothing() {
    // Under Apache-2.0 the matrix leaves code under GPL-2.0-only refused and CDDL open.
    let place = Place::new("allow = ['Apache-2.0']", "");
    place.write(
        "birthmark.toml",
        &format!("license = 'Apache-2.0'\nindex = ['{FIXTURES}/demo-index']\nallow = ['ISC']\n"),
    );
    let held = place.scan(&["summary.py"]);
    assert_eq!(held.findings(), ["warning license-review summary.py"], "MIT is not on its list");
}

#[test]
fn reports_and_doctor_say_which_held() {
    let place = Place::new("exclude = ['routes.py']", "");
    let text = fs::read(place.policy()).expect("read");
    let digest = blake3::hash(&text).to_hex().to_string();
    let report = place.scan(&[]).report;
    let policy = place.policy().display().to_string();
    let expected = json!({ "file": policy, "digest": digest });
    assert_eq!(report["provenance"]["organisation_policy"], expected);
    assert!(place.scan_without(&[]).report["provenance"]["organisation_policy"].is_null());
    for format in ["text", "markdown", "html", "sarif", "cyclonedx"] {
        let mut command = birthmark(place.project.path());
        command.env("BIRTHMARK_POLICY", &policy).args(["scan", "--format", format]);
        let (code, out, err) = run(&mut command);
        assert!(code == 1 && out.contains(&digest[..12]), "{format}: {err}");
    }
    let mut command = birthmark(place.project.path());
    let (code, out, _) = run(command.args(["doctor"]).env("BIRTHMARK_POLICY", &policy));
    assert_eq!(code, 0, "{out}");
    assert!(out.contains(&policy) && out.contains(&digest[..12]), "{out}");
}

/// Sources in a container may have no repository, and neither has the policy.
#[test]
fn one_holds_where_there_is_no_repository() {
    let place = Place::new("fail-on = 'never'\n", "fail-on = 'error'\n");
    fs::remove_dir_all(place.project.path().join(".git")).expect("removed");
    assert_eq!(place.scan(&["."]).code, 1);
    let inside = place.project.path().join("own.toml").display().to_string();
    place.write("own.toml", "fail-on = 'never'\n");
    let mut command = birthmark(place.project.path());
    let (code, _, err) = run(command.args(["scan", ".", "--org-policy", &inside]));
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("it lies in the repository"), "{err}");
}

#[test]
fn one_that_cannot_be_used_ends_the_run() {
    let place = Place::new("", "");
    let gone = place.outside.path().join("gone.toml");
    let inside = place.project.path().join("own.toml");
    fs::write(&inside, "fail-on = 'never'\n").expect("written");
    let wrong = place.outside.path().join("wrong.toml");
    fs::write(&wrong, "fail-on = 'sometimes'\npermits = ['everything']\n").expect("written");
    place.write("line.json", "{\"id\": 1, \"path\": \"a.py\", \"code\": \"x = 1\"}\n");
    for (file, says) in [
        (&gone, "gone.toml"),
        (&inside, "own.toml` as the organisation's policy: it lies in the repository"),
        (&wrong, "wrong.toml"),
    ] {
        for command in ["scan", "check", "mcp", "lsp", "doctor", "explain", "baseline"] {
            let mut run_it = birthmark(place.project.path());
            run_it.env("BIRTHMARK_POLICY", file).arg(command);
            match command {
                "explain" => _ = run_it.arg("routes.py:60"),
                "baseline" => _ = run_it.arg("create"),
                _ => {}
            }
            let (code, out, err) = run(run_it.write_stdin(""));
            assert_eq!(code, 2, "{command} {file:?}: {err}");
            assert!(format!("{out}{err}").contains(says), "{command} {file:?}: {out}{err}");
        }
        let mut hook = birthmark(place.project.path());
        let (code, out, _) = run(hook
            .env("BIRTHMARK_POLICY", file)
            .args(["hook", "claude", "--deadline", "60000"])
            .write_stdin(event(&place)));
        let name = file.file_name().and_then(|name| name.to_str()).expect("UTF-8");
        assert!(code == 0 && out.contains(name) && out.contains("did not judge"), "{out}");
    }
    // Only a policy from outside permits anything.
    place.write("birthmark.toml", "permits = ['comments']\n");
    let (code, _, err) = run(birthmark(place.project.path()).arg("scan"));
    assert!(code == 2 && err.contains("unknown key `permits`"), "{err}");
}

/// What an agent says when it writes the copy into a new file.
fn event(place: &Place) -> String {
    json!({
        "hook_event_name": "PreToolUse",
        "session_id": "1",
        "cwd": place.project.path(),
        "tool_name": "Write",
        "tool_input": { "file_path": place.project.path().join("new.py"), "content": COPIED },
    })
    .to_string()
}

#[test]
fn agents_and_programs_are_held_to_it() {
    let place = Place::new("[[exceptions]]\npath = '**'\nreason = 'mine'\n", "");
    let policy = place.policy();
    for is_held in [false, true] {
        let command = |name: &str| {
            let mut command = birthmark(place.project.path());
            command.env_remove("BIRTHMARK_POLICY").args([name, "--no-log"]);
            if is_held {
                command.env("BIRTHMARK_POLICY", &policy);
            }
            command
        };
        let mut hook = command("hook");
        hook.args(["claude", "--deadline", "60000"]);
        let (code, out, err) = run(hook.write_stdin(event(&place)));
        assert_eq!((code, out.contains("\"deny\"")), (0, is_held), "{out} {err}");

        let mut check = command("check");
        let line = json!({ "id": 1, "path": "new.py", "code": COPIED });
        let (code, out, err) =
            run(check.args(["--policy", "drop"]).write_stdin(format!("{line}\n")));
        let answer: Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((code, answer["keep"] == json!(false)), (0, is_held), "{out} {err}");

        assert_eq!(told_by_mcp(&place, is_held.then_some(&policy)), is_held);
    }
}

/// Whether `check_code` refuses the copy.
fn told_by_mcp(place: &Place, policy: Option<&PathBuf>) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_birthmark"));
    command.args(["mcp", "--no-log"]).current_dir(place.project.path());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).env_remove("BIRTHMARK_POLICY");
    policy.into_iter().for_each(|file| _ = command.arg("--org-policy").arg(file));
    let mut server = command.spawn().expect("it starts");
    let mut input = server.stdin.take().expect("piped");
    let client = json!({ "name": "test", "version": "1" });
    let opening =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    let code = json!({ "name": "check_code", "arguments": { "code": COPIED, "path": "new.py" } });
    for message in [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening }),
        json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": code }),
    ] {
        writeln!(input, "{message}").expect("it reads");
    }
    let lines = BufReader::new(server.stdout.take().expect("piped")).lines();
    let answers =
        lines.map(|line| serde_json::from_str::<Value>(&line.expect("read")).expect("JSON"));
    let answer = answers.into_iter().find(|answer| answer["id"] == 2).expect("answered");
    drop(input);
    server.wait().expect("it ends");
    answer["result"]["structuredContent"]["status"] == "fails"
}

/// Globs of a policy are about the project that it holds, wherever the policy lies.
#[test]
fn globs_of_a_policy_are_relative_to_the_project() {
    let place = Place::new("", "[[exceptions]]\npath = 'routes.py'\nreason = 'bought'\n");
    assert!(!place.scan(&[]).refuses());
    assert_eq!(place.scan(&[]).report["matches"].as_array().map(Vec::len), Some(2));
}

/// Commands that show what a check goes by show what holds under the policy.
#[test]
fn what_is_shown_is_what_holds() {
    let place = Place::new("", "license = 'Apache-2.0'\n");
    let policy = place.policy().display().to_string();
    let ask = |arguments: &[&str], held: bool| {
        let mut command = birthmark(place.project.path());
        command.args(arguments).args(["--format", "json"]);
        if held {
            command.env("BIRTHMARK_POLICY", &policy);
        }
        let (code, out, err) = run(&mut command);
        assert_eq!(code, 0, "{arguments:?}: {err}");
        serde_json::from_str::<Value>(&out).expect("JSON")
    };
    let stated =
        |held| ask(&["license", "show", "routes.py"], held)["license"]["expression"].clone();
    assert_eq!((stated(false), stated(true)), (json!("MIT"), json!("Apache-2.0")));
    let by = ask(&["license", "show"], true)["decided_by"].to_string();
    assert!(by.contains("organisation-policy") && by.contains("policy.toml"), "{by}");
    place.write("birthmark.toml", "license = 'MIT'\nindex = ['gone']\n");
    for list in ["list", "info"] {
        assert!(ask(&["index", list], true).to_string().contains("demo-index"), "{list}");
    }
    fs::write(place.policy(), "fail-on = 'error'\n").expect("written");
    assert!(ask(&["index", "info"], true).to_string().contains("starter"));
}

//! `birthmark check`: suggestions in, answers out, a line each.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use serde_json::{Value, json};

use super::{birthmark, schemas};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// Holds an edited copy of code under GPL-3.0-or-later, on lines 57 to 90.
const ROUTES: &str = include_str!("../../examples/demo/parcelbot/routes.py");
/// Holds a copy of code under MIT, on lines 10 to 42.
const SUMMARY: &str = include_str!("../../examples/demo/parcelbot/summary.py");

/// A project under MIT with a journal of its own.
struct Project {
    directory: tempfile::TempDir,
}

impl Project {
    fn new() -> Project {
        let project = Project { directory: tempfile::tempdir().expect("a temporary directory") };
        fs::create_dir_all(project.path("work/.git")).expect("made");
        fs::write(project.path("work/birthmark.toml"), "license = 'MIT'\n").expect("written");
        project
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_birthmark"));
        command.current_dir(self.path("work")).env("BIRTHMARK_LOG_DIR", self.path("state"));
        command
            .args(["check", "--index"])
            .arg(Path::new(ROOT).join("fixtures/demo-index"))
            .args(arguments);
        command
    }

    /// Sends bytes, reads everything that is answered: exit code, answers, standard error.
    fn send(&self, arguments: &[&str], input: impl Into<Vec<u8>>) -> (i32, Vec<Value>, String) {
        let mut command = assert_cmd::Command::from_std(self.command(arguments));
        let output = command.write_stdin(input).output().expect("it runs");
        let out = String::from_utf8(output.stdout).expect("UTF-8");
        let answers: Vec<Value> = out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect();
        answers.iter().for_each(is_valid);
        let err = String::from_utf8(output.stderr).expect("UTF-8");
        (output.status.code().expect("not killed"), answers, err)
    }

    fn ask(&self, arguments: &[&str], requests: &[Value]) -> Vec<Value> {
        let lines: String = requests.iter().map(|request| format!("{request}\n")).collect();
        let (code, answers, err) = self.send(arguments, lines);
        assert_eq!((code, err.as_str()), (0, ""));
        answers
    }

    fn one(&self, arguments: &[&str], request: &Value) -> Value {
        self.ask(arguments, std::slice::from_ref(request)).remove(0)
    }
}

/// A conversation line by line.
struct Conversation {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Conversation {
    fn open(project: &Project, arguments: &[&str]) -> Conversation {
        let mut command = project.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("it starts");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Conversation { child, input, output }
    }

    fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").expect("written");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("readable");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn close(mut self) -> i32 {
        drop(self.input);
        self.child.wait().expect("it ends").code().expect("not killed")
    }
}

fn is_valid(answer: &Value) {
    let schema = include_str!("../../docs/check.schema.json");
    assert_eq!(schemas::problems(schema, answer), [""; 0], "{answer:#}");
}

/// Lines of a text, from one to another, both of them included.
fn lines(text: &str, first: usize, last: usize) -> String {
    text.split_inclusive('\n').skip(first - 1).take(last - first + 1).collect()
}

fn rules(answer: &Value) -> Vec<&str> {
    answer["matches"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|it| it["finding"]["rule"].as_str())
        .collect()
}

#[test]
fn suggestions_are_answered_in_order() {
    let project = Project::new();
    let requests: Vec<Value> = (0..40)
        .map(|n| match n % 4 {
            0 => json!({"id": n, "code": ROUTES, "path": "src/routes.py"}),
            1 => json!({"id": n, "code": SUMMARY, "language": "Python"}),
            2 => json!({"id": {"n": n}, "code": "x = 1\n", "path": "a.py", "model": "passed over"}),
            _ => json!({"code": "", "path": "a.rs"}),
        })
        .collect();
    let answers = project.ask(&[], &requests);
    assert_eq!(answers.len(), requests.len());
    for (n, (request, answer)) in requests.iter().zip(&answers).enumerate() {
        assert_eq!(answer["line"], n + 1);
        assert_eq!(answer["id"], *request.get("id").unwrap_or(&Value::Null));
        assert_eq!((&answer["status"], &answer["keep"]), (&json!("checked"), &json!(true)));
        let expected: &[&str] = match n % 4 {
            0 => &["license-incompatible"],
            1 => &["attribution-missing"],
            _ => &[],
        };
        assert_eq!(rules(answer), expected, "{answer:#}");
    }
    let reference = &answers[0]["matches"][0];
    assert_eq!(
        reference["region"],
        json!({"start_line": 57, "start_column": 62, "end_line": 90, "end_column": 16})
    );
    assert_eq!(reference["range"]["start"], json!({"line": 56, "character": 61}));
    assert_eq!(reference["owners"][0]["purl"], "pkg:generic/gridroute@1.4.0");
    assert_eq!(answers[0]["path"], "src/routes.py");
    assert_eq!(answers[1]["path"], "suggestion.py");
}

#[test]
fn a_match_has_the_shape_it_has_in_a_report() {
    let project = Project::new();
    fs::write(project.path("work/routes.py"), ROUTES).expect("written");
    let mut scan = birthmark(&project.path("work"));
    scan.args(["scan", "--format", "json", "routes.py", "--index"]);
    scan.arg(Path::new(ROOT).join("fixtures/demo-index"));
    let report = scan.output().expect("it runs").stdout;
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let answer = project.one(&[], &json!({"code": ROUTES, "path": "routes.py"}));
    schemas::has_shape_of(&answer["matches"][0], &report["matches"][0]);
    let finding = answer["matches"][0]["finding"].as_object().expect("a finding");
    for (key, value) in finding {
        assert_eq!(value, &report["findings"][0][key], "{key}");
    }
    assert_eq!(answer["matches"][0]["cleared_by"], Value::Null);
}

#[test]
fn requests_of_the_schema_are_understood_and_others_are_not_of_it() {
    let schema = schemas::validator(include_str!("../../docs/check.schema.json"));
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
    let project = Project::new();
    for (request, is_good) in [
        (json!({"code": "", "path": "a.py"}), true),
        (json!({"code": "", "language": "rust", "uri": "file:///a", "version": 3}), true),
        (json!({"code": "", "path": "a.py", "surrounding": {}}), true),
        (json!({"code": "", "path": "a.py", "surrounding": {"before": "x"}}), true),
        (json!({"code": "", "path": "a.py", "surrounding": {"text": "x", "range": range}}), true),
        (json!({"code": "", "path": "a.py", "surrounding": {"text": "x"}}), false),
        (json!({"code": "", "path": "a.py", "surrounding": {"range": range}}), false),
        (json!({"code": "", "path": "a.py", "surrounding": {"around": "x"}}), false),
        (json!({"code": ["x"], "path": "a.py"}), false),
        (json!({"path": "a.py"}), false),
        (json!({"code": ""}), false),
        (json!([1]), false),
        (json!("x"), false),
    ] {
        assert_eq!(schema.is_valid(&request), is_good, "{request}");
        let (code, answers, _) = project.send(&[], format!("{request}\n"));
        let status = if is_good { "checked" } else { "failed" };
        assert_eq!(
            (code, &answers[0]["status"]),
            (if is_good { 0 } else { 2 }, &json!(status)),
            "{request}"
        );
    }
}

#[test]
fn a_line_that_is_not_json_is_answered_with_what_to_write() {
    let (code, answers, _) = Project::new().send(&[], "not json\n".to_owned());
    let error = answers[0]["error"].as_str().expect("a text");
    assert_eq!(code, 2);
    assert!(error.starts_with("the line is not JSON: expected ident (column 2)"), "{error}");
    assert!(error.ends_with("write a whole object in each line"), "{error}");
}

#[test]
fn only_what_touches_the_suggestion_is_reported() {
    let project = Project::new();
    let (before, code, after) =
        (lines(ROUTES, 1, 69), lines(ROUTES, 70, 80), lines(ROUTES, 81, 999));
    let surrounding = json!({"before": before, "after": after});
    let inside =
        project.one(&[], &json!({"code": code, "path": "a.py", "surrounding": surrounding}));
    assert_eq!(rules(&inside), ["license-incompatible"]);
    let region = &inside["matches"][0]["region"];
    assert_eq!((&region["start_line"], &region["start_column"]), (&json!(1), &json!(1)));
    assert!(region["end_line"].as_u64().expect("a number") >= 11, "{region}");

    let beside = json!({"before": lines(ROUTES, 1, 20), "after": lines(ROUTES, 21, 999)});
    let beside =
        project.one(&[], &json!({"code": "depot = None\n", "path": "a.py", "surrounding": beside}));
    assert_eq!(beside["matches"], json!([]));

    // The same by the range that it takes the place of, of a document with other line ends and wide
    // characters.
    let head = format!("# 𝒢é\r\n{}", lines(ROUTES, 1, 69));
    let text = format!("{head}x = '𝒢'; pass\n{}", lines(ROUTES, 81, 999));
    let range = json!({"start": {"line": 70, "character": 0}, "end": {"line": 71, "character": 0}});
    let replaced =
        json!({"code": code, "path": "a.py", "surrounding": {"text": text, "range": range}});
    assert_eq!(rules(&project.one(&[], &replaced)), ["license-incompatible"]);
}

#[test]
fn fragments_are_read_as_they_are() {
    let project = Project::new();
    // From the middle of an indented block to the middle of another, without anything around.
    let fragment = project.one(&[], &json!({"code": lines(ROUTES, 62, 90), "language": "python"}));
    assert_eq!(rules(&fragment), ["license-incompatible"], "{fragment:#}");
    // Cut within a line on both sides.
    let cut = lines(ROUTES, 60, 90);
    let fragment = project.one(&[], &json!({"code": &cut[9..cut.len() - 5], "language": "python"}));
    assert_eq!(rules(&fragment), ["license-incompatible"], "{fragment:#}");
    for code in [
        "    }\n  }\n}\n",
        "x) -> Result<(), Box<dyn",
        "\"unclosed",
        "'''",
        "{{{{",
        "\u{feff}",
        "\u{0}",
        "\r",
    ] {
        for language in ["python", "rust"] {
            let answer = project.one(&[], &json!({"code": code, "language": language}));
            assert_eq!(answer["matches"], json!([]), "{code}");
        }
    }
}

#[test]
fn fragments_of_rust_are_read_too() {
    let project = Project::new();
    let source = include_str!("../../src/session/journal/file.rs");
    fs::create_dir_all(project.path("origin/src")).expect("made");
    fs::write(project.path("origin/src/lib.rs"), source).expect("written");
    let index = project.path("index").display().to_string();
    let origin = project.path("origin").display().to_string();
    let mut add = birthmark(&project.path("work"));
    add.args([
        "index",
        "add",
        &origin,
        "--purl",
        "pkg:generic/origin@1",
        "--license",
        "GPL-3.0-only",
    ]);
    add.args(["--index", &index]).assert().success();

    let start = source.lines().position(|line| line.contains("fn append(")).expect("there") + 3;
    let fragment = json!({"code": lines(source, start, start + 16), "language": "rust"});
    let answer = project.one(&["--index", &index], &fragment);
    assert_eq!(rules(&answer), ["license-incompatible"], "{answer:#}");
}

#[test]
fn what_may_not_stay_is_dropped() {
    let project = Project::new();
    let incompatible = json!({"code": ROUTES, "path": "a.py"});
    let to_attribute = json!({"code": SUMMARY, "path": "a.py"});
    for (policy, keeps) in
        [("report", [true, true]), ("drop", [false, true]), ("drop-unknown", [false, true])]
    {
        let answers =
            project.ask(&["--policy", policy], &[incompatible.clone(), to_attribute.clone()]);
        assert_eq!([&answers[0]["keep"], &answers[1]["keep"]], keeps.map(Value::Bool).each_ref());
        let dropped = if keeps[0] { json!([]) } else { json!([answers[0]["matches"][0]["id"]]) };
        assert_eq!(answers[0]["dropped"], dropped);
    }
    // Where the project's licence is not known, whether it may stay is not either.
    fs::remove_file(project.path("work/birthmark.toml")).expect("removed");
    for (policy, keep) in [("drop", true), ("drop-unknown", false)] {
        let answer = project.one(&["--policy", policy], &incompatible);
        assert_eq!(
            (&answer["keep"], rules(&answer)),
            (&json!(keep), vec!["license-unknown"]),
            "{policy}"
        );
    }
    // One's own code may be kept.
    fs::write(
        project.path("work/birthmark.toml"),
        "license = 'MIT'\nowned = ['pkg:generic/gridroute']\n",
    )
    .expect("written");
    let answer = project.one(&["--policy", "drop-unknown"], &incompatible);
    assert_eq!((&answer["keep"], &answer["matches"][0]["finding"]), (&json!(true), &Value::Null));
}

#[test]
fn references_come_in_the_shapes_that_assistants_know() {
    let project = Project::new();
    let code = format!("# 𝒢é\n{SUMMARY}");
    let request = json!({"code": code, "path": "a.py", "uri": "file:///a.py", "version": 7});
    let own = project.one(&[], &request);
    let range = &own["matches"][0]["range"];

    let answer = project.one(&["--format", "aws"], &request);
    let reference = &answer["matches"][0];
    assert_eq!(reference["licenseName"], "MIT");
    assert_eq!(reference["referenceName"], "pkg:generic/plaintable@0.9.2");
    let units: Vec<u16> = code.encode_utf16().collect();
    let at = |key: &str| reference["position"][key].as_u64().expect("a number") as usize;
    let marked = String::from_utf16(&units[at("startCharacter")..at("endCharacter")])
        .expect("whole characters");
    assert!(SUMMARY.contains(&marked) && marked.lines().count() == 33, "{marked}");

    let answer = project.one(&["--format", "copilot"], &request);
    let reference = &answer["matches"][0];
    assert_eq!((&reference["uri"], &reference["version"]), (&json!("file:///a.py"), &json!(7)));
    assert_eq!(
        (&reference["range"], reference["matchingText"].as_str()),
        (range, Some(marked.as_str()))
    );
    assert_eq!(reference["citations"][0]["license"], "MIT");
}

#[test]
fn a_line_that_is_wrong_says_so_and_loses_nothing() {
    let project = Project::new();
    let good = json!({"id": "last", "code": SUMMARY, "path": "a.py"}).to_string();
    let wrong: Vec<(Vec<u8>, Value, &str)> = vec![
        (b"{".to_vec(), Value::Null, "EOF while parsing an object"),
        (b"\xff\xfe{}".to_vec(), Value::Null, "byte 1 is not UTF-8"),
        (
            b"{\"id\": 4, \"code\": 5, \"path\": \"a.py\"}".to_vec(),
            json!(4),
            "invalid type: integer `5`",
        ),
        (b"{\"id\": [1], \"path\": \"a.py\"}".to_vec(), json!([1]), "there is no `code`"),
        (b"{\"id\": \"\", \"code\": \"\"}".to_vec(), json!(""), "neither `path` nor `language`"),
        (b"{\"id\": 1, \"code\": \"\", \"path\": \"a\\u0000.py\"}".to_vec(), json!(1), "NUL"),
        (b"{\"code\": \"\\ud800\", \"path\": \"a.py\"}".to_vec(), Value::Null, "hex escape"),
        (
            [b"[".repeat(100_000), b"]".repeat(100_000)].concat(),
            Value::Null,
            "recursion limit exceeded",
        ),
        (
            br#"{"id": 9, "code": "", "path": "a.py", "surrounding": {"text": "a\n", "range":
                {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 0}}}}"#
                .iter()
                .copied()
                .filter(|&byte| byte != b'\n')
                .collect(),
            json!(9),
            "`range` names line 2",
        ),
    ];
    let mut input = Vec::new();
    for (line, _, _) in &wrong {
        input.extend_from_slice(line);
        input.extend_from_slice(b"\r\n\n");
    }
    input.extend_from_slice(good.as_bytes());
    let (code, answers, err) = project.send(&[], input);
    assert_eq!((code, err.as_str(), answers.len()), (2, "", wrong.len() + 1));
    for (n, ((_, id, why), answer)) in wrong.iter().zip(&answers).enumerate() {
        assert_eq!(
            (&answer["line"], &answer["id"], &answer["keep"]),
            (&json!(2 * n + 1), id, &Value::Null)
        );
        let error = answer["error"].as_str().expect("an error");
        assert!(error.contains(why), "{error}");
        assert!(!error.chars().any(char::is_control), "{error:?}");
    }
    let last = answers.last().expect("one");
    assert_eq!((&last["id"], rules(last)), (&json!("last"), vec!["attribution-missing"]));
}

#[test]
fn what_nobody_wants_checked_is_skipped() {
    let project = Project::new();
    fs::write(project.path("work/birthmark.toml"), "license = 'MIT'\nexclude = ['vendor']\n")
        .expect("written");
    let answers = project.ask(
        &["--policy", "drop-unknown"],
        &[
            json!({"id": 1, "code": ROUTES, "path": "a.cob"}),
            json!({"id": 2, "code": ROUTES, "language": "go\u{1b}"}),
            json!({"id": 3, "code": ROUTES, "path": "vendor/a.py"}),
        ],
    );
    let why =
        ["`a.cob` is of no language that is known", "is of no language", "excludes `vendor/a.py`"];
    for (n, (answer, why)) in answers.iter().zip(why).enumerate() {
        assert_eq!((&answer["id"], &answer["status"]), (&json!(n + 1), &json!("skipped")));
        assert_eq!((&answer["keep"], &answer["error"]), (&Value::Null, &Value::Null));
        let note = answer["notes"][0]["message"].as_str().expect("a note");
        assert!(note.contains(why) && !note.chars().any(char::is_control), "{note:?}");
    }
}

#[test]
fn what_is_too_long_is_passed_over() {
    let project = Project::new();
    let mut input = b"{\"id\": 1, \"code\": \"".to_vec();
    input.resize(17 << 20, b'x');
    input.extend_from_slice(b"\"}\n");
    let long = "x = 1\n".repeat(1_400_000);
    input.extend_from_slice(
        format!("{}\n", json!({"id": 2, "code": long, "path": "a.py"})).as_bytes(),
    );
    input.extend_from_slice(
        format!("{}\n", json!({"id": 3, "code": "", "path": "a.py"})).as_bytes(),
    );
    let (code, answers, _) = project.send(&[], input);
    assert_eq!((code, answers.len()), (2, 3));
    assert!(
        answers[0]["error"].as_str().expect("an error").contains("longer than 16 MiB"),
        "{}",
        answers[0]
    );
    let note = answers[1]["notes"][0]["message"].as_str().expect("a note");
    assert!(note.contains("longer than 8 MiB"), "{}", answers[1]);
    assert_eq!((&answers[1]["id"], &answers[1]["status"]), (&json!(2), &json!("skipped")));
    assert_eq!(answers[2]["status"], "checked");
}

#[test]
fn answers_come_at_once_and_follow_the_configuration() {
    let project = Project::new();
    let request = json!({"id": 1, "code": ROUTES, "path": "a.py"});
    let mut conversation = Conversation::open(&project, &[]);
    assert_eq!(rules(&conversation.ask(&request)), ["license-incompatible"]);
    fs::write(project.path("work/birthmark.toml"), "license = 'GPL-3.0-or-later'\n")
        .expect("written");
    assert_eq!(rules(&conversation.ask(&request)), ["attribution-missing"]);
    fs::write(project.path("work/birthmark.toml"), "licence = 'MIT'\n").expect("written");
    let answer = conversation.ask(&request);
    assert!(
        answer["error"].as_str().expect("an error").contains("unknown key `licence`"),
        "{answer}"
    );
    fs::write(project.path("work/birthmark.toml"), "license = 'MIT'\n").expect("written");
    assert_eq!(rules(&conversation.ask(&request)), ["license-incompatible"]);
    assert_eq!(conversation.close(), 2);
}

#[test]
fn nobody_who_reads_is_no_failure() {
    let project = Project::new();
    let mut conversation = Conversation::open(&project, &[]);
    let request = json!({"id": 1, "code": "", "path": "a.py"});
    conversation.ask(&request);
    let Conversation { mut child, mut input, output } = conversation;
    drop(output);
    // The input stays open: an answer that nobody reads is what ends it. Another test that starts a
    // program at this moment holds its end of the output for a while, so one answer may still be
    // taken.
    let status = loop {
        let _ = writeln!(input, "{request}");
        if let Some(status) = child.try_wait().expect("it can be asked") {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    };
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_project_that_cannot_be_opened_is_told_at_once() {
    let project = Project::new();
    fs::write(project.path("work/birthmark.toml"), "licence = 'MIT'\n").expect("written");
    let (code, answers, err) = project.send(&[], "");
    assert_eq!((code, answers.len()), (2, 0));
    assert!(err.contains("unknown key `licence`"), "{err}");
    let (code, _, err) =
        super::run(birthmark(&project.path("work")).args(["check", "--policy", "forget"]));
    assert_eq!(code, 2);
    assert!(err.contains("drop-unknown"), "{err}");
}

#[test]
fn what_is_suggested_is_noted_once() {
    let project = Project::new();
    let request = json!({"code": ROUTES, "path": "src/a.py"});
    project.ask(
        &["--policy", "drop"],
        &[request.clone(), request.clone(), json!({"code": "x\n", "path": "b.py"})],
    );
    let mut command = birthmark(&project.path("work"));
    command.env("BIRTHMARK_LOG_DIR", project.path("state")).args(["log", "--format", "json"]);
    let (code, out, _) = super::run(&mut command);
    assert_eq!(code, 0);
    let log: Value = serde_json::from_str(&out).expect("JSON");
    let events: Vec<(&str, &str, &str)> = log["events"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| ["service", "event", "path"].map(|key| it[key].as_str().expect("text")).into())
        .collect();
    assert_eq!(events, [("check", "suggested", "src/a.py"), ("check", "dropped", "src/a.py")]);

    project.ask(&["--no-log"], &[json!({"code": SUMMARY, "path": "src/a.py"})]);
    let (_, again, _) = super::run(&mut command);
    assert_eq!(again, out);
}

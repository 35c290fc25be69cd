//! What somebody types wrong: each is refused, and the message names what would be right.

use std::fs;
use std::path::Path;

use super::{birthmark, project, run};

/// The words of a command line, split at blanks; `INDEX` stands for the demo's index. Then what the
/// message says.
const WRONG: &[(&str, &[&str])] = &[
    // What is to be checked.
    ("scan nowhere.py", &["\"nowhere.py\" does not exist", "name an existing file or directory"]),
    ("scan nowhere/", &["does not exist", "name an existing file or directory"]),
    ("scan INDEX bin.py", &["nothing that was named was checked", "looks binary"]),
    ("scan INDEX utf32.py", &["UTF-32", "save it as UTF-8"]),
    ("scan INDEX utf16.py", &["not valid UTF-16", "save it as UTF-8"]),
    ("scan INDEX notes.txt", &["not in a language birthmark knows"]),
    ("scan INDEX page.md", &["pass --markdown"]),
    ("scan INDEX broken.ipynb", &["it is no notebook", "open it in Jupyter and save it again"]),
    ("scan --files-from missing.txt", &["cannot read the list `missing.txt`", "No such file"]),
    ("scan --stdin", &["--path <NAME>"]),
    ("scan --stdin a.py", &["'--stdin' cannot be used with '[PATH]...'"]),
    ("scan --stdin --path notes.txt", &["`notes.txt`", "expected a name that ends in .py"]),
    ("scan --staged --diff HEAD", &["'--staged' cannot be used with '--diff <RANGE>'"]),
    ("scan --staged --patch x", &["'--staged' cannot be used with '--patch <FILE>'"]),
    ("scan --patch missing.patch", &["cannot read the patch `missing.patch`", "No such file"]),
    ("scan --patch notes.txt", &["\"notes.txt\" is no patch", "expected what `git diff`"]),
    ("scan --patch dir", &["the patch `dir`", "directory"]),
    ("scan --diff HEAD", &["no git work tree here", "run birthmark inside of one"]),
    // Options.
    ("scna", &["unrecognized subcommand 'scna'", "'scan'"]),
    ("scan --licence MIT a.py", &["'--licence'", "'--license'"]),
    ("scan --license MIT-2 a.py", &["did you mean `MIT-0`?"]),
    ("scan --threshold -5 a.py", &["expected a positive number of bits, such as 100"]),
    ("scan --threshold abc a.py", &["expected a positive number of bits, such as 100"]),
    ("scan --preset strict a.py", &["possible values: hook, default, audit"]),
    ("scan --threshold 90 --preset hook a.py", &["cannot be used with '--preset <NAME>'"]),
    ("scan --format xml a.py", &["possible values: text, json"]),
    ("scan --fail-on sometimes a.py", &["possible values: never, error, warning, info"]),
    ("scan --jobs 0 a.py", &["expected a number of threads from 1 on"]),
    ("scan --explain --format sarif a.py INDEX", &["leave --explain out, or add --output"]),
    // Where results go.
    ("scan --output nowhere/x.json a.py INDEX", &["no directory `nowhere`", "make it first"]),
    ("scan --output dir a.py INDEX", &["cannot write to `dir`: it is a directory"]),
    ("scan --output xml=x a.py INDEX", &["`xml` is no format", "a file of that name is ./xml=x"]),
    // Configurations.
    ("scan --config bad.toml a.py", &["bad.toml:1:5", "expected a TOML document"]),
    ("scan --config typo.toml a.py", &["unknown key `licence`", "did you mean `license`?"]),
    ("scan --config forge.toml a.py", &["`hub` is not a forge", "expected one of \"github\""]),
    (
        "scan --config type.toml a.py",
        &["this is an integer", "expected an SPDX licence expression"],
    ),
    ("scan --config noindex.toml a.py", &["noindex.toml:1:10", "birthmark index add"]),
    ("scan --config missing.toml a.py", &["`missing.toml`", "`birthmark init` writes one"]),
    ("scan --config dir a.py", &["cannot use `dir` as the configuration", "not a regular file"]),
    ("scan --config latin.toml a.py", &["is not UTF-8 text (byte 3)", "save it as UTF-8"]),
    ("scan --config bad.toml --no-config a.py", &["cannot be used with '--no-config'"]),
    // Indexes, idioms, baselines.
    (
        "scan --index nowhere a.py",
        &["there is no index at nowhere", "`birthmark index add --index"],
    ),
    ("scan --index starer a.py", &["there is no index at starer (did you mean `starter`?)"]),
    ("scan --index notes.txt a.py", &["notes.txt is a file, and an index is a directory"]),
    ("scan --index dir a.py", &["there is no index at dir", "`birthmark index add --index"]),
    ("scan --idioms nowhere a.py INDEX", &["no set of idioms at nowhere", "`birthmark idiom add"]),
    ("scan --baseline missing.json a.py INDEX", &["the baseline `missing.json`: No such file"]),
    (
        "scan --baseline bad.json a.py INDEX",
        &[
            "the baseline `bad.json`",
            "line 2, column 0",
            "name a file of `birthmark baseline create`",
        ],
    ),
    ("index add notes.txt --index idx", &["not an archive birthmark reads (.crate"]),
    ("index add pkg:nonsense --index idx", &["expected the form pkg:TYPE/NAME@VERSION"]),
    ("index remove pkg:pypi/x --index dir", &["there is no index at dir"]),
    // What was found.
    ("explain deadbeef INDEX", &["no match has the id `deadbeef`", "`birthmark scan --matches`"]),
    ("explain a.py:x INDEX", &["`a.py:x` is neither an id nor a place", "PATH:LINE"]),
    ("explain a.py INDEX", &["`a.py` is a file; name a line of it too, such as `a.py:1`"]),
    ("explain a.py:99 INDEX", &["no match in `a.py`", "`birthmark scan --matches`"]),
    ("accept deadbeef INDEX", &["--reason <TEXT>"]),
    ("accept --from bad.json INDEX", &["`bad.json` holds no decisions as the HTML report exports"]),
    ("accept --from missing.json INDEX", &["cannot read `missing.json`: No such file"]),
    ("attribute nowhere.py INDEX", &["`nowhere.py` is no id", "no file or directory of that name"]),
    // The rest.
    ("license compat MIT Foo", &["`Foo` is not an SPDX identifier", "\"MIT OR Apache-2.0\""]),
    ("log --since yesterday", &["expected a date such as 2026-11-01"]),
    ("check --project nowhere", &["--project: there is no directory `nowhere`"]),
    ("check --policy never", &["possible values: report, drop"]),
    ("completions tcsh", &["possible values: bash"]),
    ("doctor nowhere", &["`nowhere` does not exist", "name an existing file or directory"]),
];

#[test]
fn what_is_typed_wrong_is_told_with_what_would_be_right() {
    let directory = project(&[
        ("a.py", "x = 1\n"),
        ("notes.txt", "hello\n"),
        ("page.md", "# Page\n"),
        ("broken.ipynb", "{\"cells\": ["),
        ("dir/notes.txt", "hello\n"),
        ("bad.toml", "not toml [\n"),
        ("typo.toml", "licence = \"MIT\"\n"),
        ("forge.toml", "forge = \"hub\"\n"),
        ("type.toml", "license = 3\n"),
        ("noindex.toml", "index = [\"nowhere\"]\n"),
        ("bad.json", "{\n"),
        ("bin.py", "\0\u{1}"),
    ]);
    for (name, bytes) in [
        ("latin.toml", &b"caf\xE9"[..]),
        ("utf16.py", b"\xFF\xFEx"),
        ("utf32.py", b"\xFF\xFE\0\0x"),
    ] {
        fs::write(directory.path().join(name), bytes).expect("written");
    }
    let index = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo-index");
    let mut wrong = Vec::new();
    for (line, expected) in WRONG {
        let mut command = birthmark(directory.path());
        for word in line.split(' ') {
            match word {
                "INDEX" => command.arg("--index").arg(&index),
                word => command.arg(word),
            };
        }
        let (code, out, err) = run(command.write_stdin(""));
        let said = format!("{out}{err}");
        // Messages are wrapped to the terminal.
        let words: Vec<&str> = said.split_whitespace().collect();
        let said_on_one_line = words.join(" ");
        let lacks = |text: &&&str| !said_on_one_line.contains(**text) && !said.contains(**text);
        let missing: Vec<&&str> = expected.iter().filter(lacks).collect();
        if code != 2 || !missing.is_empty() || said.contains("please report") {
            wrong.push(format!("birthmark {line}: status {code}, lacks {missing:?}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

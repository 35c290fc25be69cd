//! The rules of the house that no lint knows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const MAX_LINES: usize = 640;

/// The folders of `src/` and the rooms inside them, from the lowest. A room may use itself and
/// whatever stands before it: a room of its own folder, or a folder that is listed above. A folder
/// without rooms is one room.
const WINGS: &[(&str, &[&str])] = &[
    ("purl", &[]),
    ("license", &[]),
    ("text", &["span", "language", "source", "document", "token", "manifest", "declaration"]),
    ("engine", &["fingerprint", "model", "index", "align", "evidence", "matcher"]),
    ("judgement", &["finding", "suppression", "baseline", "policy"]),
    ("project", &["walk", "git", "changes", "cache", "config"]),
    ("decisions", &["attribution", "acceptance"]),
    ("ingest", &[]),
    ("packs", &[]),
    ("scan", &[]),
    ("session", &["journal"]),
    ("report", &[]),
    ("serve", &["check", "hook", "mcp", "lsp"]),
    ("cli", &[]),
];

/// The highest wing that never touches files, environment, clock or terminal, but for the storage
/// of the index and the directory that it is stored in.
const HIGHEST_PURE: &str = "judgement";
const IMPURE: &[&str] = &["src/engine/index/storage.rs", "src/engine/index/directory.rs"];

/// What is installed or built inside of a folder of sources, and not committed.
const INSTALLED: &[&str] = &["editors/vscode/node_modules", "editors/vscode/out"];

/// Every file below some folders, by path from the top.
fn files(folders: &[&str], extensions: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut waiting: Vec<PathBuf> =
        folders.iter().map(|folder| Path::new(ROOT).join(folder)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            if INSTALLED.iter().any(|folder| path.ends_with(folder)) {
                continue;
            }
            waiting.extend(
                fs::read_dir(&path).expect("readable").map(|entry| entry.expect("readable").path()),
            );
        } else if extensions
            .iter()
            .any(|known| path.extension().is_some_and(|extension| extension == *known))
        {
            let name =
                path.strip_prefix(ROOT).expect("inside").to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).expect("UTF-8")));
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

fn sources() -> Vec<(String, String)> {
    files(&["src"], &["rs"])
}

/// The lines of a source without comments, counted from 1.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

/// Where a file or a path of modules stands: the position of its wing, and of its room among those
/// of the wing. What belongs to a wing and to none of its rooms stands at 0 if rooms build on it,
/// as in `session`.
fn place(mut names: impl Iterator<Item = impl AsRef<str>>) -> Option<(usize, usize)> {
    let wing = names.next()?;
    let position = WINGS.iter().position(|(name, _)| *name == wing.as_ref())?;
    let room = names.next();
    let rooms = WINGS[position].1;
    let room = room.and_then(|room| rooms.iter().position(|name| *name == room.as_ref()));
    Some((position, room.map_or(0, |room| room + 1)))
}

/// The modules of a path below `src/`.
fn modules(path: &str) -> impl Iterator<Item = &str> {
    path.trim_start_matches("src/").split('/').map(|name| name.trim_end_matches(".rs"))
}

/// The modules that a line of code names behind `crate::`.
fn used(line: &str) -> impl Iterator<Item = Vec<&str>> {
    line.split("crate::").skip(1).map(|rest| {
        let end =
            rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
        rest[..end].split("::").collect()
    })
}

fn is_test(path: &str) -> bool {
    path.ends_with("tests.rs") || path.contains("/tests/")
}

/// A source without its test module, which comes last.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().expect("split gives one")
}

fn assert_none(what: &str, wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn rooms_use_what_is_below_them() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        if matches!(path.as_str(), "src/lib.rs" | "src/main.rs") {
            continue;
        }
        let Some(own) = place(modules(&path)) else {
            wrong.push(format!("{path} stands in no wing"));
            continue;
        };
        for (number, line) in code(&text) {
            for names in used(line) {
                match place(names.iter()) {
                    Some(other) if other <= own => {}
                    Some(_) => {
                        wrong.push(format!("{path}:{number}: {} is above it", names.join("::")))
                    }
                    None => wrong
                        .push(format!("{path}:{number}: {} stands in no wing", names.join("::"))),
                }
            }
        }
    }
    assert_none("wings", wrong);
}

/// The commands, their options and what they share: a command uses shared files, and only `args`
/// uses commands.
#[test]
fn files_of_the_command_line_use_each_other_in_one_direction() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in files(&["src/cli"], &["rs"]) {
        let name = modules(&path).nth(1).expect("a file of the folder").to_owned();
        let used = without_tests(&text).split("super::").skip(1).filter_map(|rest| {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_')?;
            rest[end..].starts_with("::").then(|| rest[..end].to_owned())
        });
        let used = used.filter(|used| *used != name && !used.is_empty());
        uses.entry(name.clone()).or_default().extend(used);
    }
    assert!(uses["args"].contains("scan"), "the imports are read");
    // Files that use nothing that is left are taken away; a circle remains.
    loop {
        let rest: BTreeSet<String> = uses.keys().cloned().collect();
        uses.retain(|_, used| used.iter().any(|name| rest.contains(name)));
        if uses.len() == rest.len() {
            break;
        }
    }
    assert_none("circles", uses.into_keys().collect());
}

#[test]
fn every_folder_of_the_source_is_a_wing() {
    let mut wrong = Vec::new();
    let listed = |wing: &str, room: &str| {
        place([wing, room].iter())
            .is_some_and(|(position, at)| WINGS[position].1.is_empty() || at > 0)
    };
    for (path, text) in sources() {
        let names: Vec<&str> = modules(&path).collect();
        match names.as_slice() {
            ["lib" | "main"] => {}
            [wing, "mod"] if *wing != "session" => {
                let declared = text.lines().filter_map(|line| {
                    let item = line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub "))?;
                    item.strip_prefix("mod ")
                });
                let declared: Vec<&str> = declared.map(|name| name.trim_end_matches(';')).collect();
                wrong.extend(
                    declared
                        .iter()
                        .filter(|room| !listed(wing, room))
                        .map(|room| format!("{path}: {room}")),
                );
            }
            [wing, ..] if WINGS.iter().any(|(name, _)| name == wing) => {}
            _ => wrong.push(path),
        }
    }
    assert_none("what stands in no wing", wrong);
}

#[test]
fn the_lower_wings_are_pure() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let wing = place(modules(&path)).map(|(wing, _)| WINGS[wing].0);
        let pure = WINGS
            .iter()
            .take_while(|(name, _)| *name != HIGHEST_PURE)
            .any(|(name, _)| wing == Some(name))
            || wing == Some(HIGHEST_PURE);
        if !pure || is_test(&path) || IMPURE.contains(&path.as_str()) {
            continue;
        }
        for (number, line) in code(without_tests(&text)) {
            for word in [
                "std::fs",
                "std::env::",
                "std::net",
                "std::process",
                "Instant::now",
                "SystemTime",
                "stdout()",
                "stderr()",
            ] {
                if line.contains(word) {
                    wrong.push(format!("{path}:{number}: {word}"));
                }
            }
        }
    }
    assert_none("wings that know nothing of the machine", wrong);
}

#[test]
fn only_the_edge_writes_to_the_terminal() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        for (number, line) in code(&text) {
            let prints = ["println!", "eprintln!", "print!(", "eprint!("]
                .iter()
                .any(|word| line.contains(word));
            let writes = ["stdout()", "stderr()"].iter().any(|word| line.contains(word));
            if prints || writes && modules(&path).next() != Some("cli") {
                wrong.push(format!("{path}:{number}: {}", line.trim()));
            }
            if line.contains("process::exit") && path != "src/main.rs" {
                wrong.push(format!("{path}:{number}: only main exits"));
            }
        }
    }
    assert_none("a broken pipe must not panic", wrong);
}

#[test]
fn unsafe_stands_in_two_files() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let has = code(&text).any(|(_, line)| {
            line.contains("unsafe {") || line.contains("unsafe fn") || line.contains("unsafe impl")
        });
        let known = ["src/engine/index/storage.rs", "src/text/token/heap.rs"];
        if has && !known.contains(&path.as_str()) {
            wrong.push(path);
        }
    }
    assert_none("unsafe", wrong);
}

#[test]
fn files_are_finished_and_short() {
    let mut wrong = Vec::new();
    let words = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["XX", "X"].concat(),
        ["HA", "CK"].concat(),
    ];
    for (path, text) in
        files(&["src", "tests", "corpus-index", "docs", "editors"], &["rs", "md", "ts"])
    {
        let is_word = |word: &&String| {
            text.split(|c: char| !c.is_alphanumeric() && c != '_')
                .any(|found| found == word.as_str())
        };
        wrong.extend(words.iter().filter(is_word).map(|word| format!("{path}: {word}")));
        if !path.ends_with(".md") && text.lines().count() > MAX_LINES {
            wrong.push(format!("{path}: {} lines, more than {MAX_LINES}", text.lines().count()));
        }
    }
    assert_none("files", wrong);
}

/// What is true on one machine only does not belong into the repository.
#[test]
fn no_machine_is_named() {
    let needles: Vec<String> = [
        ["/wo", "rk/"],
        ["/ho", "me/"],
        ["/ro", "ot/"],
        ["/Us", "ers/"],
        ["/tmp", "/wt"],
        ["index.crates", ".io"],
        ["static.crates", ".io"],
        ["pypi", ".org"],
        ["files.python", "hosted"],
        ["registry.np", "mjs"],
        ["replace", "-with"],
    ]
    .map(|parts| parts.concat())
    .to_vec();
    let folders = [
        "src",
        "tests",
        "docs",
        "corpus-index",
        "examples",
        "fixtures",
        "eval",
        "ci",
        "editors",
        "python",
        "Cargo.toml",
        "README.md",
        "action.yml",
        "pyproject.toml",
    ];
    let present: Vec<&str> =
        folders.into_iter().filter(|folder| Path::new(ROOT).join(folder).exists()).collect();
    let mut wrong = Vec::new();
    for (path, text) in files(
        &present,
        &["rs", "md", "toml", "py", "json", "tsv", "yml", "yaml", "sh", "ts", "mjs"],
    ) {
        for (number, line) in text.lines().enumerate() {
            for needle in needles.iter().filter(|needle| line.contains(needle.as_str())) {
                wrong.push(format!("{path}:{}: {needle}", number + 1));
            }
        }
    }
    assert_none("machines", wrong);
}

#[test]
fn the_map_shows_every_wing_and_room_in_order() {
    let map = include_str!("../docs/architecture.md");
    let rows = map.lines().filter(|line| line.starts_with("| `"));
    let shown: Vec<&str> = rows.filter_map(|line| line.split('`').nth(1)).collect();
    let expected: Vec<String> = WINGS
        .iter()
        .rev()
        .flat_map(|(wing, rooms)| {
            let rooms = rooms.iter().rev().map(move |room| format!("{wing}/{room}"));
            std::iter::once(format!("{wing}/")).chain(rooms)
        })
        .collect();
    let map_of_wings = &shown[..expected.len().min(shown.len())];
    assert_eq!(map_of_wings, expected, "the map in docs/architecture.md, from the top");
}

#[test]
fn the_documentation_explains_every_dependency() {
    let page = include_str!("../docs/architecture.md");
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().expect("TOML");
    let names = manifest["dependencies"].as_table().expect("a table").keys();
    let package: serde_json::Value =
        serde_json::from_str(include_str!("../editors/vscode/package.json")).expect("JSON");
    let bundled = package["devDependencies"].as_object().expect("an object").keys();
    let unexplained =
        names.chain(bundled).filter(|name| !page.contains(&format!("`{name}`"))).cloned();
    assert_none("docs/architecture.md", unexplained.collect());
}

/// The hooks and the recipes install this version and no other.
#[test]
fn one_version_everywhere() {
    let version = env!("CARGO_PKG_VERSION");
    let mut wrong = Vec::new();
    for (path, line) in [
        ("pyproject.toml", format!("version = \"{version}\"")),
        ("pyproject.toml", format!("dependencies = [\"birthmark=={version}\"]")),
        ("ci/birthmark.gitlab-ci.yml", format!("BIRTHMARK_VERSION: \"{version}\"")),
        ("CHANGELOG.md", format!("\n## {version}\n")),
        ("docs/ci.md", format!("birthmark=={version}")),
        ("docs/ci.md", format!("birthmark@v{version}")),
        ("docs/hook.md", format!("rev: v{version}")),
        ("editors/vscode/package.json", format!("\"version\": \"{version}\"")),
        ("editors/vscode/package-lock.json", format!("\"version\": \"{version}\"")),
        ("editors/vscode/README.md", format!("birthmark-{version}.vsix")),
    ] {
        if !fs::read_to_string(Path::new(ROOT).join(path)).expect("readable").contains(&line) {
            wrong.push(format!("{path}: {line}"));
        }
    }
    assert_none("versions", wrong);
}

#[test]
fn the_documentation_explains_every_hook() {
    let page = include_str!("../docs/hook.md");
    let hooks = include_str!("../.pre-commit-hooks.yaml");
    let ids = hooks.lines().filter_map(|line| line.strip_prefix("- id: "));
    let unexplained = ids.filter(|id| !page.contains(&format!("| `{id}` |"))).map(str::to_owned);
    assert_none("docs/hook.md", unexplained.collect());
}

/// Words of any program, which the glossary does not explain.
const PLAIN_WORDS: &str = "\
    accepted added aligner answer archive block build byte bytes cell choice chosen column \
    columns comment compression config copyright counts day detected directory entry error \
    exit facts form format found from git glob grammar hash ignore ingest ingested kgram \
    keyword arguments language length license line links listed log measures memory name on \
    pair part path prepared problem project range read report repository row scan scanner \
    scripts section session set settings source span status stored stream string summary \
    text tokenizer training versions walk walked which workspace write written";

/// The words of a name such as `TokenStream`, lower case.
fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        if c.is_uppercase() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    words
}

/// The types that the sources declare, with those that are public.
fn types() -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut all, mut public) = (BTreeSet::new(), BTreeSet::new());
    for (_, text) in sources().iter().filter(|(path, _)| !is_test(path)) {
        for (_, line) in code(without_tests(text)) {
            let words: Vec<&str> = line.split_whitespace().take(3).collect();
            let (is_public, keyword, name) = match words[..] {
                ["pub", keyword, name] => (true, keyword, name),
                ["pub(crate)" | "pub(super)", keyword, name] => (false, keyword, name),
                [keyword, name, ..] => (false, keyword, name),
                _ => continue,
            };
            if !["struct", "enum", "trait", "type"].contains(&keyword) {
                continue;
            }
            let end = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(name.len());
            all.insert(name[..end].to_owned());
            if is_public {
                public.insert(name[..end].to_owned());
            }
        }
    }
    (all, public)
}

/// A public type whose name holds a word that the glossary does not explain has a row of its own.
#[test]
fn the_glossary_explains_every_public_type() {
    let page = include_str!("../docs/glossary.md");
    let (words, rows) = page.split_once("## Types of the library").expect("the table of types");
    let rows = rows.lines().filter(|line| line.starts_with("| `"));
    let named: BTreeSet<&str> = rows
        .flat_map(|row| row.split('`').skip(1).step_by(2))
        .filter_map(|name| name.rsplit("::").next())
        .filter(|name| name.starts_with(char::is_uppercase) && !name.contains('.'))
        .collect();
    let words = words.lines().filter_map(|line| line.strip_prefix("| ")?.split('|').next());
    let words: BTreeSet<String> = words
        .flat_map(|cell| cell.split(|c: char| !c.is_alphanumeric()))
        .chain(PLAIN_WORDS.split_whitespace())
        .map(str::to_lowercase)
        .collect();
    let is_explained = |word: &String| {
        words.contains(word) || word.strip_suffix('s').is_some_and(|one| words.contains(one))
    };
    let (all, public) = types();
    let unexplained = public
        .iter()
        .filter(|name| !named.contains(name.as_str()))
        .filter(|name| !words_of(name).iter().all(is_explained));
    assert_none("docs/glossary.md misses types", unexplained.cloned().collect());
    let gone = named.iter().filter(|name| !all.contains(**name)).map(|name| (*name).to_owned());
    assert_none("docs/glossary.md names types that are not there", gone.collect());
}

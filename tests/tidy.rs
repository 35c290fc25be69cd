//! The house rules of `docs/architecture.md` that a machine can check.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, lowest layer first.
const LAYERS: [&[&str]; 6] = [
    &["license", "purl"],
    &["token", "language", "source", "span"],
    &["align", "index", "model", "fingerprint"],
    &["policy", "finding", "matcher", "evidence"],
    &["scan", "ingest", "config", "walk"],
    &["cli", "report"],
];

/// The highest layer that touches nothing outside of the program.
const PURE: usize = 3;

/// The files of pure layers that may: they open and replace index files.
const EXCEPTED: [&str; 2] = ["index/storage.rs", "index/directory.rs"];

#[test]
fn rooms_use_their_own_layer_and_those_below() {
    for (path, text) in sources() {
        let layer = layer_of(&room_of(&path));
        for used in text.split("crate::").skip(1).map(word) {
            let Some(below) = LAYERS.iter().position(|rooms| rooms.contains(&used)) else {
                continue;
            };
            assert!(below <= layer, "{} uses `{used}`, which is above it", path.display());
        }
    }
}

#[test]
fn lower_layers_touch_nothing_outside() {
    for (path, text) in sources() {
        let excepted = EXCEPTED.iter().any(|excepted| path.ends_with(excepted));
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for outside in ["std::fs", "std::env::", "std::time", "std::process", "std::net"] {
            let pure = layer_of(&room_of(&path)) <= PURE && !excepted;
            assert!(!pure || !code.contains(outside), "{} touches {outside}", path.display());
        }
        assert!(!code.contains("std::net"), "{} has network code", path.display());
    }
}

#[test]
fn the_map_shows_every_room_in_its_layer() {
    let map = include_str!("../docs/architecture.md");
    for (layer, rooms) in LAYERS.iter().enumerate() {
        for room in *rooms {
            let row = map.lines().find(|line| {
                line.starts_with(&format!("| {layer}"))
                    && line.split('|').nth(2).is_some_and(|cell| cell.contains(&format!("`{room}`")))
            });
            assert!(row.is_some(), "{room} is not on the map in layer {layer}");
        }
    }
}

#[test]
fn the_documentation_explains_every_dependency() {
    let page = include_str!("../docs/architecture.md");
    let manifest: toml::Table = include_str!("../Cargo.toml").parse().expect("TOML");
    for name in manifest["dependencies"].as_table().expect("a table").keys() {
        assert!(page.contains(&format!("`{name}`")), "{name} is not explained");
    }
}

#[test]
fn the_starter_is_what_its_recipe_says() {
    use birthmark::index::{Index, IndexName};
    use birthmark::ingest::recipe::Recipe;

    let text = include_str!("../corpus-index/recipe.toml");
    let recipe = Recipe::parse(text, Path::new("corpus-index/recipe.toml")).expect("a recipe");
    let mut listed: Vec<(String, String)> = recipe
        .components
        .iter()
        .map(|component| (component.purl.to_string(), component.digest.clone().expect("pinned")))
        .collect();
    listed.sort();
    let starter = Index::open(&[IndexName::Starter]).expect("the starter index");
    let mut held: Vec<(String, String)> = starter
        .list()
        .expect("sound")
        .into_iter()
        .map(|entry| (entry.component.purl.to_string(), entry.component.digest))
        .collect();
    held.sort();
    assert_eq!(held, listed, "build it by corpus-index/build.sh");
    let part = &starter.parts()[0];
    assert!(part.counts.lines >= 2_000_000, "{} lines", part.counts.lines);
    assert!(part.bytes <= 32 << 20, "{} bytes", part.bytes);
}

/// Every source file with its text, by path below `src`.
fn sources() -> Vec<(PathBuf, String)> {
    fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).expect("readable").map(|entry| entry.expect("readable").path()) {
            match entry.is_dir() {
                true => collect(&entry, found),
                false if entry.extension().is_some_and(|extension| extension == "rs") => found.push(entry),
                false => {}
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    paths.retain(|path| !path.ends_with("src/main.rs") && !path.ends_with("src/lib.rs"));
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("readable");
            (path.strip_prefix(&root).expect("below src").to_owned(), text)
        })
        .collect()
}

/// `cli/args.rs` and `cli.rs` are of the room `cli`.
fn room_of(path: &Path) -> String {
    let first = path.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn layer_of(room: &str) -> usize {
    LAYERS
        .iter()
        .position(|rooms| rooms.contains(&room))
        .unwrap_or_else(|| panic!("{room} is a room without a layer"))
}

/// The identifier that a text begins with.
fn word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

//! The builds that a package of npm carries beside its source, and copies of one build in several
//! forms of module.
//!
//! An index that held all of them would name the same code four times. So of what stands in a
//! package more than once, the form that is nearest to the source is taken:
//!
//! ```text
//! src/, source/      kept
//! esm/, es/          left out where src/ is there
//! lib/               left out where esm/ is there, or src/ has a file of the same name and place
//! dist/, umd/, ...   left out where one of those is there
//! locale/, moment.js left out where src/ has a file of the same path; a script at the top also
//!                    where it is half as large as src/
//! x.min.js, x.cjs.js left out beside x.js; x.js and x.d.ts beside x.ts
//! ```
//!
//! A folder counts as the source of everything only if it is at least half as large as the largest
//! build: some packages ship a folder `src` that holds types alone. Of a smaller one, only files of
//! the same name and place are builds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::tree::{Role, Tree};
use crate::judgement::finding::{Note, NoteKind};
use crate::project::walk::marks;

/// The extensions of scripts.
const EXTENSIONS: [&str; 8] = ["js", "mjs", "cjs", "jsx", "ts", "tsx", "mts", "cts"];

/// Extensions of scripts that compilers write.
const COMPILED: [&str; 3] = ["js", "mjs", "cjs"];

/// Words behind the name of a build, with how far it is from the source.
const FORMS: [(&str, u32); 14] = [
    ("esm", 1),
    ("mjs", 1),
    ("es6", 1),
    ("es2015", 1),
    ("es5", 2),
    ("cjs", 2),
    ("dev", 2),
    ("development", 2),
    ("umd", 3),
    ("amd", 3),
    ("iife", 3),
    ("prod", 4),
    ("production", 4),
    ("min", 9),
];

/// How much farther a folder of builds is from the source than a word in a name.
const PER_FOLDER: u32 = 1000;

/// Fewest files of a folder `src` for a script at the top to be a build of it.
const FILES_OF_BUNDLE: usize = 3;

/// A script of a package.
#[derive(Clone, Copy, Debug)]
struct Script<'a> {
    /// Its path from the folder of the package.
    path: &'a str,
    bytes: u64,
}

/// Leaves the builds of packages out, with a note of how many.
pub(super) fn leave_out(tree: &mut Tree) {
    let mut left_out = BTreeSet::new();
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for (root, scripts) in packages(tree) {
        for path in builds(&scripts) {
            let place = match path.split_once('/') {
                Some((folder, _)) => format!("{root}{folder}/"),
                None => format!("{root}{path}"),
            };
            *counted.entry(place).or_default() += 1;
            left_out.insert(format!("{root}{path}"));
        }
    }
    if left_out.is_empty() {
        return;
    }
    tree.files.retain(|file| !left_out.contains(&file.path));
    let total = left_out.len();
    let places: Vec<String> =
        counted.iter().take(PLACES).map(|(place, count)| format!("{place} ({count})")).collect();
    let more = if counted.len() > PLACES { ", ..." } else { "" };
    let files = if total == 1 { "file that is a build" } else { "files that are builds" };
    tree.notes.push(Note {
        path: None,
        kind: NoteKind::Info,
        message: format!("left out {total} {files} of others in it: {}{more}", places.join(", ")),
    });
}

/// Most places that a note names.
const PLACES: usize = 8;

/// The scripts of each package in a tree, by the folder of the package with a `/` at its end.
/// Vendored packages are left as they are.
fn packages(tree: &Tree) -> BTreeMap<&str, Vec<Script<'_>>> {
    let manifests = tree.files.iter().filter(|file| file.role == Role::Metadata);
    let roots: BTreeSet<&str> = manifests
        .filter_map(|file| file.path.strip_suffix("package.json"))
        .filter(|root| root.is_empty() || root.ends_with('/'))
        .collect();
    let mut packages: BTreeMap<&str, Vec<Script<'_>>> = BTreeMap::new();
    for file in tree.files.iter().filter(|file| matches!(file.role, Role::Source(_))) {
        let path = file.path.as_str();
        if !EXTENSIONS.contains(&extension(path)) || marks::vendored_root(path).is_some() {
            continue;
        }
        let folders = path.match_indices('/').map(|(slash, _)| &path[..=slash]).rev().chain([""]);
        if let Some(root) = folders.into_iter().find_map(|folder| roots.get(folder).copied()) {
            let script =
                Script { path: &path[root.len()..], bytes: file.content.byte_count() as u64 };
            packages.entry(root).or_default().push(script);
        }
    }
    packages
}

/// The paths of the builds among the scripts of a package.
fn builds<'a>(scripts: &[Script<'a>]) -> BTreeSet<&'a str> {
    let mut builds = copies_beside(scripts);
    let Some(source) = source(scripts, &builds) else { return builds };
    for script in scripts {
        let is_build = match rank_of(script.path) {
            // Another form of a file of the source, or all of it in one file at the top.
            None => {
                let is_bundle = !script.path.contains('/') && source.is_bundled_in(*script);
                source.rank == 0 && (source.stems.contains(stem(script.path)) || is_bundle)
            }
            Some(rank) if rank == source.rank => {
                source.has_copy_of(script.path) && folder(script.path) != source.folder
            }
            Some(rank) if rank < source.rank => false,
            Some(rank) => {
                let may_be_own = rank == LIB && source.rank == 0;
                source.has_copy_of(script.path) || (source.is_whole && !may_be_own)
            }
        };
        if is_build {
            builds.insert(script.path);
        }
    }
    builds
}

/// The folder that builds were made of.
struct Source<'a> {
    rank: u32,
    /// Its name. There may be others of its rank: `esm5` beside `esm2015`.
    folder: &'a str,
    /// The paths of its files below it, without extension.
    stems: BTreeSet<&'a str>,
    bytes: u64,
    /// Whether it is large enough to be the source of everything.
    is_whole: bool,
}

impl Source<'_> {
    /// Whether it has a file of the same name in the same place.
    fn has_copy_of(&self, path: &str) -> bool {
        self.stems.contains(below(path))
    }

    fn is_bundled_in(&self, script: Script<'_>) -> bool {
        self.stems.len() >= FILES_OF_BUNDLE && script.bytes >= self.bytes / 2
    }
}

/// The folder nearest to the source.
fn source<'a>(scripts: &[Script<'a>], builds: &BTreeSet<&str>) -> Option<Source<'a>> {
    let ranked = |script: &Script<'a>| Some((rank_of(script.path)?, *script));
    let is_code = |script: &&Script<'_>| !script.path.contains(".d.") && !is_test(script.path);
    let code: Vec<_> = scripts.iter().filter(is_code).filter_map(ranked).collect();
    let rank = code.iter().map(|(rank, _)| *rank).min()?;
    let of_rank = || code.iter().filter(|(other, _)| *other == rank).map(|(_, script)| script);
    // Of ECMAScript's versions the fifth is the farthest from what people write.
    let folder =
        of_rank().map(|script| folder(script.path)).min_by_key(|it| (it.contains('5'), *it))?;
    let own = || of_rank().filter(|script| self::folder(script.path) == folder);
    let bytes = own().map(|script| script.bytes).sum();
    let others = code.iter().filter(|(other, _)| *other > rank).map(|(_, script)| script);
    let is_counted = |script: &&Script<'_>| !builds.contains(script.path);
    let largest = others.filter(is_counted).map(|script| script.bytes).max().unwrap_or(0);
    Some(Source {
        rank,
        folder,
        stems: own().map(|script| below(script.path)).collect(),
        bytes,
        is_whole: bytes >= largest / 2,
    })
}

/// The first folder of a path.
fn folder(path: &str) -> &str {
    path.split_once('/').map_or("", |(folder, _)| folder)
}

/// The path of a script below the folder that it was built into, without its extension: `a/b` of
/// `lib/a/b.js` and of `dist/esm/a/b.js`.
fn below(path: &str) -> &str {
    let rest = path.split_once('/').map_or(path, |(_, rest)| rest);
    match nested_form(rest) {
        Some((_, rest)) => stem(rest),
        None => stem(rest),
    }
}

/// How far a form of build inside a folder is from the source, and the path below it: `lib/esm/a`
/// stands beside `lib/cjs/a` and `lib/types/a`.
fn nested_form(path: &str) -> Option<(u32, &str)> {
    let (name, rest) = path.split_once('/')?;
    match name {
        "module" => Some((1, rest)),
        "types" | "typescript" | "typings" | "dts" => Some((9, rest)),
        _ => rank_of(path).filter(|rank| *rank > 0).map(|rank| (rank, rest)),
    }
}

fn is_test(path: &str) -> bool {
    marks::of(path, &[]).test
}

/// The rank of a folder `lib`, which may hold what somebody wrote.
const LIB: u32 = 2;

/// How far the folder that a script stands in is from the source; `None` for a folder that is
/// neither a source nor a build.
fn rank_of(path: &str) -> Option<u32> {
    let name = path.split_once('/')?.0.trim_start_matches('_').to_ascii_lowercase();
    let end = name.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(name.len());
    Some(match &name[..end] {
        // `src-min` is none, and `src.ts` is.
        "src" | "source" | "sources" if !name[end..].starts_with(['-', '_']) => 0,
        "esm" | "es" | "fesm" | "esnext" | "mjs" => 1,
        "lib" => LIB,
        "cjs" | "commonjs" => 3,
        "src" | "dist" | "build" | "builds" | "built" | "out" => 4,
        "umd" | "amd" | "iife" | "bundle" | "bundles" | "min" | "minified" => 5,
        _ => return None,
    })
}

/// Scripts that stand beside another form of themselves: `x.min.js` beside `x.js`, `x.js` beside
/// `x.ts`.
fn copies_beside<'a>(scripts: &[Script<'a>]) -> BTreeSet<&'a str> {
    /// The first folder, the folders below it, and the name that several forms share.
    type Place<'p> = (&'p str, &'p str, &'p str);
    let mut forms: HashMap<Place<'_>, Vec<(u32, &'a str)>> = HashMap::new();
    for script in scripts {
        let (folder, rest) = script.path.split_once('/').unwrap_or(("", script.path));
        let (farther, rest) = nested_form(rest).unwrap_or((0, rest));
        let (inner, name) = rest.rsplit_once('/').unwrap_or(("", rest));
        let (bare, distance) = bare_name(name);
        let form = (distance + farther * PER_FOLDER, script.path);
        forms.entry((folder, inner, bare)).or_default().push(form);
    }
    let mut copies = BTreeSet::new();
    for forms in forms.into_values() {
        // Of two forms that are equally near, the first by path stays.
        let nearest = forms.iter().min();
        copies.extend(forms.iter().filter(|form| Some(*form) != nearest).map(|(_, path)| *path));
    }
    // A minified script may stand in another folder than the one that it was made of.
    let names: BTreeSet<&str> = scripts.iter().map(|script| name_of(script.path)).collect();
    let is_minified = |script: &&Script<'_>| {
        let plain = name_of(script.path).replacen(".min.", ".", 1);
        plain != name_of(script.path) && names.contains(plain.as_str())
    };
    copies.extend(scripts.iter().filter(is_minified).map(|script| script.path));
    copies
}

/// The name of a script without the words for its form, and how far that is from the source.
fn bare_name(name: &str) -> (&str, u32) {
    if let Some((bare, _)) = name.split_once(".d.").filter(|(_, rest)| !rest.contains('.')) {
        return (bare, 100);
    }
    let Some((mut bare, extension)) = name.rsplit_once('.') else { return (name, 0) };
    if !COMPILED.contains(&extension) {
        return (bare, 0);
    }
    let mut distance = if extension == "cjs" { 12 } else { 10 };
    while let Some((before, word)) = bare.rsplit_once(['.', '-']).filter(|it| !it.0.is_empty()) {
        let Some((_, farther)) = FORMS.iter().find(|(form, _)| *form == word) else { break };
        (bare, distance) = (before, distance + farther);
    }
    (bare, distance)
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(path: &str) -> &str {
    name_of(path).rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// A path without the extension of a script.
fn stem(path: &str) -> &str {
    let path = path.rsplit_once('.').map_or(path, |(stem, _)| stem);
    path.strip_suffix(".d").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The builds among scripts, each given as a path and its size.
    fn check(scripts: &[(&str, u64)], expected: &[&str]) {
        let scripts: Vec<_> = scripts.iter().map(|&(path, bytes)| Script { path, bytes }).collect();
        assert_eq!(builds(&scripts).into_iter().collect::<Vec<_>>(), expected, "{scripts:?}");
    }

    #[test]
    fn builds_are_left_out_where_their_source_is() {
        check(
            &[
                ("src/index.ts", 900),
                ("src/a/b.ts", 900),
                ("lib/index.js", 800),
                ("lib/index.d.ts", 100),
                ("lib/own.js", 100),
                ("dist/pkg.js", 2000),
                ("dist/pkg.min.js", 400),
                ("_esm5/index.js", 900),
                ("scripts/release.js", 100),
                ("index.js", 20),
            ],
            &[
                "_esm5/index.js",
                "dist/pkg.js",
                "dist/pkg.min.js",
                "index.js",
                "lib/index.d.ts",
                "lib/index.js",
            ],
        );
        // A bundle at the top, as moment has it.
        let moment = [
            ("moment.js", 170),
            ("locale/de.js", 50),
            ("src/a.js", 60),
            ("src/b.js", 60),
            ("src/locale/de.js", 60),
        ];
        check(&moment, &["locale/de.js", "moment.js"]);
        check(&[("moment.js", 20), ("src/a.js", 60), ("src/b.js", 60), ("src/c.js", 60)], &[]);
    }

    #[test]
    fn a_note_counts_the_builds_of_each_package() {
        use crate::engine::index::Spill;
        use crate::text::language::Language;

        let code = Role::Source(Language::from_name("python").expect("a language"));
        let mut tree = Tree::with_name_hint("x", &Spill::in_memory());
        for (path, role) in [
            ("package.json", Role::Metadata),
            ("src/a.js", code),
            ("dist/a.js", code),
            ("dist/a.min.js", code),
            ("packages/b/package.json", Role::Metadata),
            ("packages/b/src/c.ts", code),
            ("packages/b/lib/c.js", code),
            ("packages/no/lib/c.js", code),
            ("node_modules/d/dist/e.js", code),
            ("dist/tool.py", code),
        ] {
            tree.push(path.to_owned(), role, b"x = 1".to_vec()).expect("room");
        }
        leave_out(&mut tree);
        let code = tree.files.iter().filter(|file| file.role != Role::Metadata);
        assert_eq!(
            code.map(|file| file.path.as_str()).collect::<Vec<_>>(),
            [
                "src/a.js",
                "packages/b/src/c.ts",
                "packages/no/lib/c.js",
                "node_modules/d/dist/e.js",
                "dist/tool.py",
            ]
        );
        let notes: Vec<&str> = tree.notes.iter().map(|note| note.message.as_str()).collect();
        let expected =
            "left out 3 files that are builds of others in it: dist/ (2), packages/b/lib/ (1)";
        assert_eq!(notes, [expected]);
    }

    #[test]
    fn builds_stay_where_their_source_is_not() {
        check(&[("dist/pkg.js", 2000), ("dist/other.js", 10), ("index.js", 20)], &[]);
        check(&[("src/types.ts", 100), ("dist/pkg.js", 2000)], &[]);
        check(&[("src/types.d.ts", 5000), ("dist/pkg.js", 2000)], &[]);
        check(&[("src/pkg.test.js", 5000), ("dist/pkg.js", 2000)], &[]);
        check(&[("library/a.js", 100), ("outer/a.js", 100)], &[]);
        check(
            &[("locale/es.js", 10), ("locale/messages.es.js", 10), ("locale/messages.js", 10)],
            &[],
        );
    }

    #[test]
    fn of_several_forms_the_one_nearest_to_the_source_is_kept() {
        check(
            &[("cjs/a.js", 100), ("es/a.js", 100), ("umd/pkg.js", 100), ("package.js", 1)],
            &["cjs/a.js", "umd/pkg.js"],
        );
        check(
            &[("lib/a.js", 100), ("es/a.js", 100), ("dist/pkg.js", 100)],
            &["dist/pkg.js", "lib/a.js"],
        );
        check(&[("esm5/a.js", 100), ("esm2015/a.js", 100), ("esm5/b.js", 100)], &["esm5/a.js"]);
        check(
            &[("src/a.ts", 100), ("dist/esm/a.js", 100), ("dist/all.js", 9000)],
            &["dist/esm/a.js"],
        );
        check(
            &[("src.ts/a.ts", 100), ("lib.esm/a.js", 100), ("src-min/a.js", 50)],
            &["lib.esm/a.js", "src-min/a.js"],
        );
        check(&[("rabbit.js", 9), ("rabbit-legacy.js", 9)], &[]);
        check(
            &[("lib/cjs/a.js", 9), ("lib/esm/a.js", 9), ("lib/types/a.d.ts", 9), ("lib/b.js", 9)],
            &["lib/cjs/a.js", "lib/types/a.d.ts"],
        );
        check(
            &[("src/a.ts", 9), ("lib/module/a.js", 9), ("lib/typescript/a.d.ts", 9)],
            &["lib/module/a.js", "lib/typescript/a.d.ts"],
        );
        check(
            &[
                ("dist/x.cjs.js", 9),
                ("dist/x.esm.js", 9),
                ("dist/x.umd.min.js", 9),
                ("dist/x-dev.js", 9),
                ("dist/y.production.min.js", 9),
                ("dist/y.development.js", 9),
            ],
            &["dist/x-dev.js", "dist/x.cjs.js", "dist/x.umd.min.js", "dist/y.production.min.js"],
        );
        check(
            &[("a.ts", 9), ("a.js", 9), ("a.d.ts", 9), ("b.d.ts", 9), ("c.mjs", 9), ("c.cjs", 9)],
            &["a.d.ts", "a.js", "c.cjs"],
        );
        check(
            &[("jquery.js", 9), ("build/jquery.min.js", 3), ("other.min.js", 3)],
            &["build/jquery.min.js"],
        );
    }
}

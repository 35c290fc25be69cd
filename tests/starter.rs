//! The shipped index: it holds what its recipe lists, is large enough to be of use and small enough
//! to ship.

use std::path::Path;

use birthmark::engine::index::{Index, IndexName};
use birthmark::ingest::recipe::Recipe;

#[test]
fn the_starter_is_what_its_recipe_says() {
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
    assert!(part.counts.lines >= 3_500_000, "{} lines", part.counts.lines);
    assert!(part.bytes <= 45 << 20, "{} bytes", part.bytes);
}

/// Packs are built by whoever wants them, so that nothing but this reads their recipes.
#[test]
fn the_recipes_of_packs_pin_what_they_list() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus-index/packs");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        let recipe = Recipe::parse(&text, &path).expect("a recipe");
        let loose = recipe.components.iter().filter(|component| component.digest.is_none());
        assert_eq!(loose.map(|it| it.purl.to_string()).collect::<Vec<_>>(), [""; 0], "{path:?}");
        read += 1;
    }
    assert!(read >= 10, "{read} recipes");
}

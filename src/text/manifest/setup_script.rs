//! `setup.py`: the literals that it gives to `setup(...)`, from the parse and without running it.

use std::collections::HashMap;

use tree_sitter::Node;

use super::{Manifest, pypi};
use crate::text::language::Language;
use crate::text::token::Tokenizer;

/// Longest script that is parsed.
const MAX_BYTES: usize = 128 << 10;

pub(super) fn read(text: &str) -> Option<Manifest> {
    let tree = parse(text)?;
    let script = Script { text, constants: constants(text, tree.root_node()) };
    let mut manifest = Manifest::default();
    each_node(tree.root_node(), |node, _| script.take_argument(node, &mut manifest));
    Some(manifest)
}

/// The licence and the classifiers that a script gives to `setup(...)` as literals.
pub fn read_license(text: &str) -> Option<(Option<String>, Vec<String>)> {
    let tree = parse(text)?;
    let script = Script { text, constants: constants(text, tree.root_node()) };
    let (mut license, mut classifiers) = (None, Vec::new());
    each_node(tree.root_node(), |node, _| {
        let is_argument = node.kind() == "keyword_argument" && is_of_setup(text, node);
        let name = node.child_by_field_name("name").filter(|_| is_argument);
        let Some((name, value)) = name.zip(node.child_by_field_name("value")) else {
            return;
        };
        match words(text, name) {
            "license" if license.is_none() => license = script.string(value).map(str::to_owned),
            "classifiers" => each_node(value, |inner, _| {
                classifiers.extend(literal(text, inner).map(str::to_owned));
            }),
            _ => {}
        }
    });
    Some((license, classifiers))
}

fn parse(text: &str) -> Option<tree_sitter::Tree> {
    if text.len() > MAX_BYTES {
        return None;
    }
    Tokenizer::new().tree(Language::from_name("python")?, text.as_bytes())
}

struct Script<'a> {
    text: &'a str,
    /// Strings that are assigned to a name at the top of the script.
    constants: HashMap<&'a str, &'a str>,
}

impl<'a> Script<'a> {
    /// Takes what a node says if it is an argument of `setup(...)`; the first name counts.
    fn take_argument(&self, node: Node<'_>, manifest: &mut Manifest) {
        let argument = || -> Option<(&'a str, Node<'_>)> {
            if node.kind() != "keyword_argument" || !is_of_setup(self.text, node) {
                return None;
            }
            let name = node.child_by_field_name("name")?;
            Some((words(self.text, name), node.child_by_field_name("value")?))
        };
        match argument() {
            Some(("name", value)) if manifest.package.is_none() => {
                manifest.package = self.string(value).and_then(pypi);
            }
            Some(("install_requires" | "extras_require" | "tests_require", value)) => {
                each_node(value, |inner, field| {
                    let required = literal(self.text, inner).filter(|_| field != Some("key"));
                    manifest.dependencies.extend(required.and_then(pypi));
                });
            }
            _ => {}
        }
    }

    fn string(&self, value: Node<'_>) -> Option<&'a str> {
        match value.kind() {
            "identifier" => self.constants.get(words(self.text, value)).copied(),
            _ => literal(self.text, value),
        }
    }
}

/// Whether an argument is one of a call of `setup`, under whatever module.
fn is_of_setup(text: &str, argument: Node<'_>) -> bool {
    let call =
        argument.parent().and_then(|list| list.parent()).filter(|call| call.kind() == "call");
    let called = call.and_then(|call| call.child_by_field_name("function"));
    called.is_some_and(|called| words(text, called).rsplit('.').next() == Some("setup"))
}

fn constants<'a>(text: &'a str, module: Node<'_>) -> HashMap<&'a str, &'a str> {
    let mut constants = HashMap::new();
    let mut cursor = module.walk();
    for statement in module.named_children(&mut cursor) {
        let assignment = statement.named_child(0).filter(|it| it.kind() == "assignment");
        let assigned = || {
            let (name, value) = (
                assignment?.child_by_field_name("left")?,
                assignment?.child_by_field_name("right")?,
            );
            Some((words(text, name), literal(text, value)?))
        };
        constants.extend(assigned());
    }
    constants
}

/// The text of a string without holes and escapes.
fn literal<'a>(text: &'a str, node: Node<'_>) -> Option<&'a str> {
    let is_plain = node.kind() == "string" && node.named_child_count() == 3;
    let content = node.named_child(1).filter(|it| is_plain && it.kind() == "string_content")?;
    (content.named_child_count() == 0).then(|| words(text, content))
}

fn words<'a>(text: &'a str, node: Node<'_>) -> &'a str {
    text.get(node.byte_range()).unwrap_or_default()
}

/// Visits a node and all below it, each with its field in the node above, without recursion:
/// nesting is the author's to choose. To ask a node for the one above it takes as long as its way
/// from the root.
fn each_node<'t>(root: Node<'t>, mut visit: impl FnMut(Node<'t>, Option<&str>)) {
    let mut cursor = root.walk();
    loop {
        visit(cursor.node(), cursor.field_name());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return;
            }
        }
    }
}

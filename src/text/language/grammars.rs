//! How the leaves of a tree-sitter parse become tokens, grammar by grammar.

use super::{Atom, Grammar};

#[rustfmt::skip]
pub(super) const PYTHON: Grammar = Grammar {
    grammar: tree_sitter_python::LANGUAGE,
    version: "tree-sitter-python 0.25.0",
    dropped_trees: &[
        "comment", "import_statement", "import_from_statement", "future_import_statement", "type",
        "line_continuation", "type_conversion", "type_parameter",
    ],
    dropped_if_sole_child: &[("expression_statement", "string"), ("expression_statement", "concatenated_string")],
    atoms: &[
        ("identifier", Atom::Name), ("string", Atom::String), ("integer", Atom::Integer), ("float", Atom::Float),
    ],
    groupings: &["parenthesized_expression"],
    quotes: &["\"", "'", "\"\"\"", "'''"],
    holes: &["interpolation"],
};

#[rustfmt::skip]
pub(super) const RUST: Grammar = Grammar {
    grammar: tree_sitter_rust::LANGUAGE,
    version: "tree-sitter-rust 0.24.2",
    dropped_trees: &[
        "line_comment", "block_comment", "use_declaration", "extern_crate_declaration", "attribute_item",
        "inner_attribute_item", "visibility_modifier", "lifetime", "label", "for_lifetimes", "shebang",
        "fragment_specifier", "empty_statement",
    ],
    dropped_if_sole_child: &[],
    atoms: &[
        ("identifier", Atom::Name), ("field_identifier", Atom::FieldName), ("shorthand_field_identifier", Atom::Name),
        ("type_identifier", Atom::TypeName), ("primitive_type", Atom::TypeName), ("metavariable", Atom::Name),
        ("self", Atom::SelfName), ("string_literal", Atom::String), ("raw_string_literal", Atom::String),
        ("char_literal", Atom::Character), ("integer_literal", Atom::Integer), ("float_literal", Atom::Float),
    ],
    groupings: &["parenthesized_expression"],
    quotes: &["\""],
    holes: &[],
};

#[rustfmt::skip]
const ECMA_DROPPED_TREES: &[&str] = &[
    "comment", "html_comment", "hash_bang_line", "import_statement", "import_alias", "export_clause", "empty_statement",
    "type_annotation", "type_arguments", "type_parameters", "type_predicate_annotation", "asserts_annotation",
    "adding_type_annotation", "omitting_type_annotation", "opting_type_annotation", "accessibility_modifier",
    "override_modifier", "interface_declaration", "type_alias_declaration", "ambient_declaration", "function_signature",
    "abstract_method_signature", "method_signature", "index_signature", "implements_clause", "predefined_type",
    "generic_type", "union_type", "intersection_type", "array_type", "object_type", "function_type", "literal_type",
    "tuple_type", "lookup_type",
];

#[rustfmt::skip]
pub(super) const TYPESCRIPT: Grammar = Grammar {
    grammar: tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
    version: "tree-sitter-typescript 0.23.2",
    dropped_trees: ECMA_DROPPED_TREES,
    dropped_if_sole_child: &[],
    atoms: ECMA_ATOMS,
    groupings: &["parenthesized_expression"],
    quotes: &["\"", "'", "`"],
    holes: &["template_substitution"],
};

/// Reads JavaScript with JSX too.
#[rustfmt::skip]
pub(super) const TSX: Grammar =
    Grammar { grammar: tree_sitter_typescript::LANGUAGE_TSX, atoms: TSX_ATOMS, ..TYPESCRIPT };

pub(super) const JAVASCRIPT: Grammar = TSX;

#[rustfmt::skip]
const ECMA_ATOMS: &[(&str, Atom)] = &[
    ("identifier", Atom::Name), ("property_identifier", Atom::FieldName), ("private_property_identifier", Atom::FieldName),
    ("shorthand_property_identifier", Atom::Name), ("shorthand_property_identifier_pattern", Atom::Name),
    ("statement_identifier", Atom::Name), ("type_identifier", Atom::TypeName), ("this", Atom::SelfName),
    ("string", Atom::String), ("template_string", Atom::String), ("regex", Atom::String), ("number", Atom::Number),
];

#[rustfmt::skip]
const TSX_ATOMS: &[(&str, Atom)] = &[
    ("identifier", Atom::Name), ("property_identifier", Atom::FieldName), ("private_property_identifier", Atom::FieldName),
    ("shorthand_property_identifier", Atom::Name), ("shorthand_property_identifier_pattern", Atom::Name),
    ("statement_identifier", Atom::Name), ("type_identifier", Atom::TypeName), ("this", Atom::SelfName),
    ("string", Atom::String), ("template_string", Atom::String), ("regex", Atom::String), ("number", Atom::Number),
    ("jsx_text", Atom::String),
];

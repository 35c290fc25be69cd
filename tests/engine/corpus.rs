//! Small documents made of nothing but a seed, and the index over them.

use std::fmt::Write;

use birthmark::engine::index::documents::{Component, DocumentFacts, DocumentMarks};
use birthmark::engine::index::{
    Columns, PreparedComponent, PreparedDocument, Segment, SegmentBytes,
};
use birthmark::license::{LearnedFrom, LicenseExpression, LicenseFact, Precision};
use birthmark::text::language::Language;
use birthmark::text::source::SourceFile;
use birthmark::text::token::{TokenStream, tokenize};

/// Numbers without visible order (xorshift64*, Vigna 2016).
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }

    pub(crate) fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

pub(crate) fn language(name: &str) -> Language {
    Language::from_name(name).expect("a row of the table")
}

pub(crate) fn source(language_name: &str, text: impl Into<Vec<u8>>) -> SourceFile {
    SourceFile::new("x", language(language_name), text.into())
}

pub(crate) fn stream(language_name: &str, text: impl Into<Vec<u8>>) -> TokenStream {
    tokenize(&source(language_name, text))
}

/// A Python function of so many statements, like no other of another seed.
pub(crate) fn function(seed: u64, statements: usize) -> String {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9).wrapping_add(1));
    let mut text = format!("def work_{seed}(first, second, third=None):\n");
    let variables = ["first", "second", "third", "total", "found", "left", "right", "name", "item"];
    let fields =
        ["size", "owner", "children", "weight", "label", "parent", "state", "queue", "budget"];
    for i in 0..statements {
        let (a, b, c) = (random.pick(&variables), random.pick(&variables), random.pick(&variables));
        let (f, g) = (random.pick(&fields), random.pick(&fields));
        let n = random.below(1000);
        let line = match random.below(10) {
            0 => format!("    {a} = {b}.{f}_{seed} + {n}"),
            1 => format!("    if {a}.{f} > {c}[{n}]:\n        {b} = do_{f}({c}, {g}={a})"),
            2 => format!("    for {a} in {b}.{f}_{i}({c}):\n        {c}.{g} -= {n}"),
            3 => format!("    {a}[{b}] = [{c}.{f} for {c} in {g}_{seed} if not {c}]"),
            4 => format!("    while {a} and {b}.{f}:\n        {b} = {b}.{g} or '{f} {n}'"),
            5 => format!(
                "    try:\n        {a}({b} * {n})\n    except {}Error:\n        raise",
                f.to_uppercase()
            ),
            6 => format!("    {a}, {b} = {b} % {n}, ({a} << 2) | {c}.{f}"),
            7 => format!("    with open({a}.{f}, '{g}{n}') as {b}:\n        {c} = {b}.read_{g}()"),
            8 => format!("    {a} = lambda {b}: {b}.{f} ** {n} if {c} is None else {c}.{g}()"),
            _ => format!("    assert {a} != {b}.{f}({g}_{n}, {c}=-{n}), f'{{{a}}} {g}'"),
        };
        writeln!(text, "{line}").expect("to memory");
    }
    text + "    return total\n\n\n"
}

/// A component before it is prepared.
#[derive(Clone)]
pub(crate) struct Given {
    pub purl: String,
    pub license: &'static str,
    pub documents: Vec<GivenDocument>,
}

#[derive(Clone)]
pub(crate) struct GivenDocument {
    pub path: String,
    pub text: String,
    pub marks: DocumentMarks,
    pub license: Option<&'static str>,
}

impl Given {
    pub(crate) fn new(purl: &str, license: &'static str, documents: &[(&str, &str)]) -> Given {
        let document = |&(path, text): &(&str, &str)| GivenDocument {
            path: path.to_owned(),
            text: text.to_owned(),
            marks: DocumentMarks { vendored: path.contains("vendor"), ..DocumentMarks::default() },
            license: None,
        };
        let documents = documents.iter().map(document).collect();
        Given { purl: purl.to_owned(), license, documents }
    }

    pub(crate) fn prepare(&self) -> PreparedComponent {
        let documents = self.documents.iter().map(GivenDocument::prepare).collect();
        PreparedComponent { component: self.component(), documents }
    }

    pub(crate) fn component(&self) -> Component {
        let mut texts: Vec<&str> =
            self.documents.iter().map(|document| document.text.as_str()).collect();
        texts.sort_unstable();
        Component {
            purl: self.purl.parse().expect("a purl"),
            digest: format!("blake3:{}", blake3::hash(texts.concat().as_bytes()).to_hex()),
            license: fact(self.license),
            published: None,
            dependencies: Vec::new(),
            vendored: Vec::new(),
            copyright: None,
        }
    }
}

impl GivenDocument {
    pub(crate) fn facts(&self) -> DocumentFacts {
        let language = Language::from_path(self.path.as_ref()).expect("a known extension");
        DocumentFacts {
            path: self.path.clone(),
            language,
            license: self.license.map(fact),
            marks: self.marks,
            copyrights: Vec::new(),
        }
    }

    pub(crate) fn source(&self) -> SourceFile {
        SourceFile::new(self.path.clone(), self.facts().language, self.text.clone().into_bytes())
    }

    pub(crate) fn columns(&self) -> Columns {
        let source = self.source();
        let stream = tokenize(&source);
        let (classes, names) = (stream.classes().to_vec(), stream.names().to_vec());
        Columns { classes, names, lines: stream.lines(&source) }
    }

    fn prepare(&self) -> PreparedDocument {
        PreparedDocument::new(self.facts(), &self.columns(), self.source().line_count())
    }
}

pub(crate) fn fact(license: &str) -> LicenseFact {
    LicenseFact {
        expression: Some(LicenseExpression::parse(license).expect("an expression").0),
        declared: license.to_owned(),
        precision: Precision::Exact,
        learned_from: LearnedFrom::Metadata,
    }
}

/// Five components with sources of both languages, licences of their own, marks and an empty file.
pub(crate) fn givens() -> Vec<Given> {
    let python = |seed: u64| (0..4).map(|i| function(seed * 10 + i, 12)).collect::<String>();
    let rust = "/// Doc.\npub fn sum(items: &[u64]) -> u64 {\n    let mut total = 0;\n    for item in items {\n        \
                total += item.weight() * 2;\n    }\n    total.max(items.len() as u64)\n}\n";
    let mut givens: Vec<Given> = (1..=4)
        .map(|seed| {
            let (purl, path) =
                (format!("pkg:pypi/sample-{seed}@1.{seed}"), format!("sample/m{seed}.py"));
            Given::new(&purl, "MIT", &[(&path, &python(seed)), ("sample/__init__.py", "")])
        })
        .collect();
    givens.push(Given::new(
        "pkg:cargo/summing@0.3.0",
        "MIT OR Apache-2.0",
        &[("src/lib.rs", rust)],
    ));
    givens[0].documents[0].text += &format!("{}far = away\n", "\n".repeat(70_000));
    givens[1].license = "GPL-3.0-or-later";
    givens[2].documents[0].license = Some("BSD-3-Clause");
    givens[3].documents[0].marks.test = true;
    givens[3].documents.push(GivenDocument {
        path: "sample/vendor/pb.py".to_owned(),
        text: python(9),
        marks: DocumentMarks { vendored: true, generated: true, ..DocumentMarks::default() },
        license: None,
    });
    givens
}

pub(crate) fn prepare(givens: &[Given]) -> Vec<PreparedComponent> {
    givens.iter().map(Given::prepare).collect()
}

pub(crate) fn segment_bytes(givens: &[Given]) -> Vec<u8> {
    birthmark::engine::index::segment_bytes(prepare(givens)).expect("small enough")
}

pub(crate) fn segment(bytes: Vec<u8>) -> Segment {
    Segment::open("the test's segment", SegmentBytes::Owned(bytes)).expect("it was just written")
}

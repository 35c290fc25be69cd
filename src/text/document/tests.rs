use super::*;
use crate::text::span::{ByteSpan, LineRange, Region};

fn python() -> Language {
    Language::from_name("python").unwrap()
}

fn notebook(text: &str) -> SourceFile {
    read("a.ipynb", python(), Form::Notebook, text.as_bytes().to_vec()).unwrap()
}

fn lines_of(source: &SourceFile) -> Vec<(u32, String)> {
    let text = String::from_utf8(source.text().to_vec()).unwrap();
    let lines = (1..).zip(text.lines().map(str::to_owned));
    lines.filter(|(_, line)| !line.is_empty()).collect()
}

/// A notebook as Jupyter writes it.
pub(super) const SPREAD: &str = r##"{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "x = 'prose'"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [{"text": ["y = 2\n"], "data": {"image/png": "aGk="}}],
   "source": [
    "%matplotlib inline\n",
    "x = 1\n",
    "files = !ls\n",
    "print(\"\u00e9\\n\" % x)"
   ]
  },
  {
   "cell_type": "code",
   "metadata": {},
   "outputs": [],
   "source": [
    "z = 3"
   ]
  }
 ],
 "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
"##;

#[test]
fn code_stands_on_the_lines_of_the_notebook() {
    let source = notebook(SPREAD);
    let lines = lines_of(&source);
    assert_eq!(
        lines,
        [
            (17, "x = 1".to_owned()),
            (19, "print(\"é\\n\" % x)".to_owned()),
            (27, "z = 3".to_owned())
        ]
    );
    let region =
        |start_line, end_line| Region { start_line, start_column: 1, end_line, end_column: 2 };
    let shown = |region| source.cells(region).map(|cells| cells.to_string());
    assert_eq!(shown(region(17, 17)).as_deref(), Some("cell 2, line 2"));
    assert_eq!(shown(region(17, 19)).as_deref(), Some("cell 2, lines 2-4"));
    assert_eq!(shown(region(17, 27)).as_deref(), Some("cell 2, line 2, to cell 3, line 1"));
    assert_eq!(shown(region(1, 5)), None);
    assert_eq!(source.cells(region(17, 27)).unwrap().file_lines(), None);
    assert_eq!((source.code_lines(), source.file()), (5, SPREAD.as_bytes()));
}

#[test]
fn cells_on_one_line_have_lines_of_their_own() {
    let source = notebook(
        r#"{"cells":[{"cell_type":"code","source":"x = 1\ny = 2\n"},{"source":["z","\n","= 3"],"cell_type":"code"}]}"#,
    );
    let lines: Vec<String> = lines_of(&source).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["x = 1", "y = 2", "z", "= 3"]);
    let cells = source.held().unwrap().cells(LineRange { first: 2, last: 3 }).unwrap();
    assert_eq!(cells.to_string(), "cell 1, line 2, to cell 2, line 1");
    assert_eq!(cells.file_lines(), Some(LineRange { first: 1, last: 1 }));
}

#[test]
fn what_is_no_python_in_a_cell_is_left_out() {
    for (cell, expected) in [
        ("%%bash\nls", ""),
        ("%%time\nx = 1", "x = 1"),
        ("%%writefile a.py\nx = 1", "x = 1"),
        ("%%writefile a.js\nx = 1", ""),
        ("!pip install \\\n  six\nx", "x"),
        ("a = %timeit -o f()\nb = 1", "b = 1"),
        ("x?\n?y\nz.a??\nw", "w"),
        ("x = (a\n  != b\n  % c)", "x = (a|  != b|  % c)"),
        ("x = a if b else c", "x = a if b else c"),
        ("d['k'] = !ls", "d['k'] = !ls"),
    ] {
        let text = serde_json::json!({"cells": [{"cell_type": "code", "source": cell}]});
        let source = notebook(&text.to_string());
        let lines: Vec<String> = lines_of(&source).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines.join("|"), expected, "{cell}");
    }
}

#[test]
fn a_notebook_says_what_language_it_is_in() {
    let of = |metadata: &str| {
        let text = format!(r#"{{"cells": [], "metadata": {metadata}}}"#);
        read("a.ipynb", python(), Form::Notebook, text.into_bytes())
            .map(|source| source.language().name())
    };
    assert_eq!(of("{}"), Ok("python"));
    assert_eq!(of(r#"{"language_info": {"name": "rust"}}"#), Ok("rust"));
    assert_eq!(
        of(r#"{"kernelspec": {"language": "Python"}, "widgets": {"a": [1]}}"#),
        Ok("python")
    );
    let other = of(r#"{"kernelspec": {"language": "julia"}}"#).unwrap_err().to_string();
    assert_eq!(other, "its cells are in julia, which birthmark does not read");
}

#[test]
fn what_is_no_notebook_is_an_error_that_says_where() {
    for (text, why) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("{\"cells\": [\n}", "expected value at line 2 column 1"),
        ("[]", "invalid length 0"),
        ("{}", "there are no `cells`"),
        ("{\"cells\": 3}", "invalid type: integer `3`, expected a sequence"),
        ("{\"cells\": [{\"cell_type\": \"code\", \"source\": [3]}]}", "expected a string"),
    ] {
        let error = read("a.ipynb", python(), Form::Notebook, text.into()).unwrap_err();
        assert!(error.to_string().contains(why), "{text}: {error}");
        assert!(error.to_string().contains("open it in Jupyter"), "{error}");
    }
    let error = read("a.ipynb", python(), Form::Notebook, b"{\xff".to_vec()).unwrap_err();
    assert!(error.to_string().contains("byte 2 is not UTF-8"), "{error}");
}

#[test]
fn notebooks_of_version_3_are_read() {
    let source = notebook(
        r#"{"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1"], "language": "python"}]}], "nbformat": 3}"#,
    );
    assert_eq!(source.text(), b"x = 1\n");
}

#[test]
fn blocks_stand_on_the_lines_of_the_page() {
    let page = "# Title\n\n```python\nx = 1\n\ny = 2\n```\n\n    indented = 0\n\n1. list\n\n   ```py title=\"a\"\n   z = 3\n   ```\n\n> ~~~ {.python}\n> w = 4\n> ~~~\n\n```\nplain = 5\n```\n```rust,no_run\n# use x;\nfn f() {}\n#[derive(A)]\n```\n```python\nunended = 6";
    let of = |name: &str| {
        let language = Language::from_name(name).unwrap();
        read("a.md", language, Form::Markdown, page.as_bytes().to_vec()).unwrap()
    };
    let expected = [(4, "x = 1"), (6, "y = 2"), (14, "z = 3"), (18, "w = 4"), (30, "unended = 6")];
    let expected = expected.map(|(line, text)| (line, text.to_owned()));
    assert_eq!(lines_of(&of("python")), expected);
    assert_eq!(of("python").code_lines(), 6);
    // Columns are those of the page, which has more before a block in a list or a quotation.
    let other = page.replace("z = 3", "é = 3\n\n     y = 4").replace("> w = 4", "> w = 4\n>v = 5");
    let source = read("a.md", python(), Form::Markdown, other.clone().into_bytes()).unwrap();
    for (number, line) in other.lines().enumerate() {
        let Some(at) =
            ["x = 1", "é = 3", "y = 4", "w = 4", "v = 5"].iter().find_map(|code| line.find(code))
        else {
            continue;
        };
        let text = source.line_text(number as u32 + 1);
        let code = text.len() - text.trim_ascii_start().len();
        let start = source.line_start(number as u32 + 1) + code as u32;
        let region = source.region(ByteSpan { start, end: start + 1 });
        assert_eq!(
            (region.start_line, region.start_column),
            (number as u32 + 1, at as u32 + 1),
            "{line}"
        );
    }
    let expected = [(25, "  use x;"), (26, "fn f() {}"), (27, "#[derive(A)]")];
    assert_eq!(lines_of(&of("rust")), expected.map(|(line, text)| (line, text.to_owned())));
    assert_eq!(of("rust").file(), page.as_bytes());
}

#[test]
fn lines_are_put_into_cells() {
    let source = notebook(SPREAD);
    let code = String::from_utf8(source.text().to_vec()).unwrap();
    let code = code
        .replace("x = 1\n", "# SPDX-SnippetBegin\nx = 1\n")
        .replace("z = 3\n", "z = 3\n# SPDX-SnippetEnd\n");
    let after = with_lines_of(&source, code.as_bytes(), |line| line.contains("End")).unwrap();
    let expected = SPREAD
        .replace("    \"x = 1\\n\"", "    \"# SPDX-SnippetBegin\\n\",\n    \"x = 1\\n\"")
        .replace("    \"z = 3\"", "    \"z = 3\\n\",\n    \"# SPDX-SnippetEnd\"");
    assert_eq!(String::from_utf8(after).unwrap(), expected);
    // Two that close at the end of a cell.
    let code = code.replace("# SPDX-SnippetEnd\n", "# SPDX-SnippetEnd\n# SPDX-SnippetEnd\n");
    let after = with_lines_of(&source, code.as_bytes(), |line| line.contains("End")).unwrap();
    let twice = "    \"# SPDX-SnippetEnd\\n\",\n    \"# SPDX-SnippetEnd\"";
    assert_eq!(
        String::from_utf8(after).unwrap(),
        expected.replace("    \"# SPDX-SnippetEnd\"", twice)
    );
    // Where several lines of code stand on one of the file there is no place.
    let dense = notebook(r#"{"cells": [{"cell_type": "code", "source": "x = 1\ny = 2"}]}"#);
    assert_eq!(with_lines_of(&dense, b"# a\nx = 1\ny = 2\n", |_| false), None);
}

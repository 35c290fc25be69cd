//! An explanation for people: the code with what each line earned, then what that is weighed
//! against.
//!
//! ```text
//!   here  there   bits
//!     39     24    9.1 | def find_path(
//!                      | def definition~ ( variable✓
//! ```
//!
//! Below each line of code stand the classes of its tokens that correspond: `✓` behind one whose
//! name is the same in the origin, `~` behind one that bears another.

use std::io::{self, Write};

use anstyle::Style;

use super::cells;
use super::printable::{Printable, write_char};
use super::strength::strength_in_words;
use super::text::{BOLD, CYAN, DIM, GREEN, RED, YELLOW, remedies, row};
use super::words::{copy_kind, count, describe_license, shown_region};
use crate::engine::evidence::Parts;
use crate::engine::matcher::{Naming, Owner, Standing};
use crate::judgement::finding::{Explanation, Line, Run, Token};
use crate::text::span::LineRange;

/// Columns of code and of classes that are shown.
const WIDTH: usize = 76;
/// Lines in a row that earn nothing, of which more than so many are only counted.
const IDLE_LINES: usize = 3;
/// Lines of code that are shown of a reference; JSON has all of them.
const MAX_SHOWN: usize = 160;
/// Runs and owners listed.
const LISTED: usize = 6;

/// Draws explanations with ANSI styles; a stream that wants none strips them.
///
/// # Errors
/// If writing fails.
pub(crate) fn write_text(explanations: &[Explanation], out: &mut dyn Write) -> io::Result<()> {
    for explanation in explanations {
        heading(explanation, out)?;
        code(explanation, out)?;
        evidence(explanation, out)?;
        runs(explanation, out)?;
        owners(explanation, out)?;
        decision(explanation, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn heading(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let reference = &explanation.reference;
    let (path, region) = (Printable(&reference.path), shown_region(reference.region));
    let cells = cells::describe(reference.cells);
    let (id, kind) = (Printable(&reference.id), copy_kind(reference.kind));
    writeln!(out, "{BOLD}{path}:{region}{cells}{BOLD:#}  {DIM}{id}{DIM:#}")?;
    let (purl, document) = (Printable(explanation.purl.as_str()), Printable(&explanation.document));
    writeln!(out, "  {kind}, beside {CYAN}{purl}{CYAN:#} {document}")?;
    writeln!(out)
}

fn code(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "  {DIM}here  there   bits{DIM:#}   {DIM}names:{DIM:#} {GREEN}same ✓{GREEN:#} {YELLOW}other ~{YELLOW:#}"
    )?;
    let mut room = MAX_SHOWN;
    for stretch in explanation.lines.chunk_by(|a, b| a.origin.is_some() == b.origin.is_some()) {
        if stretch[0].origin.is_none() && stretch.len() > IDLE_LINES {
            note(&idle(stretch), out)?;
            continue;
        }
        for line in &stretch[..stretch.len().min(room)] {
            code_line(line, out)?;
        }
        if stretch.len() > room {
            let last = explanation.lines.len() as u32 + explanation.lines[0].number - 1;
            note(&format!("on to line {last}; --format json shows all of it"), out)?;
            break;
        }
        room -= stretch.len();
    }
    writeln!(out)
}

/// Lines that are only counted.
fn idle(stretch: &[Line]) -> String {
    let lines = count(stretch.len() as u64, "line");
    if stretch.iter().all(|line| line.tokens.is_empty()) {
        format!("{lines} that hold no code")
    } else {
        format!("{lines} without a counterpart")
    }
}

fn note(text: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "                     {DIM}: {text}{DIM:#}")
}

fn code_line(line: &Line, out: &mut dyn Write) -> io::Result<()> {
    let number = line.number;
    match line.origin {
        Some(origin) => {
            let (bits, style) = (line.parts.bits(), bits_style(line.parts));
            writeln!(
                out,
                "{number:>6} {origin:>6} {style}{bits:>6.1}{style:#} {DIM}|{DIM:#} {}",
                paint_line(line)
            )?;
            writeln!(out, "                     {DIM}| {DIM:#}{}", classes(line))
        }
        None => writeln!(out, "{number:>6}               {DIM}|{DIM:#} {}", paint_line(line)),
    }
}

fn bits_style(parts: Parts) -> Style {
    match parts.bits() {
        bits if bits < -0.05 => RED,
        bits if bits < 5.0 => Style::new(),
        _ => BOLD,
    }
}

/// A line of code, its tokens in the colour of their correspondence.
fn paint_line(line: &Line) -> String {
    let mut text = String::new();
    let mut style = Style::new();
    let mut tokens = line.tokens.iter().peekable();
    for (column, (at, c)) in line.text.char_indices().enumerate() {
        if column == WIDTH {
            text.push_str(&format!("{style:#} {DIM}...{DIM:#}"));
            return text;
        }
        let column = column as u32 + 1;
        while tokens.next_if(|token| token.end_column <= column).is_some() {}
        let next = match tokens.peek() {
            Some(token) if token.start_column <= column => token_style(token),
            _ => DIM,
        };
        if next != style {
            text.push_str(&format!("{style:#}{next}"));
            style = next;
        }
        match c {
            '\t' => text.push_str("    "),
            // Writing to memory does not fail.
            c => write_char(&mut text, &line.text[..at], c).unwrap_or_default(),
        }
    }
    text.push_str(&format!("{style:#}"));
    text
}

fn token_style(token: &Token) -> Style {
    match token.counterpart.map(|counterpart| counterpart.naming) {
        None => DIM,
        Some(Naming::Nameless) => Style::new(),
        Some(Naming::Same) => GREEN,
        Some(Naming::Other) => YELLOW,
    }
}

/// The classes of a line's tokens that correspond, as many as fit.
fn classes(line: &Line) -> String {
    let (mut text, mut width) = (String::new(), 0);
    for token in &line.tokens {
        let Some(counterpart) = token.counterpart else { continue };
        let mark = match counterpart.naming {
            Naming::Nameless => "",
            Naming::Same => "✓",
            Naming::Other => "~",
        };
        width += token.class.chars().count() + mark.chars().count() + 1;
        if width > WIDTH {
            text.push_str(&format!("{DIM}...{DIM:#}"));
            break;
        }
        let style = if mark.is_empty() { DIM } else { token_style(token) };
        text.push_str(&format!("{DIM}{}{DIM:#}{style}{mark}{style:#} ", token.class));
    }
    text.trim_end().to_owned()
}

fn evidence(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let evidence = &explanation.reference.evidence;
    let tokens = count(evidence.matched_tokens, "token");
    row(out, "evidence", &format!("{BOLD}{:.0} bits{BOLD:#} in {tokens}", evidence.bits))?;
    for (what, bits) in [
        ("structure, the sequence of token classes", evidence.structure),
        ("names", evidence.names),
        ("literals", evidence.literals),
        ("penalties for gaps, moves and renaming", evidence.penalties),
        ("calibration, by how copies and unrelated code differ", evidence.calibration),
    ] {
        row(out, "", &format!("{bits:>7.1}  {what}"))?;
    }
    let threshold = explanation.threshold_bits;
    let beyond = evidence.bits - threshold;
    row(out, "passes", &format!("the threshold of {threshold:.0} bits, by {beyond:.0}"))?;
    if !explanation.presets.is_empty() {
        row(
            out,
            "",
            &format!("{DIM}reported under --preset {}{DIM:#}", explanation.presets.join(", ")),
        )?;
    }
    row(out, "strength", &strength_in_words(&explanation.reference))?;
    row(out, "held by", &format!("{} of the index", count(evidence.packages, "package")))
}

fn runs(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let mut runs: Vec<&Run> = explanation.runs.iter().collect();
    runs.sort_by(|a, b| {
        b.entry.parts.bits().total_cmp(&a.entry.parts.bits()).then(a.lines.cmp(&b.lines))
    });
    for (i, run) in runs.iter().take(LISTED).enumerate() {
        let tokens = count(run.tokens, "token");
        let (bits, lines) = (run.entry.parts.bits(), lines(run.lines));
        let without =
            run.bits_without.map(|bits| format!("({bits:.0} bits without it)")).unwrap_or_default();
        let text = format!("{bits:>7.1}  {lines}, {tokens} {DIM}{without}{DIM:#}");
        row(out, if i == 0 { "runs" } else { "" }, &text)?;
    }
    if let Some(more) = runs.len().checked_sub(LISTED + 1) {
        row(out, "", &format!("{DIM}+ {}{DIM:#}", count(more as u64 + 1, "more run")))?;
    }
    Ok(())
}

fn lines(lines: LineRange) -> String {
    match (lines.first, lines.last) {
        (first, last) if first == last => format!("line {first}"),
        (first, last) => format!("lines {first}-{last}"),
    }
}

fn owners(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let owners = &explanation.reference.owners;
    for (i, (owner, standing)) in owners.iter().zip(&explanation.standings).take(LISTED).enumerate()
    {
        let (purl, path) = (Printable(owner.purl.as_str()), Printable(&owner.path));
        let label = if i == 0 { "origin" } else { "or" };
        row(
            out,
            label,
            &format!("{CYAN}{purl}{CYAN:#} {path}:{}-{}", owner.lines.first, owner.lines.last),
        )?;
        row(out, "", &format!("{DIM}{}{DIM:#}", describe_standing(owner, *standing)))?;
        row(out, "", &describe_license(&owner.license))?;
    }
    match owners.len().checked_sub(LISTED + 1) {
        Some(more) => {
            row(out, "", &format!("{DIM}+ {}{DIM:#}", count(more as u64 + 1, "more owner")))
        }
        None => Ok(()),
    }
}

/// What ranks an owner: plausible origins first, of those first what is not vendored and the larger
/// share.
pub(crate) fn describe_standing(owner: &Owner, standing: Standing) -> String {
    let origin =
        if standing.plausible_origin { "a plausible origin" } else { "too weak to be the origin" };
    let vendored = if owner.vendored { ", in a vendored folder" } else { "" };
    let (strength, share) = (100.0 * standing.part_of_strongest, 100.0 * owner.share);
    format!(
        "{origin}: {strength:.0} % of the strongest evidence, {share:.1} % of its own code{vendored}"
    )
}

fn decision(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    let verdict = &explanation.reference.verdict;
    row(out, "why", &Printable(&verdict.reason).to_string())?;
    remedies(&verdict.remedies, out)?;
    row(out, "least", &counterfactual(explanation))
}

/// The least change that clears the reference by evidence, in a sentence.
pub(crate) fn counterfactual(explanation: &Explanation) -> String {
    let threshold = explanation.threshold_bits;
    let Some(clearing) = explanation.clearing else {
        return format!(
            "nothing short of all of it would fall below the threshold of {threshold:.0} bits"
        );
    };
    let strongest = explanation
        .runs
        .iter()
        .max_by(|a, b| a.entry.parts.bits().total_cmp(&b.entry.parts.bits()))
        .filter(|run| {
            clearing.lines.first <= run.lines.first && run.lines.last <= clearing.lines.last
        })
        .map(|run| format!(" (with the strongest run, {:.0} bits)", run.entry.parts.bits()));
    format!(
        "rewriting {}{} would leave about {:.0} bits, below the threshold of {threshold:.0}",
        lines(clearing.lines),
        strongest.unwrap_or_default(),
        clearing.bits_left
    )
}

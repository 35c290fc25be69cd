//! What an agent is told: whose the code is, why it may not stay, and what would clear it.

use std::fmt::Write;

use super::Judgement;
use crate::engine::evidence::Strength;
use crate::judgement::finding::{Finding, Reference, Report};
use crate::license::LicenseFact;
use crate::report::printable::Printable;

/// References told of one file.
const MAX_TOLD: usize = 5;
/// Remedies told of one reference.
const MAX_REMEDIES: usize = 4;
/// The file that remedies name which change what is allowed.
const CONFIGURATION: &str = "birthmark.toml";
/// Characters of all that is told. Agents cut off what is longer than some thousands.
const MAX_CHARACTERS: usize = 6000;

/// What there is to say of a file, some of whose references are refused.
pub(super) fn of(report: &Report, refused: &[&Reference]) -> Judgement {
    let is_refused =
        |reference: &Reference| refused.iter().any(|known| std::ptr::eq(*known, reference));
    let open =
        |reference: &Reference| report.findings.iter().find(|finding| finding.is_about(reference));
    let (mut wrong, mut known) = (Vec::new(), Vec::new());
    for reference in &report.references {
        match open(reference) {
            Some(finding) if is_refused(reference) => wrong.push((reference, finding)),
            Some(finding) => known.push((reference, finding)),
            None => {}
        }
    }
    match (wrong.is_empty(), known.is_empty()) {
        (true, true) => Judgement::Nothing,
        (true, false) => Judgement::Advice(advice_text(&known, ADVICE)),
        (false, _) => Judgement::Refused(advice_text(&wrong, REFUSAL)),
    }
}

/// What an agent is told of a file from which the refused matches were left out.
pub(super) fn replacement_advice(report: &Report, refused: &[&Reference]) -> String {
    let finding =
        |reference: &Reference| report.findings.iter().find(|finding| finding.is_about(reference));
    let wrong: Vec<_> = refused.iter().filter_map(|r| Some((*r, finding(r)?))).collect();
    advice_text(&wrong, REPLACEMENT)
}

/// What there is to say of all files of an event.
pub(super) fn together(judgements: Vec<Result<Judgement, String>>) -> Judgement {
    let (mut refused, mut advice, mut unjudged) = (Vec::new(), Vec::new(), Vec::new());
    for judgement in judgements {
        match judgement {
            Ok(Judgement::Nothing) => {}
            Ok(Judgement::Advice(text)) => advice.push(text),
            Ok(Judgement::Refused(text) | Judgement::Replaced { reason: text, .. }) => {
                refused.push(text);
            }
            Ok(Judgement::Unjudged(why)) | Err(why) => unjudged.push(why),
        }
    }
    match (refused.is_empty(), unjudged.is_empty(), advice.is_empty()) {
        (false, _, _) => Judgement::Refused(shorten(&refused.join("\n\n"))),
        (true, false, true) => Judgement::Unjudged(shorten(&unjudged.join("; "))),
        (true, _, false) => {
            advice.extend(unjudged);
            Judgement::Advice(shorten(&advice.join("\n\n")))
        }
        (true, true, true) => Judgement::Nothing,
    }
}

const REFUSAL: [&str; 2] = [
    "birthmark: this code resembles code that may not stand here.",
    "Write it anew from what it has to do, by another approach and not by rewording this text, or leave it out and ask \
     the user. Only a person can decide that it stays as it is.",
];

const REPLACEMENT: [&str; 2] = [
    "birthmark left parts of this code out, because they resemble code that may not stand here. A comment stands in \
     their place, and the rest of the edit is as it was.",
    "Read the file again. Write the missing parts from what they have to do, by another approach and not by rewording \
     them, or ask the user. Only a person can decide that they stay as they were.",
];

const ADVICE: [&str; 2] = [
    "birthmark: this code resembles code of others.",
    "Tell the user, and do what is named above. Only a person can decide that it stays as it is.",
];

/// The advice on a weak match names no remedy: most often there is nothing to clear.
const WEAK: &str =
    "\n  - A match this weak is often chance. Nothing need be done unless the code was copied.";

fn advice_text(references: &[(&Reference, &Finding)], [head, foot]: [&str; 2]) -> String {
    let mut text = head.to_owned();
    for (reference, finding) in references.iter().take(MAX_TOLD) {
        text.push_str("\n- ");
        text.push_str(&one(reference, finding));
    }
    if references.len() > MAX_TOLD {
        let _ = write!(text, "\n- and {} more, see `birthmark scan`", references.len() - MAX_TOLD);
    }
    let _ = write!(text, "\n{foot}");
    shorten(&text)
}

fn one(reference: &Reference, finding: &Finding) -> String {
    let path = Printable(&reference.path);
    let (first, last) = (reference.region.start_line, reference.region.end_line);
    let what = match reference.strength {
        Strength::Substantial => {
            format!("{} copy of", reference.kind.code())
        }
        Strength::Weak => "weak match with".to_owned(),
    };
    let mut text = format!("{path}:{first}-{last} ({}): {what} ", id(reference));
    if let Some(origin) = reference.owners.first() {
        let (purl, file) = (Printable(origin.purl.as_str()), Printable(&origin.path));
        let lines = (origin.lines.first, origin.lines.last);
        let _ = write!(
            text,
            "{purl}, {file} lines {}-{}, under {}",
            lines.0,
            lines.1,
            license_name(&origin.license)
        );
    }
    let under = license_name(&reference.outbound);
    let _ = write!(
        text,
        "; the file is under {under}. {}.",
        Printable(reference.verdict.reason.trim_end_matches('.'))
    );
    if finding.weak {
        text.push_str(WEAK);
        return text;
    }
    // An agent is told what to change in the code. To change the configuration instead is not for
    // it to decide.
    let of_code = finding.remedies.iter().filter(|remedy| !remedy.contains(CONFIGURATION));
    for remedy in of_code.take(MAX_REMEDIES) {
        let _ = write!(text, "\n  - {}", Printable(remedy));
    }
    if reference.lacks_notice() {
        let _ = write!(
            text,
            "\n  - Once it is written, declare it: `birthmark attribute {path}:{first}`."
        );
    }
    text
}

fn id(reference: &Reference) -> &str {
    reference.id.get(..8).unwrap_or(&reference.id)
}

fn license_name(license: &LicenseFact) -> String {
    match &license.expression {
        Some(expression) => expression.to_string(),
        None => "no known licence".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

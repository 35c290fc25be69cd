//! What `birthmark license compat` has to say.

use std::io::{self, Write};

use anstyle::Style;
use serde::Serialize;

use super::super::json::write_value;
use super::super::printable::Printable;
use super::super::text::{BOLD, DIM, GREEN, RED, YELLOW};
use crate::license::{
    Answer, Cell, CellSource, Compatibility, LicenseFact, List, Matrix, Precision, Terms,
    compat_under, needs_attribution,
};

/// One licence compared with another.
pub(crate) struct Comparison<'a> {
    inbound: &'a LicenseFact,
    outbound: &'a LicenseFact,
    terms: &'a Terms,
    judged: Compatibility,
}

/// What comes of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The code may be copied, on its licence's conditions.
    Compatible,
    /// A person must look.
    Review,
    /// It may not.
    Incompatible,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Verdict::Compatible => "compatible",
            Verdict::Review => "review",
            Verdict::Incompatible => "incompatible",
        }
    }

    fn style(self) -> Style {
        match self {
            Verdict::Compatible => GREEN,
            Verdict::Review => YELLOW,
            Verdict::Incompatible => RED,
        }
    }
}

impl<'a> Comparison<'a> {
    /// Compares two licences. A fact without an expression compares as unknown.
    pub(crate) fn new(
        inbound: &'a LicenseFact,
        outbound: &'a LicenseFact,
        terms: &'a Terms,
    ) -> Comparison<'a> {
        let judged = match (&inbound.expression, &outbound.expression) {
            (Some(inbound), Some(outbound)) => compat_under(inbound, outbound, terms),
            _ => Compatibility { answer: Answer::Unknown, cells: Vec::new(), remarks: Vec::new() },
        };
        Comparison { inbound, outbound, terms, judged }
    }

    /// What comes of it. What is not known is never fine.
    pub(crate) fn verdict(&self) -> Verdict {
        match self.judged.answer {
            Answer::Yes => Verdict::Compatible,
            Answer::CheckDependency | Answer::Unknown => Verdict::Review,
            Answer::No => Verdict::Incompatible,
        }
    }

    /// Says it to people.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let (outbound, inbound) = (expression(self.outbound), expression(self.inbound));
        let verdict = self.verdict();
        let (style, name) = (verdict.style(), verdict.name());
        writeln!(out, "{BOLD}{outbound} <- {inbound}{BOLD:#}: {style}{name}{style:#}")?;
        for cell in &self.judged.cells {
            writeln!(out, "  {}", Printable(&cell.to_string()))?;
        }
        for remark in self.remarks() {
            writeln!(out, "  {}", Printable(&remark))?;
        }
        if verdict == Verdict::Compatible && self.asks_for_notice() {
            writeln!(out, "  its copyright and licence notices must be kept")?;
        }
        writeln!(out, "{DIM}None of this is legal advice.{DIM:#}")
    }

    /// Says it to programs.
    ///
    /// # Errors
    /// If writing fails.
    pub(crate) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let cells = self.judged.cells.iter().map(JsonCell::from).collect();
        let value = JsonComparison {
            schema_version: 1,
            inbound: expression(self.inbound),
            outbound: expression(self.outbound),
            distribution: self.terms.distribution.name(),
            verdict: self.verdict().name(),
            answer: self.judged.answer.to_string(),
            attribution_needed: self.asks_for_notice(),
            cells,
            remarks: self.remarks(),
            matrix: Matrix::in_use().attribution(),
            disclaimer: "None of this is legal advice.",
        };
        write_value(&value, out)
    }

    fn asks_for_notice(&self) -> bool {
        // A licence that is not known may ask for it.
        self.inbound.expression.as_ref().is_none_or(needs_attribution)
    }

    /// How the declarations were read, and what the comparison adds.
    fn remarks(&self) -> Vec<String> {
        let imprecise = |fact: &&LicenseFact| fact.precision == Precision::Imprecise;
        let read = [self.inbound, self.outbound].into_iter().filter(imprecise).map(|fact| {
            let read = expression(fact);
            format!(
                "`{}` does not say whether later versions are allowed and is read as {read}",
                fact.declared
            )
        });
        read.chain(self.judged.remarks.iter().cloned()).collect()
    }
}

fn expression(fact: &LicenseFact) -> &str {
    fact.expression.as_ref().map_or("unknown", |expression| expression.as_str())
}

#[derive(Serialize)]
struct JsonComparison<'a> {
    schema_version: u32,
    inbound: &'a str,
    outbound: &'a str,
    distribution: &'a str,
    verdict: &'a str,
    answer: String,
    attribution_needed: bool,
    cells: Vec<JsonCell<'a>>,
    remarks: Vec<String>,
    matrix: String,
    disclaimer: &'a str,
}

#[derive(Serialize)]
struct JsonCell<'a> {
    outbound: &'a str,
    inbound: &'a str,
    answer: String,
    source: &'a str,
    cited: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

impl<'a> From<&'a Cell> for JsonCell<'a> {
    fn from(cell: &'a Cell) -> Self {
        let own = match cell.source {
            CellSource::Own(own) | CellSource::Distribution(own, _) => Some(own),
            _ => None,
        };
        JsonCell {
            outbound: &cell.outbound,
            inbound: &cell.inbound,
            answer: cell.answer.to_string(),
            source: source(cell.source),
            cited: cell.to_string(),
            reason: own.map(|own| own.reason),
            reference: own.map(|own| own.reference),
        }
    }
}

fn source(source: CellSource) -> &'static str {
    match source {
        CellSource::Matrix => "osadl-matrix",
        CellSource::SameLicense => "same-licence",
        CellSource::Own(_) => "birthmark",
        CellSource::Distribution(..) => "distribution",
        CellSource::Listed(List::Allow) => "allow",
        CellSource::Listed(List::Deny) => "deny",
        CellSource::Listed(List::Review) => "review",
        CellSource::Listed(List::None) => "on-no-list",
        CellSource::NotInMatrix => "not-listed",
    }
}

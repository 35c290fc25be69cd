//! Reading the table while birthmark is compiled, where iterators and formatted messages are not to
//! be had. What is wrong with the table is an error of the compiler.

use super::{Branch, Calibration, Measure, Split};
use crate::engine::evidence::measures;

/// Splits and trees of a table.
pub(super) const fn size(table: &str) -> (usize, usize) {
    let (mut splits, mut trees) = (0, 0);
    let mut rest = rows(table);
    while !rest.0.is_empty() {
        trees = rest.whole_number() + 1;
        rest.line();
        splits += 1;
    }
    (splits, trees)
}

impl<const SPLITS: usize, const TREES: usize> Calibration<SPLITS, TREES> {
    /// Reads a table of that [`size`].
    ///
    /// # Panics
    /// If it is not of the form its users expect.
    pub(super) const fn read(table: &str) -> Self {
        let nothing =
            Split { measure: Measure::Sum, threshold: 0.0, branches: [Branch::Bits(0.0); 2] };
        let mut calibration = Calibration { splits: [nothing; SPLITS], trees: [0; TREES] };
        let mut rest = rows(table);
        let (mut at, mut trees) = (0, 0);
        while at < SPLITS {
            let tree = rest.whole_number();
            if tree == trees {
                calibration.trees[tree] = at as u16;
                trees += 1;
            }
            let root = calibration.trees[tree] as usize;
            calibration.splits[at] = Split {
                measure: measure(rest.field()),
                threshold: number(rest.field()),
                branches: [branch(rest.field(), root, at), branch(rest.field(), root, at)],
            };
            at += 1;
        }
        calibration
    }
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

/// Behind remarks and the heading.
const fn rows(table: &str) -> Rest<'_> {
    let mut rest = Rest(table.as_bytes());
    while rest.line()[0] == b'#' {}
    rest
}

impl<'a> Rest<'a> {
    const fn line(&mut self) -> &'a [u8] {
        self.up_to(b'\n')
    }

    /// The rest of a field; the last of a row is followed by its end.
    const fn field(&mut self) -> &'a [u8] {
        self.up_to(b'\t')
    }

    const fn whole_number(&mut self) -> usize {
        number(self.field()) as usize
    }

    /// The bytes before the next such byte or the end of the line, and leaves what is behind it.
    const fn up_to(&mut self, end: u8) -> &'a [u8] {
        let mut length = 0;
        while length < self.0.len() && self.0[length] != end && self.0[length] != b'\n' {
            length += 1;
        }
        let (before, behind) = self.0.split_at(length);
        self.0 = if let [_, behind @ ..] = behind { behind } else { behind };
        before
    }
}

const fn measure(name: &[u8]) -> Measure {
    let mut number = 0;
    while number < measures::COUNT {
        if are_equal(name, measures::NAMES[number].as_bytes()) {
            return Measure::Number(number as u8);
        }
        number += 1;
    }
    assert!(are_equal(name, b"sum"), "no such measure");
    Measure::Sum
}

const fn branch(text: &[u8], root: usize, split: usize) -> Branch {
    match text {
        [b'#', digits @ ..] => {
            let next = root + number(digits) as usize;
            assert!(next > split, "a branch goes back");
            Branch::Split(next as u16)
        }
        _ => Branch::Bits(number(text)),
    }
}

/// A number without exponent.
const fn number(text: &[u8]) -> f32 {
    let (mut digits, mut scale) = (0u64, 1u64);
    let is_negative = matches!(text, [b'-', ..]);
    let mut is_fraction = false;
    let mut at = is_negative as usize;
    assert!(at < text.len(), "a number is missing");
    while at < text.len() {
        match text[at] {
            digit @ b'0'..=b'9' => {
                digits = digits * 10 + (digit - b'0') as u64;
                scale *= if is_fraction { 10 } else { 1 };
            }
            b'.' if !is_fraction => is_fraction = true,
            _ => panic!("not a number without exponent"),
        }
        at += 1;
    }
    let value = (digits as f64 / scale as f64) as f32;
    if is_negative { -value } else { value }
}

const fn are_equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::TABLE;
    use super::*;

    #[test]
    fn numbers_are_those_the_standard_library_reads() {
        let fields = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .skip(1)
            .flat_map(|row| row.split('\t'));
        let texts = fields.filter(|field| {
            field.starts_with(|first: char| first == '-' || first.is_ascii_digit())
        });
        let mut count = 0;
        for text in texts.chain(["0", "-0.000001", "16777217", "0.333333"]) {
            assert_eq!(number(text.as_bytes()), text.parse::<f32>().unwrap(), "{text}");
            count += 1;
        }
        assert!(count > 1000);
    }
}

//! The hash by which GitHub knows an alert again: of the text from the beginning of its line on, so
//! that it moves with the code. What uploads a SARIF file computes the same and complains where the
//! file says something else.
//!
//! A line's hash is that of the 100 UTF-16 units from its beginning on, blanks left out and every
//! line break a line feed, as a number to the base of 37. Behind the end of the text stand 65535
//! and zeros. `:2` tells the second line of the same hash.

use std::collections::HashMap;

const UNITS: usize = 100;
const BASE: u64 = 37;
const END: u16 = u16::MAX;

/// The hash of each line of a text.
pub(in crate::report) fn line_hashes(text: &[u8]) -> Vec<String> {
    let (units, starts) = units_and_line_starts(&String::from_utf8_lossy(text));
    let mut counts: HashMap<u64, usize> = HashMap::new();
    let numbered = starts.into_iter().map(|start| {
        let window = units[start..].iter().copied().chain(std::iter::repeat(0)).take(UNITS);
        let hash =
            window.fold(0u64, |hash, unit| hash.wrapping_mul(BASE).wrapping_add(u64::from(unit)));
        let count = counts.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    });
    numbered.collect()
}

/// The units that count, with the one behind the end, and where among them each line begins.
fn units_and_line_starts(text: &str) -> (Vec<u16>, Vec<usize>) {
    const LINE_FEED: u16 = b'\n' as u16;
    let mut units = Vec::with_capacity(text.len());
    let mut starts = vec![0];
    let mut text = text.chars().peekable();
    while let Some(c) = text.next() {
        match c {
            ' ' | '\t' => continue,
            '\r' => {
                text.next_if_eq(&'\n');
                units.push(LINE_FEED);
            }
            c => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
        }
        if matches!(c, '\r' | '\n') {
            starts.push(units.len());
        }
    }
    units.push(END);
    (units, starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What GitHub's own action computes for these texts.
    #[test]
    fn hashes_are_those_of_the_upload() {
        let cases: [(&str, &[&str]); 4] = [
            ("", &["c129715d7a2bc9a3:1"]),
            (
                " a\nb\n  \t\tc\n d",
                &[
                    "271789c17abda88f:1",
                    "54703d4cd895b18:1",
                    "180aee12dab6264:1",
                    "a23a3dc5e078b07b:1",
                ],
            ),
            (
                "alpha\nbeta\nalpha\n",
                &[
                    "8d07ce75f7b3af45:1",
                    "ca140c3f893ffa65:1",
                    "26f09ff008857193:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
            (
                " hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n",
                &[
                    "e9496ae3ebfced30:1",
                    "fb7c023a8b9ccb3f:1",
                    "ce8ba1a563dcdaca:1",
                    "e20e36e16fcb0cc8:1",
                    "b3edc88f2938467e:1",
                    "c8e28b0b4002a3a0:1",
                    "c129715d7a2bc9a3:1",
                ],
            ),
        ];
        for (text, hashes) in cases {
            assert_eq!(line_hashes(text.as_bytes()), hashes, "{text:?}");
        }
    }

    #[test]
    fn equal_lines_are_counted() {
        let text = "x\n".repeat(200) + &"y".repeat(120) + "\n" + &"y".repeat(120);
        let hashes = line_hashes(text.as_bytes());
        let (first, second) = (&hashes[0], &hashes[1]);
        assert_eq!(first.replace(":1", ":2"), *second);
        assert_eq!(hashes[200].replace(":1", ":2"), hashes[201]);
    }
}

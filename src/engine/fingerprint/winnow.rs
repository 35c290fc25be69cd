//! Robust winnowing.

use super::KgramHash;

/// Positions of the hashes that robust winnowing selects with windows of `w` hashes, ascending.
///
/// In each window the smallest hash is selected, the rightmost of equals, unless one already
/// selected is as small; a text with fewer than `w` hashes is one window. Schleimer, Wilkerson and
/// Aiken, "Winnowing: Local Algorithms for Document Fingerprinting", SIGMOD 2003, section 3 and
/// definition 2.
///
/// # Panics
/// If `w` is 0.
pub fn winnow(hashes: &[KgramHash], w: usize) -> Vec<u32> {
    assert!(w > 0, "a window holds at least one k-gram");
    let mut selected: Vec<u32> = Vec::with_capacity(hashes.len() * 2 / (w + 1) + 1);
    let mut minimum: Option<usize> = None;
    let first_full_window = hashes.len().min(w).saturating_sub(1);
    for end in first_full_window..hashes.len() {
        let start = (end + 1).saturating_sub(w);
        minimum = Some(match minimum {
            // Robust: a selected hash stays until it leaves the window or a smaller one comes.
            Some(kept) if kept >= start && hashes[kept] <= hashes[end] => kept,
            Some(kept) if kept >= start => end,
            _ => rightmost_minimum(hashes, start, end),
        });
        let position = minimum.map(|position| position as u32);
        if selected.last().copied() != position {
            selected.extend(position);
        }
    }
    selected
}

fn rightmost_minimum(hashes: &[KgramHash], start: usize, end: usize) -> usize {
    (start..=end).rev().min_by_key(|&i| hashes[i]).unwrap_or(end)
}

//! Which of very many contents a fingerprint lists.
//!
//! What is listed of a corpus must not depend on how it was cut into segments. So the choice is one
//! that can be made of choices: of each part of the corpus at least those are chosen that would be
//! chosen of the whole, and choosing among the choices gives what choosing among all gives.

use super::format::{COMMON_PACKAGES, MAX_CONTENTS_PER_FINGERPRINT};

/// That a package holds a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holding {
    /// The package, as its hash.
    pub package: u64,
    /// The content, as its digest.
    pub content: u128,
}

/// What was chosen.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// The contents, in order.
    pub contents: Vec<u128>,
    /// Whether so many packages hold the fingerprint that only some of them are listed.
    pub is_common: bool,
}

/// Chooses among more than [`MAX_CONTENTS_PER_FINGERPRINT`] contents: of each package the first
/// content, then of each the second, and so on until more than that many were taken. Where the
/// first round takes more, the fingerprint is common, and only the first [`COMMON_PACKAGES`]
/// packages are taken. It is known to be common where one of the choices among which this one
/// chooses says so.
pub(super) fn select(mut holdings: Vec<Holding>, is_known_common: bool) -> Selection {
    holdings.sort_unstable();
    holdings.dedup();
    let packages: Vec<&[Holding]> = holdings.chunk_by(|a, b| a.package == b.package).collect();
    let is_common = is_known_common || packages.len() > MAX_CONTENTS_PER_FINGERPRINT;
    let (packages, rounds) = if is_common {
        (&packages[..packages.len().min(COMMON_PACKAGES)], 1)
    } else {
        (packages.as_slice(), rounds(&packages))
    };
    let taken = packages.iter().flat_map(|of_package| of_package.iter().take(rounds));
    let mut contents: Vec<u128> = taken.map(|holding| holding.content).collect();
    contents.sort_unstable();
    contents.dedup();
    Selection { contents, is_common }
}

fn rounds(packages: &[&[Holding]]) -> usize {
    let most = packages.iter().map(|of_package| of_package.len()).max().unwrap_or(0);
    let taken = |rounds: usize| {
        packages.iter().map(|of_package| of_package.len().min(rounds)).sum::<usize>()
    };
    (1..most).find(|&rounds| taken(rounds) > MAX_CONTENTS_PER_FINGERPRINT).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mix(i: u64) -> u64 {
        let mixed = (i ^ (i >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ (mixed >> 29)
    }

    /// Choosing among what was chosen of parts is choosing among all, for few packages of many
    /// versions and for many.
    #[test]
    fn the_choice_does_not_depend_on_parts() {
        for (packages, contents) in
            [(1, 500), (3, 400), (150, 900), (201, 250), (400, 300), (1000, 5000)]
        {
            let all: Vec<Holding> = (0..contents)
                .flat_map(|i| {
                    let holders = 1 + mix(i) % 3;
                    let package = move |j| mix(1_000_000 + mix(i * 7 + j) % packages);
                    let content = u128::from(mix(i)) << 64;
                    (0..holders).map(move |j| Holding { package: package(j), content })
                })
                .collect();
            let expected = select(all.clone(), false);
            for parts in [1, 2, 8, 13] {
                let part_of =
                    |holding: &Holding| mix((holding.content >> 64) as u64) as usize % parts;
                let (mut chosen, mut is_common) = (Vec::new(), false);
                for part in 0..parts {
                    let held: Vec<Holding> =
                        all.iter().filter(|one| part_of(one) == part).copied().collect();
                    let mut distinct: Vec<u128> = held.iter().map(|one| one.content).collect();
                    distinct.sort_unstable();
                    distinct.dedup();
                    if distinct.len() > MAX_CONTENTS_PER_FINGERPRINT {
                        let selection = select(held, false);
                        (distinct, is_common) =
                            (selection.contents, is_common || selection.is_common);
                    }
                    chosen.extend(distinct);
                }
                let again =
                    all.iter().filter(|one| chosen.contains(&one.content)).copied().collect();
                assert_eq!(
                    select(again, is_common),
                    expected,
                    "{packages} packages, {contents} contents, {parts} parts"
                );
            }
        }
    }
}

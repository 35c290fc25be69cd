//! The day a component was published, as far as its source tells: the youngest of its files.
//!
//! Tools that build archives the same way every time write a constant for a time; it tells nothing.

use crate::engine::index::documents::Day;

/// Days that build tools write whatever the day is: `cargo package` 2006-07-24, npm 1985-10-26,
/// Flit 2016-01-01, Hatch 2020-02-02. Zip archives cannot tell times before 1980, which is what
/// others write.
const CONSTANT_DAYS: [&str; 4] = ["1985-10-26", "2006-07-24", "2016-01-01", "2020-02-02"];

/// Earlier times are none.
const EARLIEST: &str = "1990-01-01";

/// The latest of some days, without those that tell nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LatestDay(Option<Day>);

impl LatestDay {
    /// Takes the day of a file.
    pub(super) fn see(&mut self, day: Option<Day>) {
        let is_told = |day: &Day| {
            let is = |known: &str| known.parse::<Day>().is_ok_and(|known| known == *day);
            EARLIEST.parse::<Day>().is_ok_and(|earliest| *day >= earliest)
                && !CONSTANT_DAYS.into_iter().any(is)
        };
        self.0 = self.0.max(day.filter(is_told));
    }

    /// The latest that was seen.
    pub(super) fn day(self) -> Option<Day> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_of_tools_are_no_days() {
        let latest = |days: &[&str]| {
            let mut latest = LatestDay::default();
            days.iter().for_each(|day| latest.see(day.parse().ok()));
            latest.day().map(|day| day.to_string())
        };
        assert_eq!(latest(&["1980-01-01", "2006-07-24", "2020-02-02"]), None);
        assert_eq!(
            latest(&["2019-05-01", "2020-02-02", "2018-01-01"]).as_deref(),
            Some("2019-05-01")
        );
    }
}

//! How often chance reaches so many bits: the bridge from a score to a number that people can weigh.

/// Alarms on a thousand functions that resemble nothing in the index on purpose, by bits of evidence, as measured on
/// the test half of the evaluation (`eval/run.py score --half test`).
/// A score that changes its constants makes the table out of date: it is to be measured again with them.
const ALARMS_PER_THOUSAND: [(f64, f64); 7] =
    [(31.0, 20.0), (38.0, 14.0), (42.0, 10.0), (50.0, 5.0), (55.0, 3.3), (66.0, 2.0), (71.0, 1.0)];

/// In how many of a million unrelated functions evidence of so many bits is to be expected. Between the measured
/// points and beyond them the logarithm is taken to go in straight lines, so that far from them (below 31, above 71)
/// this is an order of magnitude at best.
pub fn expected_in_a_million(bits: f32) -> f64 {
    let bits = f64::from(bits);
    let last = ALARMS_PER_THOUSAND.len() - 2;
    let segment = ALARMS_PER_THOUSAND.iter().skip(1).position(|&(end, _)| bits <= end).unwrap_or(last);
    let ((from, high), (to, low)) = (ALARMS_PER_THOUSAND[segment], ALARMS_PER_THOUSAND[segment + 1]);
    let alarms = high * (low / high).powf((bits - from) / (to - from));
    (alarms * 1000.0).min(1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_points_are_met_and_more_bits_are_rarer() {
        for (bits, alarms) in ALARMS_PER_THOUSAND {
            assert!((expected_in_a_million(bits as f32) - alarms * 1000.0).abs() < 1e-6, "{bits}");
        }
        let expected: Vec<f64> = (0..400).map(|bits| expected_in_a_million(bits as f32)).collect();
        assert!(expected.windows(2).all(|pair| pair[0] >= pair[1]));
        assert!(expected[0] <= 1e6 && expected[100] > 1.0 && expected[200] < 1.0);
    }
}

//! Samples: times of one kind, their percentiles, and medians over runs.
//!
//! It owns the arithmetic and the print of numbers. Invariant: every time is in milliseconds, as a fraction.

use std::time::{Duration, Instant};

/// Times of one kind, in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples(Vec<f64>);

/// What is told of samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percentiles {
    /// Half were as short, in milliseconds.
    pub(crate) p50_ms: f64,
    /// All but one in a hundred were as short, in milliseconds.
    pub(crate) p99_ms: f64,
}

impl Samples {
    /// Adds one.
    pub(crate) fn push(&mut self, lasted: Duration) {
        self.0.push(milliseconds(lasted));
    }

    /// Adds one that something else has measured, in milliseconds.
    pub(crate) fn push_milliseconds(&mut self, lasted: f64) {
        self.0.push(lasted);
    }

    /// Adds all of others.
    pub(crate) fn add(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Adds the time from one instant to another, which may be negative: an event can be seen before its answer.
    pub(crate) fn push_signed(&mut self, from: Instant, to: Instant) {
        let forward = milliseconds(to.saturating_duration_since(from));
        let backward = milliseconds(from.saturating_duration_since(to));
        self.0.push(forward - backward);
    }

    /// Adds others of the same kind.
    pub(crate) fn append(&mut self, mut others: Self) {
        self.0.append(&mut others.0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Median and 99th percentile, by nearest rank.
    pub(crate) fn percentiles(mut self) -> Percentiles {
        self.0.sort_by(f64::total_cmp);
        let at = |percent: usize| {
            let rank = (self.0.len() * percent).div_ceil(100);
            let found = self.0.get(rank.saturating_sub(1));
            found.copied().unwrap_or(f64::NAN)
        };
        Percentiles {
            p50_ms: at(50),
            p99_ms: at(99),
        }
    }
}

impl Percentiles {
    /// The medians over several runs.
    pub(crate) fn medians<'a>(runs: impl IntoIterator<Item = &'a Self>) -> Self {
        let (p50s, p99s): (Vec<f64>, Vec<f64>) =
            runs.into_iter().map(|run| (run.p50_ms, run.p99_ms)).unzip();
        Self {
            p50_ms: median(p50s),
            p99_ms: median(p99s),
        }
    }
}

impl std::fmt::Display for Percentiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "p50 {:.2} ms, p99 {:.2} ms", self.p50_ms, self.p99_ms)
    }
}

/// The middle one; of an even number the lower of the two in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or(f64::NAN)
}

/// A duration in milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// How many there were in a second.
pub(crate) fn per_second(count: usize, lasted: Duration) -> f64 {
    // No measurement lasts long enough to count beyond this.
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    f64::from(count) / lasted.as_secs_f64()
}

/// A number without a fraction, its digits grouped: `12,345`.
pub(crate) fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && !out.ends_with('-') {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut samples = Samples::default();
        for milliseconds in (1..=100).rev() {
            samples.push(Duration::from_millis(milliseconds));
        }
        let found = samples.percentiles().to_string();
        assert_eq!(found, "p50 50.00 ms, p99 99.00 ms");
    }

    #[test]
    fn a_median_does_not_mind_the_order() {
        assert_eq!(median([3.0, 1.0, 2.0]).to_string(), "2");
        assert!(median([]).is_nan());
    }

    #[test]
    fn what_came_before_counts_negative() {
        let from = Instant::now();
        let mut samples = Samples::default();
        samples.push_signed(from + Duration::from_millis(2), from);
        assert_eq!(samples.percentiles().p50_ms.to_string(), "-2");
    }

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(grouped(999.4), "999");
        assert_eq!(grouped(12_345.0), "12,345");
        assert_eq!(grouped(1_000_000.0), "1,000,000");
        assert_eq!(grouped(-123.0), "-123");
    }
}

//! Scales of dollars: round steps, labels with thousands separators, light horizontal lines.

use crate::report::format::thousands;

use super::font::{self, Weight};
use super::scene::{Anchor, Frame, GRID, LABEL, RULE, SMALL, Scene, Words};

/// A scale from `low` to `high` in whole `step`s.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) step: f64,
}

impl Scale {
    /// The smallest scale of about `count` round steps that holds both ends and nought.
    pub(super) fn over(low: f64, high: f64, count: f64) -> Self {
        let (low, high) = (low.min(0.0), high.max(0.0));
        let room = if high > low { high - low } else { 1.0 };
        let step = round_step(room / count);
        let top = (high / step - 1e-9).ceil() * step;
        Self {
            low: (low / step + 1e-9).floor() * step,
            high: if top > 0.0 || low < 0.0 {
                top
            } else {
                step * count
            },
            step,
        }
    }

    /// The smallest scale of about `count` round steps that holds both ends; nought only where it lies between them.
    pub(super) fn between(low: f64, high: f64, count: f64) -> Self {
        let room = if high > low {
            high - low
        } else {
            high.abs().max(1.0)
        };
        let step = round_step(room / count);
        let low = (low / step + 1e-9).floor() * step;
        Self {
            low,
            high: ((high / step - 1e-9).ceil() * step).max(low + step),
            step,
        }
    }

    /// The places of its steps.
    pub(super) fn ticks(self) -> impl Iterator<Item = f64> {
        let first = (self.low / self.step).round();
        let last = (self.high / self.step).round();
        (0..=(last - first) as u32).map(move |n| (first + f64::from(n)) * self.step)
    }

    /// A step's label: as many decimals as the steps need, two at least when any.
    pub(super) fn label(self, value: f64) -> String {
        let places = (0..8)
            .find(|&places| {
                let shifted = self.step * 10_f64.powi(places);
                (shifted - shifted.round()).abs() < 1e-6
            })
            .unwrap_or(8);
        let places = if places == 1 { 2 } else { places };
        let text = thousands(&format!(
            "{:.*}",
            usize::try_from(places).unwrap_or(0),
            value.abs()
        ));
        if value < -self.step / 2.0 {
            format!("−${text}")
        } else {
            format!("${text}")
        }
    }

    /// Where a value stands between two places.
    pub(super) fn place(self, value: f64, from: f64, to: f64) -> f64 {
        from + (value - self.low) / (self.high - self.low) * (to - from)
    }

    /// The room its labels take.
    pub(super) fn label_width(self) -> f64 {
        self.ticks()
            .map(|tick| font::width(&self.label(tick), SMALL, Weight::Regular))
            .fold(0.0, f64::max)
    }
}

/// 1, 2, 2.5 or 5 times a power of ten, not below `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|&step| step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * power)
}

/// Paints the upright scale left of a frame: labels, light lines, a darker one at nought.
pub(super) fn draw_upright(scene: &mut Scene, scale: Scale, frame: Frame) {
    for tick in scale.ticks() {
        let y = scale.place(tick, frame.bottom, frame.top);
        let nought = tick.abs() < scale.step / 2.0;
        let colour = if nought { RULE } else { GRID };
        scene.line(vec![(frame.left, y), (frame.right, y)], colour, 1.0);
        let label = Words::new(scale.label(tick), (frame.left - 7.0, y + 0.36 * SMALL));
        scene.words(label.small().anchored(Anchor::End));
    }
}

/// Paints the level scale below a frame: labels, short ticks, and what it counts at its right end.
pub(super) fn draw_level(scene: &mut Scene, scale: Scale, frame: Frame, counts: &str) {
    for tick in scale.ticks() {
        let x = scale.place(tick, frame.left, frame.right);
        scene.line(vec![(x, frame.bottom), (x, frame.bottom + 4.0)], RULE, 1.0);
        let label = Words::new(scale.label(tick), (x, frame.bottom + 17.0));
        scene.words(label.small().anchored(Anchor::Middle));
    }
    let words = Words::new(counts, (frame.right, frame.bottom + 17.0 + 1.4 * LABEL));
    scene.words(words.small().anchored(Anchor::End));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64) -> Vec<String> {
        let scale = Scale::over(low, high, 5.0);
        scale.ticks().map(|tick| scale.label(tick)).collect()
    }

    #[test]
    fn steps_are_round_from_cents_to_millions() {
        assert_eq!(
            labels(0.0, 0.019),
            ["$0.000", "$0.005", "$0.010", "$0.015", "$0.020"]
        );
        assert_eq!(
            labels(0.0, 11.9),
            ["$0.00", "$2.50", "$5.00", "$7.50", "$10.00", "$12.50"]
        );
        assert_eq!(
            labels(-1_200_000.0, 3_000_000.0),
            [
                "−$2,000,000",
                "−$1,000,000",
                "$0",
                "$1,000,000",
                "$2,000,000",
                "$3,000,000"
            ]
        );
    }

    #[test]
    fn a_scale_between_two_values_does_not_begin_at_nought() {
        let labels = |low, high| {
            let scale = Scale::between(low, high, 4.0);
            let ticks = scale.ticks().map(|tick| scale.label(tick));
            ticks.collect::<Vec<_>>()
        };
        assert_eq!(
            labels(912.0, 987.0),
            ["$900", "$920", "$940", "$960", "$980", "$1,000"]
        );
        assert_eq!(
            labels(-70.0, 30.0),
            ["−$75", "−$50", "−$25", "$0", "$25", "$50"]
        );
        assert!(labels(5.0, 5.0).len() > 1);
    }

    #[test]
    fn nothing_still_has_a_scale() {
        assert_eq!(labels(0.0, 0.0).first().map(String::as_str), Some("$0.00"));
        assert!(labels(0.0, 0.0).len() > 2);
    }
}

//! Places of a chart that answer to the pointer: what each stands for, in words. Paper does not show them.

use std::fmt::Write as _;

use super::scene::{Frame, Point, Scene};
use super::stack::Plot;
use super::usage::UsageChart;
use crate::report::Language;
use crate::report::format::thousands;

/// A place and its words.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spot {
    frame: Frame,
    words: String,
}

impl Scene {
    /// Adds a box that answers.
    pub(super) fn spot(&mut self, frame: Frame, words: String) {
        self.spots.push(Spot { frame, words });
    }

    /// Adds a box around a point.
    pub(super) fn spot_at(&mut self, (x, y): Point, words: String) {
        const REACH: f64 = 9.0;
        let point = Frame {
            left: x,
            top: y,
            right: x,
            bottom: y,
        };
        self.spot(point.wider(REACH, REACH), words);
    }

    /// The boxes as SVG on a grid of so many lines a pixel; nothing where there is none.
    pub(super) fn spots_svg(&self, scale: f64) -> String {
        if self.spots.is_empty() {
            return String::new();
        }
        let lines = |length: f64| (length * scale).round() as i64;
        let mut svg = String::from("<g class=\"spots\">\n");
        for Spot { frame, words } in &self.spots {
            // Writing to a String cannot fail.
            let _ = writeln!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" data-tip=\"{}\"/>",
                lines(frame.left),
                lines(frame.top),
                lines(frame.right) - lines(frame.left),
                lines(frame.bottom) - lines(frame.top),
                super::paint::escape(words)
                    .replace('"', "&quot;")
                    .replace('\n', "&#10;")
            );
        }
        svg + "</g>\n"
    }
}

impl UsageChart {
    /// A box for every step: when it is, and the usage by what covers it.
    pub(super) fn add_spots(&self, scene: &mut Scene, plot: &Plot, language: &Language) {
        for range in plot.columns.ranges() {
            let after = i64::try_from(range.start).unwrap_or(i64::MAX);
            let hour = self.span.start().plus(after);
            let (left, right) = (plot.x(range.start), plot.x(range.end));
            let mut words = if plot.columns.daily {
                language.say(&format!("{}, mean of the day", hour.start().date_naive()))
            } else {
                language.say(&hour.to_string())
            };
            let mut total = 0.0;
            for layer in self.layers.iter().rev() {
                let hours = layer
                    .dollars_per_hour
                    .get(range.clone())
                    .unwrap_or_default();
                let mean = hours.iter().sum::<f64>() / hours.len().max(1) as f64;
                total += mean;
                if mean > 0.0 {
                    let name = language.say(layer.coverage.name());
                    let _ = write!(words, "\n{name}: {}", language.say(&an_hour(mean)));
                }
            }
            let _ = write!(
                words,
                "\n{}: {}",
                language.say("All"),
                language.say(&an_hour(total))
            );
            let frame = Frame {
                left,
                right,
                ..plot.frame
            };
            scene.spot(frame, words);
        }
    }
}

fn an_hour(dollars: f64) -> String {
    format!("${} an hour", thousands(&format!("{dollars:.2}")))
}

//! Layers of usage on the ground and on each other, in steps, with lines over them.

use crate::report::Language;

use super::axis::Scale;
use super::font::{self, Weight};
use super::names::Name;
use super::resample::Columns;
use super::scene::{Frame, HAZE, INK, LABEL, Point, RULE, SMALL, Scene, WHITE};
use super::usage::{Coverage, Level, UsageChart};

/// The widest a name at the right may be.
const WIDEST_NAME: f64 = 190.0;

/// The plot's frame and what is on its scales.
pub(super) struct Plot<'a> {
    pub(super) frame: Frame,
    pub(super) scale: Scale,
    pub(super) columns: &'a Columns,
    pub(super) hours: f64,
}

impl Plot<'_> {
    pub(super) fn x(&self, hour: usize) -> f64 {
        self.frame.left + hour as f64 / self.hours * self.frame.width()
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.scale.place(value, self.frame.bottom, self.frame.top)
    }

    /// A line of steps, a step a column; steps of equal height are one.
    fn steps(&self, values: &[f64]) -> Vec<Point> {
        let mut points: Vec<Point> = Vec::new();
        for (range, &value) in self.columns.ranges().zip(values) {
            let (from, to, y) = (self.x(range.start), self.x(range.end), self.y(value));
            match points.last_mut() {
                Some(last) if (last.1 - y).abs() < 0.02 => last.0 = to,
                _ => points.extend([(from, y), (to, y)]),
            }
        }
        points
    }

    /// The area between a line of steps and the ground.
    fn ground(&self, values: &[f64]) -> Vec<Point> {
        let mut points = self.steps(values);
        if let (Some(first), Some(last)) = (points.first().copied(), points.last().copied()) {
            points.extend([(last.0, self.frame.bottom), (first.0, self.frame.bottom)]);
        }
        points
    }
}

/// A layer as drawn: its upper edge in each column.
pub(super) struct Drawn {
    coverage: Coverage,
    /// Its part of the usage, 0 to 1.
    share: f64,
    upper: Vec<f64>,
}

/// What is drawn, from the ground up.
pub(super) struct Stack<'a> {
    pub(super) layers: Vec<Drawn>,
    /// The highest and the lowest hour of each day; empty when hours are drawn.
    extremes: [Vec<f64>; 2],
    levels: Vec<(&'a Level, Vec<f64>)>,
}

impl<'a> Stack<'a> {
    pub(super) fn of(chart: &'a UsageChart, columns: &Columns) -> Self {
        let mut total = vec![0.0; chart.span.len()];
        let mut layers: Vec<Drawn> = Vec::new();
        for layer in &chart.layers {
            let sum: f64 = layer.dollars_per_hour.iter().sum();
            if sum <= 0.0 {
                continue;
            }
            for (total, hour) in total.iter_mut().zip(&layer.dollars_per_hour) {
                *total += hour;
            }
            layers.push(Drawn {
                coverage: layer.coverage,
                share: sum,
                upper: columns.means(&total),
            });
        }
        let usage: f64 = total.iter().sum();
        for layer in &mut layers {
            layer.share /= usage;
        }
        let extremes = if columns.daily && usage > 0.0 {
            [columns.highest(&total), columns.lowest(&total)]
        } else {
            [Vec::new(), Vec::new()]
        };
        let level = |level: &'a Level| (level, columns.means(&level.dollars_per_hour));
        Self {
            layers,
            extremes,
            levels: chart.levels.iter().map(level).collect(),
        }
    }

    /// The highest point drawn.
    pub(super) fn highest(&self) -> f64 {
        let layers = self.layers.iter().map(|layer| &layer.upper);
        let levels = self.levels.iter().map(|(_, values)| values);
        layers
            .chain(levels)
            .chain(&self.extremes)
            .flatten()
            .copied()
            .fold(0.0, f64::max)
    }

    pub(super) fn draw(&self, scene: &mut Scene, plot: &Plot) {
        let [highest, lowest] = &self.extremes;
        scene.area(plot.ground(highest), HAZE);
        // From the highest down, each to the ground: neighbours leave no seam.
        for layer in self.layers.iter().rev() {
            let edge = plot.steps(&layer.upper);
            scene.area(plot.ground(&layer.upper), layer.coverage.colour());
            // A light seam tells layers apart where a step is wide enough to spare it.
            if plot.frame.width() > 5.0 * layer.upper.len() as f64 {
                scene.line(edge, WHITE, 0.5);
            }
        }
        scene.line(plot.steps(highest), RULE, 0.8);
        scene.line(plot.steps(lowest), INK, 0.8);
        for (_, values) in &self.levels {
            let steps = plot.steps(values);
            scene.line(steps.clone(), WHITE, 3.2);
            scene.line(steps, INK, 1.8);
        }
        let ground = plot.frame.bottom;
        scene.line(
            vec![(plot.frame.left, ground), (plot.frame.right, ground)],
            RULE,
            1.0,
        );
    }

    /// What is written right of the plot, with the height it belongs to.
    pub(super) fn names(&self, language: &Language) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        let mut lower: Vec<f64> = Vec::new();
        for layer in &self.layers {
            let below = mean_of_end(&lower);
            names.push(Name {
                value: f64::midpoint(below, mean_of_end(&layer.upper)),
                text: language.say(layer.coverage.name()),
                detail: language.say(&share(layer.share)),
                swatch: Some(layer.coverage.colour()),
            });
            lower.clone_from(&layer.upper);
        }
        // Where layers are equally high, the upper one's name stands above.
        names.reverse();
        for (level, values) in &self.levels {
            names.push(Name {
                value: values.last().copied().unwrap_or(0.0),
                text: font::fit(&level.name, LABEL, Weight::Regular, WIDEST_NAME),
                detail: font::fit(&level.detail, SMALL, Weight::Regular, WIDEST_NAME),
                swatch: None,
            });
        }
        names.sort_by(|one, other| other.value.total_cmp(&one.value));
        names
    }
}

/// The mean of the last twelfth: where the eye leaves the plot.
fn mean_of_end(values: &[f64]) -> f64 {
    let count = (values.len() as f64 / 12.0).ceil().max(1.0) as usize;
    let end = values.iter().rev().take(count);
    let length = end.len().max(1) as f64;
    end.sum::<f64>() / length
}

fn share(part: f64) -> String {
    if part > 0.0 && part < 0.001 {
        "under 0.1 % of usage".to_owned()
    } else {
        format!("{:.1} % of usage", 100.0 * part)
    }
}

//! Usage by hour, stacked as what covered it, with the level of the commitments.

use plotters::style::RGBColor;

use crate::units::HourSpan;

use super::axis::{self, Scale};
use super::font::{self, Weight};
use super::resample::Columns;
use super::scene::{
    Anchor, BLUE, Frame, GREEN, GREY, HAZE, INK, LABEL, ORANGE, PURPLE, Point, RULE, SKY, SMALL,
    Scene, WHITE, WIDTH, Words,
};
use super::{ChartError, place, time};

const HEIGHT: f64 = 400.0;
/// The widest a name at the right may be.
const WIDEST_NAME: f64 = 190.0;

/// What an hour's usage was paid by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// A Reserved Instance.
    ReservedInstance,
    /// An EC2 Instance Savings Plan.
    Ec2InstanceSavingsPlan,
    /// A Compute Savings Plan.
    ComputeSavingsPlan,
    /// The On-Demand rate.
    OnDemand,
    /// The Spot market.
    Spot,
}

impl Coverage {
    const fn colour(self) -> RGBColor {
        match self {
            Self::ReservedInstance => BLUE,
            Self::Ec2InstanceSavingsPlan => SKY,
            Self::ComputeSavingsPlan => GREEN,
            Self::OnDemand => ORANGE,
            Self::Spot => PURPLE,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ReservedInstance => "Reserved Instances",
            Self::Ec2InstanceSavingsPlan => "EC2 Instance Savings Plan",
            Self::ComputeSavingsPlan => "Compute Savings Plan",
            Self::OnDemand => "On-Demand",
            Self::Spot => "Spot",
        }
    }
}

/// Usage that one kind of purchase covered.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// What covered it.
    pub coverage: Coverage,
    /// The usage of each hour of the window, at On-Demand rates, dollars an hour.
    pub dollars_per_hour: Vec<f64>,
}

/// A line over the usage: what the commitments could cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Level {
    /// What it is, in three or four words.
    pub name: String,
    /// Its amount, or what else is to be said of it, in as few.
    pub detail: String,
    /// Its height in each hour of the window, at On-Demand rates, dollars an hour.
    pub dollars_per_hour: Vec<f64>,
}

/// Usage by hour, stacked as what covered it.
#[derive(Debug, Clone, PartialEq)]
pub struct UsageChart {
    /// What stands above it.
    pub title: String,
    /// The window.
    pub span: HourSpan,
    /// What covered the usage, from the ground up. Layers without usage are left out.
    pub layers: Vec<Layer>,
    /// What the commitments could cover, a line each.
    pub levels: Vec<Level>,
}

impl UsageChart {
    /// The chart of a part of the window, in which every hour may be told apart.
    #[must_use]
    pub fn within(&self, part: HourSpan) -> Self {
        let part = self.span.intersect(part);
        let from = self.span.index(part.start()).unwrap_or(0);
        let cut = |hourly: &[f64]| {
            let range = from..from + part.len();
            hourly.get(range).unwrap_or_default().to_vec()
        };
        let layer = |layer: &Layer| Layer {
            coverage: layer.coverage,
            dollars_per_hour: cut(&layer.dollars_per_hour),
        };
        let level = |level: &Level| Level {
            name: level.name.clone(),
            detail: level.detail.clone(),
            dollars_per_hour: cut(&level.dollars_per_hour),
        };
        Self {
            title: self.title.clone(),
            span: part,
            layers: self.layers.iter().map(layer).collect(),
            levels: self.levels.iter().map(level).collect(),
        }
    }

    /// The drawing.
    ///
    /// # Errors
    /// [`ChartError::Length`] when a series has not one value an hour of the window.
    pub fn scene(&self) -> Result<Scene, ChartError> {
        self.check()?;
        let columns = Columns::of(self.span);
        let stack = Stack::of(self, &columns);
        let mut scene = Scene::new(&self.title, &Self::subtitle(&columns), HEIGHT);
        let scale = Scale::over(0.0, stack.highest(), 5.0);
        let names = stack.names();
        let widest = names.iter().map(Name::width).fold(0.0, f64::max);
        let frame = Frame {
            left: scale.label_width() + 10.0,
            top: 66.0,
            right: WIDTH - widest - 14.0,
            bottom: HEIGHT - 38.0,
        };
        axis::draw_upright(&mut scene, scale, frame);
        time::draw(&mut scene, self.span, frame);
        let plot = Plot {
            frame,
            scale,
            columns: &columns,
            hours: self.span.len().max(1) as f64,
        };
        stack.draw(&mut scene, &plot);
        draw_names(&mut scene, &names, &plot);
        if stack.layers.is_empty() {
            let middle = (
                f64::midpoint(frame.left, frame.right),
                f64::midpoint(frame.top, frame.bottom),
            );
            let words = Words::new("No usage in this window", middle);
            scene.words(words.coloured(GREY).anchored(Anchor::Middle));
        }
        Ok(scene)
    }

    fn check(&self) -> Result<(), ChartError> {
        let layers = self
            .layers
            .iter()
            .map(|layer| (layer.coverage.name(), &layer.dollars_per_hour));
        let levels = self
            .levels
            .iter()
            .map(|level| (level.name.as_str(), &level.dollars_per_hour));
        let expected = self.span.len();
        for (name, hourly) in layers.chain(levels) {
            if hourly.len() != expected {
                return Err(ChartError::Length {
                    name: name.to_owned(),
                    found: hourly.len(),
                    expected,
                });
            }
        }
        Ok(())
    }

    fn subtitle(columns: &Columns) -> Vec<String> {
        let what = "Usage at On-Demand rates, dollars an hour, by what covered it. Times are UTC.";
        let how = if columns.daily {
            "Each step is the mean of a day; the thin lines are its highest and its lowest hour."
        } else {
            "Each step is an hour."
        };
        vec![what.to_owned(), how.to_owned()]
    }
}

/// The plot's frame and what is on its scales.
struct Plot<'a> {
    frame: Frame,
    scale: Scale,
    columns: &'a Columns,
    hours: f64,
}

impl Plot<'_> {
    fn x(&self, hour: usize) -> f64 {
        self.frame.left + hour as f64 / self.hours * self.frame.width()
    }

    fn y(&self, value: f64) -> f64 {
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
struct Drawn {
    coverage: Coverage,
    /// Its part of the usage, 0 to 1.
    share: f64,
    upper: Vec<f64>,
}

/// What is drawn, from the ground up.
struct Stack<'a> {
    layers: Vec<Drawn>,
    /// The highest and the lowest hour of each day; empty when hours are drawn.
    extremes: [Vec<f64>; 2],
    levels: Vec<(&'a Level, Vec<f64>)>,
}

impl<'a> Stack<'a> {
    fn of(chart: &'a UsageChart, columns: &Columns) -> Self {
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
    fn highest(&self) -> f64 {
        let layers = self.layers.iter().map(|layer| &layer.upper);
        let levels = self.levels.iter().map(|(_, values)| values);
        layers
            .chain(levels)
            .chain(&self.extremes)
            .flatten()
            .copied()
            .fold(0.0, f64::max)
    }

    fn draw(&self, scene: &mut Scene, plot: &Plot) {
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
    fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = Vec::new();
        let mut lower: Vec<f64> = Vec::new();
        for layer in &self.layers {
            let below = mean_of_end(&lower);
            names.push(Name {
                value: f64::midpoint(below, mean_of_end(&layer.upper)),
                text: layer.coverage.name().to_owned(),
                detail: share(layer.share),
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

/// A name at the right of the plot.
struct Name {
    value: f64,
    text: String,
    detail: String,
    swatch: Option<RGBColor>,
}

impl Name {
    /// The swatch and the gaps beside it.
    const INDENT: f64 = 22.0;
    const HEIGHT: f64 = 31.0;

    fn width(&self) -> f64 {
        let text = font::width(&self.text, LABEL, Weight::Regular);
        Self::INDENT + text.max(font::width(&self.detail, SMALL, Weight::Regular))
    }
}

fn draw_names(scene: &mut Scene, names: &[Name], plot: &Plot) {
    let wished: Vec<f64> = names.iter().map(|name| plot.y(name.value)).collect();
    let heights = vec![Name::HEIGHT; names.len()];
    let middles = place::spread(
        &wished,
        &heights,
        plot.frame.top - 6.0,
        plot.frame.bottom + 6.0,
    );
    let left = plot.frame.right + 8.0;
    for ((name, middle), wished) in names.iter().zip(middles).zip(wished) {
        match name.swatch {
            Some(colour) => scene.box_(
                Frame {
                    left,
                    top: middle - 12.0,
                    right: left + 9.0,
                    bottom: middle - 3.0,
                },
                colour,
            ),
            // The level's line goes on to its name.
            None => scene.line(
                vec![
                    (plot.frame.right, wished),
                    (left, middle - 7.0),
                    (left + 9.0, middle - 7.0),
                ],
                INK,
                1.8,
            ),
        }
        let left = left + 14.0;
        scene.words(Words::new(name.text.clone(), (left, middle - 3.0)));
        scene.words(Words::new(name.detail.clone(), (left, middle + 11.0)).small());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Hour;

    const ALL: [Coverage; 5] = [
        Coverage::ReservedInstance,
        Coverage::Ec2InstanceSavingsPlan,
        Coverage::ComputeSavingsPlan,
        Coverage::OnDemand,
        Coverage::Spot,
    ];

    /// A window of so many hours in which every layer and both levels are flat.
    fn flat(from: &str, hours: i64, dollars: [f64; 5], levels: &[f64]) -> UsageChart {
        let start = Hour::parse(from).unwrap();
        let span = HourSpan::new(start, start.plus(hours));
        let layer = |(&coverage, dollars)| Layer {
            coverage,
            dollars_per_hour: vec![dollars; span.len()],
        };
        let level = |&dollars: &f64| Level {
            name: "Commitments can cover".into(),
            detail: "an amount an hour".into(),
            dollars_per_hour: vec![dollars; span.len()],
        };
        UsageChart {
            title: "Usage and what covers it".into(),
            span,
            layers: ALL.iter().zip(dollars).map(layer).collect(),
            levels: levels.iter().map(level).collect(),
        }
    }

    #[test]
    fn words_are_legible_in_every_window_and_at_every_scale() {
        for from in [
            "2026-07-01T00:00Z",
            "2026-12-31T23:00Z",
            "2027-02-17T11:00Z",
        ] {
            for hours in [
                1, 2, 5, 24, 31, 72, 168, 720, 1_080, 1_081, 2_160, 8_760, 26_280,
            ] {
                flat(from, hours, [9.0, 1.0, 3.0, 0.5, 0.2], &[12.0, 12.5])
                    .scene()
                    .unwrap()
                    .assert_legible();
            }
        }
        for scale in [0.000_1, 0.01, 1.0, 999.0, 12_345.0, 98_765_432.0] {
            let dollars = [0.001, 1.0, 0.001, 0.002, 0.003].map(|layer| layer * scale);
            flat("2026-07-01T00:00Z", 240, dollars, &[scale])
                .scene()
                .unwrap()
                .assert_legible();
        }
    }

    #[test]
    fn an_empty_window_is_still_a_chart() {
        let scene = flat("2026-07-01T00:00Z", 0, [0.0; 5], &[]).scene().unwrap();
        assert!(scene.texts().any(|text| text == "No usage in this window"));
        scene.assert_legible();
    }

    #[test]
    fn shares_are_of_the_whole_usage() {
        let chart = flat("2026-07-01T00:00Z", 48, [50.0, 25.0, 15.0, 10.0, 0.0], &[]);
        let scene = chart.scene().unwrap();
        let texts: Vec<&str> = scene.texts().collect();
        // 10 / (50 + 25 + 15 + 10)
        assert!(texts.contains(&"10.0 % of usage"), "{texts:?}");
        // Spot has no usage, so no name.
        assert!(!texts.contains(&"Spot"), "{texts:?}");
    }
}

//! Usage by hour, stacked as what covered it, with the level of the commitments.

use plotters::style::RGBColor;

use crate::report::Language;
use crate::units::HourSpan;

use super::axis::{self, Scale};
use super::names::{self, Name};
use super::resample::Columns;
use super::scene::{
    Anchor, BLUE, Frame, GREEN, GREY, ORANGE, PURPLE, SKY, Scene, WIDTH, Words, YELLOW,
};
use super::stack::{Plot, Stack};
use super::{ChartError, time};

const HEIGHT: f64 = 384.0;

/// What an hour's usage was paid by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Coverage {
    /// A Reserved Instance.
    ReservedInstance,
    /// An EC2 Instance Savings Plan.
    Ec2InstanceSavingsPlan,
    /// A Compute Savings Plan.
    ComputeSavingsPlan,
    /// A Database Savings Plan.
    DatabaseSavingsPlan,
    /// The On-Demand rate.
    OnDemand,
    /// The Spot market.
    Spot,
}

impl Coverage {
    pub(super) const fn colour(self) -> RGBColor {
        match self {
            Self::ReservedInstance => BLUE,
            Self::Ec2InstanceSavingsPlan => SKY,
            Self::ComputeSavingsPlan => GREEN,
            Self::DatabaseSavingsPlan => YELLOW,
            Self::OnDemand => ORANGE,
            Self::Spot => PURPLE,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ReservedInstance => "Reserved Instances",
            Self::Ec2InstanceSavingsPlan => "EC2 Instance Savings Plan",
            Self::ComputeSavingsPlan => "Compute Savings Plan",
            Self::DatabaseSavingsPlan => "Database Savings Plan",
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
        self.scene_in(Language::english())
    }

    /// The same with its words in a language.
    ///
    /// # Errors
    /// As [`Self::scene`].
    pub fn scene_in(&self, language: &Language) -> Result<Scene, ChartError> {
        self.check()?;
        let columns = Columns::of(self.span);
        let stack = Stack::of(self, &columns);
        let subtitle = Self::subtitle(&columns).map(|line| language.say(line));
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, HEIGHT);
        let scale = Scale::over(0.0, stack.highest(), 5.0);
        let named = stack.names(language);
        let widest = named.iter().map(Name::width).fold(0.0, f64::max);
        let frame = Frame {
            left: scale.label_width() + 10.0,
            top: 66.0,
            right: WIDTH - widest - 14.0,
            bottom: HEIGHT - 38.0,
        };
        axis::draw_upright(&mut scene, scale, frame);
        time::draw(&mut scene, self.span, frame, language);
        let plot = Plot {
            frame,
            scale,
            columns: &columns,
            hours: self.span.len().max(1) as f64,
        };
        stack.draw(&mut scene, &plot);
        names::draw(&mut scene, &named, &plot);
        self.add_spots(&mut scene, &plot, language);
        if stack.layers.is_empty() {
            let middle = (
                f64::midpoint(frame.left, frame.right),
                f64::midpoint(frame.top, frame.bottom),
            );
            let words = Words::new(language.say("No usage in this window"), middle);
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

    fn subtitle(columns: &Columns) -> [&'static str; 2] {
        let what = "Usage at On-Demand rates, dollars an hour, by what covered it. Times are UTC.";
        let how = if columns.daily {
            "Each step is the mean of a day; the thin lines are its highest and its lowest hour."
        } else {
            "Each step is an hour."
        };
        [what, how]
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

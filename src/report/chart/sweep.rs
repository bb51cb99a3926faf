//! A sweep: cost against a percentage, with the best mix and unused commitments where there are any.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::report::format::dollars;
use crate::units::Money;

use super::axis::{self, Scale};
use super::font::{self, Weight};
use super::scene::{
    Anchor, BLUE, Frame, GREEN, GREY, LABEL, Point, RULE, SMALL, Scene, VERMILION, WHITE, WIDTH,
    Words,
};

const HEIGHT: f64 = 400.0;
const TOP: f64 = 78.0;
const BOTTOM: f64 = HEIGHT - 46.0;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepPoint {
    /// The step, in per cent.
    pub percent: Decimal,
    /// What it costs with what is owned.
    pub total: Money,
    /// What it costs with the best mix beside that.
    pub best: Option<Money>,
    /// What unused commitments cost.
    pub stranded: Money,
}

/// Cost against a percentage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepChart {
    /// What stands above it.
    pub title: String,
    /// What the costs are of.
    pub subtitle: String,
    /// What the level axis counts.
    pub level: &'static str,
    /// The steps, ascending.
    pub points: Vec<SweepPoint>,
}

/// A line of the chart with its name.
struct Series {
    name: &'static str,
    colour: plotters::style::RGBColor,
    values: Vec<Money>,
}

impl SweepChart {
    /// The drawing.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(&self.title, std::slice::from_ref(&self.subtitle), HEIGHT);
        let series = self.series();
        let values = || series.iter().flat_map(|series| &series.values);
        let high = values().map(|value| value.to_f64()).fold(0.0, f64::max);
        let upright = Scale::over(0.0, high, 6.0);
        let frame = Frame {
            left: upright.label_width() + 10.0,
            top: TOP,
            right: WIDTH - names_width(&series) - 16.0,
            bottom: BOTTOM,
        };
        axis::draw_upright(&mut scene, upright, frame);
        let places = self.places(frame);
        self.draw_level(&mut scene, &places, frame);
        let at = |place: f64, value: Money| -> Point {
            (
                place,
                upright.place(value.to_f64(), frame.bottom, frame.top),
            )
        };
        let mut ends: Vec<(f64, &Series)> = Vec::new();
        for series in &series {
            let points: Vec<Point> = places
                .iter()
                .zip(&series.values)
                .map(|(&place, &value)| at(place, value))
                .collect();
            scene.line(points.clone(), series.colour, 2.2);
            for &point in &points {
                scene.dot(point, 4.0, series.colour);
                scene.dot(point, 2.2, WHITE);
            }
            ends.extend(points.last().map(|point| (point.1, series)));
        }
        draw_names(&mut scene, ends, frame);
        scene
    }

    fn series(&self) -> Vec<Series> {
        let mut all = vec![Series {
            name: "with what is owned",
            colour: BLUE,
            values: self.points.iter().map(|point| point.total).collect(),
        }];
        let best: Option<Vec<Money>> = self.points.iter().map(|point| point.best).collect();
        all.extend(best.map(|values| Series {
            name: "with the best mix",
            colour: GREEN,
            values,
        }));
        let stranded: Vec<Money> = self.points.iter().map(|point| point.stranded).collect();
        if stranded.iter().any(|value| !value.is_zero()) {
            all.push(Series {
                name: "unused commitments",
                colour: VERMILION,
                values: stranded,
            });
        }
        all
    }

    /// Where each step stands.
    fn places(&self, frame: Frame) -> Vec<f64> {
        let value = |point: &SweepPoint| point.percent.to_f64().unwrap_or(0.0);
        let first = self.points.first().map_or(0.0, value);
        let last = self.points.last().map_or(0.0, value);
        let room = (last - first).max(1e-9);
        let place = |point: &SweepPoint| frame.left + (value(point) - first) / room * frame.width();
        self.points.iter().map(place).collect()
    }

    /// Names every step, or every so-manieth where there are many.
    fn draw_level(&self, scene: &mut Scene, places: &[f64], frame: Frame) {
        let names: Vec<String> = self
            .points
            .iter()
            .map(|point| format!("{} %", point.percent.normalize()))
            .collect();
        let widths = names
            .iter()
            .map(|name| font::width(name, SMALL, Weight::Regular));
        let widest = widths.fold(0.0, f64::max) + 14.0;
        let gap = frame.width() / (names.len().max(2) - 1) as f64;
        let every = (widest / gap).ceil().max(1.0) as usize;
        for (index, (name, &x)) in names.iter().zip(places).enumerate() {
            scene.line(vec![(x, frame.bottom), (x, frame.bottom + 4.0)], RULE, 1.0);
            if index.is_multiple_of(every) {
                let words = Words::new(name.as_str(), (x, frame.bottom + 17.0));
                scene.words(words.small().anchored(Anchor::Middle));
            }
        }
        let words = Words::new(self.level, (frame.right, frame.bottom + 17.0 + 1.4 * LABEL));
        scene.words(words.small().anchored(Anchor::End));
    }
}

fn last_amount(series: &Series) -> String {
    series
        .values
        .last()
        .map_or_else(String::new, |&value| dollars(value, 0))
}

/// The room of the names at the right ends.
fn names_width(series: &[Series]) -> f64 {
    let widths = series.iter().flat_map(|series| {
        [
            font::width(series.name, LABEL, Weight::Regular),
            font::width(&last_amount(series), SMALL, Weight::Regular),
        ]
    });
    widths.fold(0.0, f64::max)
}

/// Names at the right ends of their lines, moved apart where they would touch.
fn draw_names(scene: &mut Scene, ends: Vec<(f64, &Series)>, frame: Frame) {
    const ROOM: f64 = 32.0;
    let wished: Vec<f64> = ends.iter().map(|(y, _)| *y).collect();
    let heights = vec![ROOM; ends.len()];
    let middles = super::place::spread(&wished, &heights, frame.top - 6.0, frame.bottom + 6.0);
    let left = frame.right + 12.0;
    for ((_, series), middle) in ends.into_iter().zip(middles) {
        scene.words(Words::new(series.name, (left, middle - 2.0)).coloured(series.colour));
        let amount = Words::new(last_amount(series), (left, middle + 12.0));
        scene.words(amount.small().coloured(GREY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    fn chart(steps: u32, best: bool) -> SweepChart {
        let money = |dollars: u32| Money::from_decimal(Decimal::from(dollars)).unwrap();
        let point = |step: u32| SweepPoint {
            percent: Decimal::from(step) * dec!(2.5),
            total: money(100_000_u32.saturating_sub(900 * step)),
            best: best.then(|| money(90_000_u32.saturating_sub(880 * step))),
            stranded: money(step * 300),
        };
        SweepChart {
            title: "What it costs to shrink".into(),
            subtitle: "2026".into(),
            level: "all instances shrunk by",
            points: (0..steps).map(point).collect(),
        }
    }

    #[test]
    fn names_and_steps_stay_legible() {
        for steps in [1, 2, 11, 41, 201] {
            for best in [false, true] {
                chart(steps, best).scene().assert_legible();
            }
        }
    }

    #[test]
    fn the_right_ends_say_their_amounts() {
        let scene = chart(11, true).scene();
        let texts: Vec<&str> = scene.texts().collect();
        assert!(
            texts.contains(&"$91,000") && texts.contains(&"$81,200"),
            "{texts:?}"
        );
        assert!(texts.contains(&"unused commitments") && texts.contains(&"$3,000"));
    }
}

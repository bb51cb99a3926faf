//! Savings against commitment: the curve, the chosen point, and where the usual rules would have landed.

use crate::report::Language;

use super::axis::{self, Scale};
use super::marks::{self, Mark, MarkKind, Pin};
use super::scene::{BLUE, Frame, Point, Scene, WIDTH};

const HEIGHT: f64 = 460.0;
const TOP: f64 = 92.0;
const BOTTOM: f64 = HEIGHT - 42.0;
/// A plan so many times the curve's rise below the curve's beginning would squeeze all others: it is off the scale.
const FAR: f64 = 0.6;
/// How much of the curve is shown past the last point that matters.
const PAST: f64 = 1.03;

/// Savings over a window against hourly commitment.
#[derive(Debug, Clone, PartialEq)]
pub struct SavingsChart {
    /// What stands above it.
    pub title: String,
    /// What the savings are of, and what the curve and the points are; a line each.
    pub subtitle: [String; 2],
    /// What the level axis counts.
    pub level: String,
    /// Commitment in dollars an hour and the saving over the window in dollars, ascending; straight between.
    pub curve: Vec<(f64, f64)>,
    /// Plans on or off the curve.
    pub marks: Vec<Mark>,
}

impl SavingsChart {
    /// The drawing.
    pub fn scene(&self) -> Scene {
        self.scene_in(Language::english())
    }

    /// The same with its words in a language.
    pub fn scene_in(&self, language: &Language) -> Scene {
        let subtitle = self.subtitle.each_ref().map(|line| language.say(line));
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, HEIGHT);
        let (far, near): (Vec<&Mark>, Vec<&Mark>) =
            self.marks.iter().partition(|mark| self.is_far(mark));
        let curve = self.shown(&near);
        let (level, upright) = scales(&curve, &near, far.len());
        let frame = Frame {
            left: upright.label_width() + 10.0,
            top: TOP,
            right: WIDTH - 12.0 - level.label_width() / 3.0,
            bottom: BOTTOM,
        };
        axis::draw_upright(&mut scene, upright, frame);
        axis::draw_level(&mut scene, level, frame, &language.say(&self.level));
        let at = |(x, y): (f64, f64)| {
            (
                level.place(x, frame.left, frame.right),
                upright.place(y, frame.bottom, frame.top),
            )
        };
        let curve: Vec<Point> = curve.into_iter().map(at).collect();
        scene.line(curve.clone(), BLUE, 2.2);
        let rooms = marks::draw_far(&mut scene, &far, frame, language);
        let nought = upright.place(0.0, frame.bottom, frame.top);
        let lines = [
            dotted(&curve, 4.0),
            // Worth less than the curve: labels may cover a little of it.
            dotted(&[(frame.left, nought), (frame.right, nought)], 24.0),
        ]
        .concat();
        // Between the subtitle and the uppermost line there is room for a label.
        let page = Frame {
            top: frame.top - 27.0,
            ..frame
        };
        let pins = near.iter().map(|mark| mark.pin(at(mark.place())));
        let pins: Vec<Pin> = pins.collect();
        let page = marks::Page {
            lines: &lines,
            rooms: &rooms,
            frame: page,
        };
        marks::draw(&mut scene, &pins, &page, language);
        for (mark, pin) in near.iter().zip(&pins) {
            scene.spot_at(pin.at, mark.words(language));
        }
        scene
    }

    /// Where the curve begins, and how far it rises, plans included.
    fn rise(&self) -> (f64, f64) {
        let start = self.curve.first().map_or(0.0, |point| point.1);
        let marks = self.marks.iter().map(|mark| mark.place().1);
        let top = self.curve.iter().map(|point| point.1).chain(marks);
        (start, top.fold(start, f64::max) - start)
    }

    /// Whether a plan would squeeze the others if it were shown to scale.
    fn is_far(&self, mark: &Mark) -> bool {
        let (start, rise) = self.rise();
        mark.kind == MarkKind::Baseline && mark.place().1 < FAR.mul_add(-rise, start)
    }

    /// The curve up to a little past the later of the last plan and where it saves no more than at its beginning.
    fn shown(&self, near: &[&Mark]) -> Vec<(f64, f64)> {
        let (start, _) = self.rise();
        let pays = self.curve.iter().rposition(|point| point.1 > start);
        let even = pays.and_then(|last| self.curve.get(last + 1));
        let plans = near.iter().map(|mark| mark.place().0);
        let last = plans.fold(even.map_or(0.0, |point| point.0), f64::max) * PAST;
        let mut shown: Vec<(f64, f64)> = Vec::new();
        for &(x, y) in &self.curve {
            if x <= last || last <= 0.0 {
                shown.push((x, y));
                continue;
            }
            if let Some(&(before, saved)) = shown.last() {
                let part = (last - before) / (x - before);
                shown.push((last, part.mul_add(y - saved, saved)));
            }
            break;
        }
        shown
    }
}

/// The level and the upright scale, with every point inside and room below for so many arrows.
fn scales(curve: &[(f64, f64)], near: &[&Mark], arrows: usize) -> (Scale, Scale) {
    let points = || curve.iter().copied().chain(near.iter().map(|m| m.place()));
    let low = points().map(|(_, y)| y).fold(0.0, f64::min);
    let high = points().map(|(_, y)| y).fold(0.0, f64::max);
    let right = points().map(|(x, _)| x).fold(0.0, f64::max);
    let mut upright = Scale::over(low, high, 7.0);
    let lanes = marks::LANE * arrows as f64;
    for _ in 0..10 {
        if BOTTOM - upright.place(low, BOTTOM, TOP) >= lanes {
            break;
        }
        upright.low -= upright.step;
    }
    (Scale::over(0.0, right, 8.0), upright)
}

/// Points along a line, so far apart.
pub(super) fn dotted(curve: &[Point], gap: f64) -> Vec<Point> {
    let mut points = Vec::new();
    for pair in curve.windows(2) {
        let [from, to] = pair else { continue };
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let count = (dx.hypot(dy) / gap).ceil().max(1.0) as u32;
        for n in 0..count {
            let part = f64::from(n) / f64::from(count);
            points.push((from.0 + part * dx, from.1 + part * dy));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Money;
    use rust_decimal::Decimal;

    fn money(cents: i64) -> Money {
        Money::from_decimal(Decimal::new(cents, 2)).unwrap()
    }

    fn mark(kind: MarkKind, name: &str, commitment: i64, saving: i64) -> Mark {
        Mark {
            kind,
            name: name.into(),
            hourly_commitment: money(commitment),
            saving: money(saving),
        }
    }

    /// Rises to $135,000 at $30 an hour and saves nothing at $60; drawn as far as $90.
    fn chart(marks: Vec<Mark>) -> SavingsChart {
        let curve = (0..=90).map(|x| {
            let x = f64::from(x);
            (x, 9_000.0 * x - 150.0 * x * x)
        });
        SavingsChart {
            title: "Saving against commitment".into(),
            subtitle: ["90 days".into(), "Dollars saved".into()],
            level: "commitments, dollars an hour".into(),
            curve: curve.collect(),
            marks,
        }
    }

    #[test]
    fn the_chosen_point_is_named_with_its_exact_saving() {
        let scene = chart(vec![mark(
            MarkKind::Chosen,
            "Cheapest mix",
            3_000,
            13_500_049,
        )])
        .scene();
        let texts: Vec<&str> = scene.texts().collect();
        assert!(texts.contains(&"Cheapest mix"), "{texts:?}");
        assert!(
            texts.contains(&"$30.00 an hour saves $135,000"),
            "{texts:?}"
        );
        scene.assert_legible();
    }

    #[test]
    fn seven_plans_at_nearly_one_point_keep_legible_labels() {
        let mut marks = vec![mark(MarkKind::Chosen, "Cheapest mix", 3_000, 13_500_000)];
        for n in 0..6 {
            let name = format!("Baseline {n} with a very long name that says everything about it");
            marks.push(mark(
                MarkKind::Baseline,
                &name,
                2_990 + n,
                13_100_000 + 1_000 * n,
            ));
        }
        chart(marks).scene().assert_legible();
    }

    #[test]
    fn the_curve_ends_a_little_past_break_even_or_the_last_plan() {
        let end = |marks: Vec<Mark>| {
            let chart = chart(marks);
            let marks: Vec<&Mark> = chart.marks.iter().collect();
            chart.shown(&marks).last().copied().unwrap()
        };
        let (x, y) = end(Vec::new());
        // 60 x 1.03 = 61.8; between 61 (-9,150) and 62 (-18,600): -9,150 - 0.8 x 9,450.
        assert!((x - 61.8).abs() < 1e-9, "{x}");
        assert!((y + 16_710.0).abs() < 1e-6, "{y}");
        let (x, _) = end(vec![mark(MarkKind::Baseline, "Late", 7_000, -1_000)]);
        assert!((x - 72.1).abs() < 1e-9, "{x}");
    }

    #[test]
    fn plans_off_the_scale_are_named_with_value_and_place_and_do_not_stretch_it() {
        let near = vec![mark(MarkKind::Chosen, "Cheapest mix", 3_000, 13_500_000)];
        let mut with = near.clone();
        with.push(mark(MarkKind::Baseline, "Both", 20_000, -90_000_000));
        with.push(mark(MarkKind::Baseline, "Three times", 30_000, -99_000_000));
        let (with, without) = (chart(with).scene(), chart(near).scene());
        let texts: Vec<&str> = with.texts().collect();
        assert!(
            texts.contains(&"loses $900,000 at $200.00 an hour"),
            "{texts:?}"
        );
        assert!(texts.contains(&"Three times"), "{texts:?}");
        with.assert_legible();
        let levels = |texts: &[&str]| texts.contains(&"$70");
        assert!(levels(&texts) && levels(&without.texts().collect::<Vec<_>>()));
        assert!(!texts.contains(&"$200"), "{texts:?}");
    }
}

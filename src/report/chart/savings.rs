//! Savings against commitment: the curve, the chosen point, and where the usual rules would have landed.

use crate::report::format::dollars;
use crate::units::Money;

use super::axis::{self, Scale};
use super::font::{self, Weight};
use super::paint;
use super::place::{self, Label};
use super::scene::{BLUE, Frame, GREY, LABEL, Point, RULE, Scene, VERMILION, WHITE, WIDTH, Words};

const HEIGHT: f64 = 430.0;
/// The widest a label may be.
const WIDEST: f64 = 290.0;
const LINE: f64 = 15.5;

/// What a marked point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// The plan the report recommends.
    Chosen,
    /// The cheapest plan found, where it is not the chosen one.
    Cheapest,
    /// A plan to compare with.
    Baseline,
}

/// A plan as a point: what it commits and what it saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What it is.
    pub kind: MarkKind,
    /// Its name.
    pub name: String,
    /// What its commitments cost an hour, upfront fees spread over their term.
    pub hourly_commitment: Money,
    /// What it saves over the window; negative when it costs more than On-Demand.
    pub saving: Money,
}

/// Savings over a window against hourly commitment.
#[derive(Debug, Clone, PartialEq)]
pub struct SavingsChart {
    /// What stands above it.
    pub title: String,
    /// What the savings are of: "91 days from 1 July 2026 against On-Demand".
    pub subtitle: String,
    /// Commitment in dollars an hour and the saving over the window in dollars, ascending; straight between.
    pub curve: Vec<(f64, f64)>,
    /// Plans on or off the curve.
    pub marks: Vec<Mark>,
}

impl SavingsChart {
    /// The drawing.
    pub fn scene(&self) -> Scene {
        let subtitle = [
            self.subtitle.clone(),
            "Dollars saved over the window, by what the commitments cost an hour.".to_owned(),
        ];
        let mut scene = Scene::new(&self.title, &subtitle, HEIGHT);
        let (level, upright) = self.scales();
        let frame = Frame {
            left: upright.label_width() + 10.0,
            top: 74.0,
            right: WIDTH - 12.0 - level.label_width() / 3.0,
            bottom: HEIGHT - 42.0,
        };
        axis::draw_upright(&mut scene, upright, frame);
        axis::draw_level(&mut scene, level, frame, "commitments, dollars an hour");
        let at = |(x, y): (f64, f64)| {
            (
                level.place(x, frame.left, frame.right),
                upright.place(y, frame.bottom, frame.top),
            )
        };
        let curve: Vec<Point> = self.curve.iter().copied().map(at).collect();
        scene.line(curve.clone(), BLUE, 2.2);
        let places: Vec<Point> = self.marks.iter().map(|mark| at(mark.place())).collect();
        let nought = upright.place(0.0, frame.bottom, frame.top);
        let lines = [
            dotted(&curve, 4.0),
            // Worth less than the curve: labels may cover a little of it.
            dotted(&[(frame.left, nought), (frame.right, nought)], 24.0),
        ]
        .concat();
        // Between the subtitle and the uppermost line there is room for half a label.
        let page = Frame {
            top: frame.top - 18.0,
            ..frame
        };
        draw_marks(&mut scene, &self.marks, &places, (&lines, page));
        scene
    }

    /// The level and the upright scale, with every point inside.
    fn scales(&self) -> (Scale, Scale) {
        let points = || {
            let marks = self.marks.iter().map(Mark::place);
            self.curve.iter().copied().chain(marks)
        };
        let low = points().map(|(_, y)| y).fold(0.0, f64::min);
        let high = points().map(|(_, y)| y).fold(0.0, f64::max);
        let right = points().map(|(x, _)| x).fold(0.0, f64::max);
        (Scale::over(0.0, right, 7.0), Scale::over(low, high, 7.0))
    }
}

impl Mark {
    fn place(&self) -> (f64, f64) {
        (self.hourly_commitment.to_f64(), self.saving.to_f64())
    }

    /// Its label's lines.
    fn lines(&self) -> Vec<String> {
        let saving = if self.saving.is_zero() {
            "saves nothing".to_owned()
        } else if self.saving < Money::ZERO {
            format!("loses {}", dollars(-self.saving, places(self.saving)))
        } else {
            format!("saves {}", dollars(self.saving, places(self.saving)))
        };
        let (weight, second) = match self.kind {
            MarkKind::Baseline => (Weight::Regular, saving),
            MarkKind::Chosen | MarkKind::Cheapest => {
                let hourly = dollars(self.hourly_commitment, 2);
                (Weight::SemiBold, format!("{hourly} an hour {saving}"))
            }
        };
        vec![font::fit(&self.name, LABEL, weight, WIDEST), second]
    }

    fn words(&self, frame: Frame) -> Vec<Words> {
        let colour = match self.kind {
            MarkKind::Chosen => VERMILION,
            MarkKind::Cheapest => BLUE,
            MarkKind::Baseline => GREY,
        };
        let mut y = frame.top + 0.8 * LABEL;
        let mut words = Vec::new();
        for (index, line) in self.lines().into_iter().enumerate() {
            let line = Words::new(line, (frame.left, y)).coloured(colour);
            let first = index == 0 && self.kind != MarkKind::Baseline;
            words.push(if first { line.bold() } else { line });
            y += LINE;
        }
        words
    }

    fn draw(&self, scene: &mut Scene, at: Point) {
        match self.kind {
            MarkKind::Chosen => {
                scene.dot(at, 8.0, WHITE);
                scene.dot(at, 6.5, VERMILION);
            }
            MarkKind::Cheapest => {
                scene.dot(at, 6.5, BLUE);
                scene.dot(at, 4.0, WHITE);
            }
            MarkKind::Baseline => {
                scene.dot(at, 5.0, GREY);
                scene.dot(at, 3.2, WHITE);
            }
        }
    }
}

/// Cents below a hundred dollars, whole dollars above.
fn places(amount: Money) -> u32 {
    let hundred = Money::from_atoms(100 * Money::ATOMS_PER_DOLLAR);
    if amount < hundred && -amount < hundred {
        2
    } else {
        0
    }
}

fn draw_marks(
    scene: &mut Scene,
    marks: &[Mark],
    places: &[Point],
    (lines, frame): (&[Point], Frame),
) {
    // The chosen point's label takes its place first.
    let mut order: Vec<(&Mark, Point)> = marks.iter().zip(places.iter().copied()).collect();
    order.sort_by_key(|(mark, _)| match mark.kind {
        MarkKind::Chosen => 0,
        MarkKind::Cheapest => 1,
        MarkKind::Baseline => 2,
    });
    let label = |&(mark, point): &(&Mark, Point)| {
        let lines = mark.lines();
        let weight = if mark.kind == MarkKind::Baseline {
            Weight::Regular
        } else {
            Weight::SemiBold
        };
        Label {
            point,
            width: lines
                .iter()
                .map(|line| font::width(line, LABEL, weight))
                .fold(0.0, f64::max),
            height: LINE * lines.len() as f64,
        }
    };
    let labels: Vec<Label> = order.iter().map(label).collect();
    let boxes = place::near(&labels, lines, frame);
    for ((_, point), boxed) in order.iter().zip(&boxes) {
        leader(scene, *point, *boxed);
    }
    for ((mark, _), boxed) in order.iter().zip(&boxes) {
        for words in mark.words(*boxed) {
            paint::paper(scene, &words);
            scene.words(words);
        }
    }
    for (mark, point) in order.iter().rev() {
        mark.draw(scene, *point);
    }
}

/// A line from a point to its label, where the label had to go away from it.
fn leader(scene: &mut Scene, (x, y): Point, label: Frame) {
    let end = label.wider(4.0, 3.0).nearest((x, y));
    if (end.0 - x).hypot(end.1 - y) > 11.0 {
        scene.line(vec![(x, y), end], RULE, 0.8);
    }
}

/// Points along a line, so far apart.
fn dotted(curve: &[Point], gap: f64) -> Vec<Point> {
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

    fn chart(marks: Vec<Mark>) -> SavingsChart {
        let curve = (0..=50).map(|x| {
            let x = f64::from(x);
            (x, 9_000.0 * x - 150.0 * x * x)
        });
        SavingsChart {
            title: "Saving against commitment".into(),
            subtitle: "90 days".into(),
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
            marks.push(mark(MarkKind::Baseline, &name, 2_990 + n, 13_100_000 + n));
        }
        chart(marks).scene().assert_legible();
    }

    #[test]
    fn a_loss_is_called_a_loss() {
        assert_eq!(
            mark(MarkKind::Baseline, "Both", 100, -123_456).lines(),
            ["Both", "loses $1,235"]
        );
    }
}

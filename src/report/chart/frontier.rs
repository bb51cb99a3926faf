//! Expected against worst saving: mixes between the best mean and the best worst case, and the plans beside them.

use crate::report::Language;
use crate::report::format::dollars;
use crate::units::Money;

use super::axis::{self, Scale};
use super::marks::{self, MarkKind, Pin};
use super::savings::dotted;
use super::scene::{BLUE, Frame, Point, Scene, WHITE, WIDTH};

const HEIGHT: f64 = 430.0;
const TOP: f64 = 92.0;
const BOTTOM: f64 = HEIGHT - 42.0;
/// Plans farther from the frontier than it is long, so many times, would squeeze it: they are left to the table.
const FAR: f64 = 2.0;
/// About so many steps a scale has.
const STEPS: f64 = 6.0;

/// A mix by what it saves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    /// What it is, or what it does best by.
    pub name: String,
    /// What it saves on the mean over the events.
    pub expected: Money,
    /// What it saves in the event in which it saves least.
    pub worst: Money,
}

/// Expected against worst saving over events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrontierChart {
    /// What stands above it.
    pub title: String,
    /// What the savings are of.
    pub subtitle: String,
    /// From the best mean to the best worst case.
    pub mixes: Vec<Prospect>,
    /// Plans with what they are.
    pub plans: Vec<(MarkKind, Prospect)>,
}

impl Prospect {
    fn place(&self) -> (f64, f64) {
        (self.worst.to_f64(), self.expected.to_f64())
    }

    fn says(&self) -> String {
        let amount = |amount| dollars(amount, 0).replace('-', "−");
        format!(
            "mean {}, worst {}",
            amount(self.expected),
            amount(self.worst)
        )
    }

    fn pin(&self, kind: MarkKind, name: String, at: Point) -> Pin {
        Pin {
            kind,
            name,
            at,
            says: self.says(),
            in_full: self.says(),
        }
    }

    fn words(&self, language: &Language) -> String {
        format!(
            "{}\n{}",
            language.say(&self.name),
            language.say(&self.says())
        )
    }
}

impl FrontierChart {
    /// The drawing.
    pub fn scene(&self, language: &Language) -> Scene {
        let near: Vec<&(MarkKind, Prospect)> = self
            .plans
            .iter()
            .filter(|plan| !self.is_far(plan))
            .collect();
        let left_out = self.plans.len() - near.len();
        let mut subtitle = vec![language.say(&self.subtitle)];
        if left_out > 0 {
            let words = format!("In the table alone, as they save far less: {left_out}.");
            subtitle.push(language.say(&words));
        }
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, HEIGHT);
        let all = self.mixes.iter().chain(near.iter().map(|(_, plan)| plan));
        let level = scale(all.clone().map(|plan| plan.place().0));
        let upright = scale(all.map(|plan| plan.place().1));
        let frame = Frame {
            left: upright.label_width() + 10.0,
            top: TOP,
            right: WIDTH - 12.0 - level.label_width() / 2.0,
            bottom: BOTTOM,
        };
        axis::draw_upright(&mut scene, upright, frame);
        let counts = "across: saving in the worst event; upwards: expected saving";
        axis::draw_level(&mut scene, level, frame, &language.say(counts));
        let at = |plan: &Prospect| {
            let (x, y) = plan.place();
            (
                level.place(x, frame.left, frame.right),
                upright.place(y, frame.bottom, frame.top),
            )
        };
        let line: Vec<Point> = self.mixes.iter().map(at).collect();
        scene.line(line.clone(), BLUE, 2.2);
        let mut pins: Vec<Pin> = near
            .iter()
            .map(|(kind, plan)| plan.pin(*kind, plan.name.clone(), at(plan)))
            .collect();
        pins.extend(self.ends().map(|mix| {
            let name = language.say(&format!("best by the {}", mix.name));
            mix.pin(MarkKind::Baseline, name, at(mix))
        }));
        let page = marks::Page {
            lines: &dotted(&line, 4.0),
            rooms: &[],
            frame: Frame {
                top: frame.top - 27.0,
                ..frame
            },
        };
        marks::draw(&mut scene, &pins, &page, language);
        for mix in &self.mixes {
            scene.dot(at(mix), 4.6, WHITE);
            scene.dot(at(mix), 3.4, BLUE);
        }
        for plan in self.mixes.iter().chain(near.iter().map(|(_, plan)| plan)) {
            scene.spot_at(at(plan), plan.words(language));
        }
        scene
    }

    /// The mixes at both ends, unless a plan that stands out is that mix.
    fn ends(&self) -> impl Iterator<Item = &Prospect> {
        let last = self.mixes.len().saturating_sub(1);
        let ends = self.mixes.iter().enumerate();
        let ends = ends.filter(move |&(at, _)| at == 0 || at == last);
        ends.map(|(_, mix)| mix).filter(|mix| {
            let same = |plan: &Prospect| (plan.expected, plan.worst) == (mix.expected, mix.worst);
            !self.plans.iter().any(|(_, plan)| same(plan))
        })
    }

    /// Whether a plan would squeeze the frontier if it were shown to scale.
    fn is_far(&self, (kind, plan): &(MarkKind, Prospect)) -> bool {
        let stands_out = |kind: MarkKind| kind != MarkKind::Baseline;
        let beyond = |of: fn(&Prospect) -> f64| {
            let plans = self.plans.iter().filter(|(kind, _)| stands_out(*kind));
            let fixed = plans.map(|(_, plan)| plan).chain(&self.mixes).map(of);
            let (low, high) = ends(fixed);
            let room = (high - low).max(0.02 * high.abs());
            of(plan) < FAR.mul_add(-room, low)
        };
        !stands_out(*kind) && (beyond(|plan| plan.place().0) || beyond(|plan| plan.place().1))
    }
}

/// The least and the greatest.
fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
        (low.min(value), high.max(value))
    })
}

/// A scale with every value well inside.
fn scale(values: impl Iterator<Item = f64>) -> Scale {
    let (low, high) = ends(values);
    if low > high {
        return Scale::over(0.0, 0.0, STEPS);
    }
    let room = 0.08 * (high - low).max(0.01 * high.abs());
    Scale::between(low - room, high + room, STEPS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn prospect(name: &str, expected: i64, worst: i64) -> Prospect {
        let money = |dollars: i64| Money::from_decimal(Decimal::from(dollars)).unwrap();
        Prospect {
            name: name.into(),
            expected: money(expected),
            worst: money(worst),
        }
    }

    fn chart(mixes: Vec<Prospect>, plans: Vec<(MarkKind, Prospect)>) -> Scene {
        let chart = FrontierChart {
            title: "Expected against worst saving".into(),
            subtitle: "Five events".into(),
            mixes,
            plans,
        };
        chart.scene(Language::english())
    }

    #[test]
    fn plans_and_both_ends_are_named_and_what_is_far_off_is_counted() {
        let mixes = vec![
            prospect("mean", 1_000, 400),
            prospect("1/2 mean, 1/2 worst fifth", 980, 600),
            prospect("worst event", 900, 700),
        ];
        let plans = vec![
            (MarkKind::Chosen, prospect("Robust mix", 980, 600)),
            (
                MarkKind::Cheapest,
                prospect("Cheapest mix found", 1_000, 390),
            ),
            (MarkKind::Baseline, prospect("One Compute SP", 850, 500)),
            (
                MarkKind::Baseline,
                prospect("Both followed", -9_000, -20_000),
            ),
        ];
        let scene = chart(mixes, plans);
        let texts: Vec<&str> = scene.texts().collect();
        for expected in [
            "Robust mix",
            "mean $980, worst $600",
            "One Compute SP",
            "best by the mean",
            "best by the worst event",
            "In the table alone, as they save far less: 1.",
        ] {
            assert!(texts.contains(&expected), "{expected}: {texts:?}");
        }
        assert!(!texts.contains(&"Both followed"), "{texts:?}");
        scene.assert_legible();
    }

    #[test]
    fn one_point_and_none_are_still_a_picture() {
        chart(Vec::new(), Vec::new()).assert_legible();
        let only = prospect("mean", 0, 0);
        chart(vec![only.clone(); 6], vec![(MarkKind::Chosen, only)]).assert_legible();
    }
}

//! From one cost to others: what each adds to the first or takes from it, as bars that hang where the first ends.

use crate::report::Language;
use crate::report::format::dollars;
use crate::units::Money;

use super::axis::Scale;
use super::font::{self, Weight};
use super::scene::{
    Anchor, Frame, GREEN, GREY, INK, LABEL, RULE, SILVER, SMALL, Scene, VERMILION, WIDTH, Words,
};

const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
const TOP: f64 = 70.0;
/// The widest a name may be.
const WIDEST: f64 = 210.0;

/// A cost beside the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is.
    pub name: String,
    /// What it costs.
    pub cost: Money,
}

/// A base and what else could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaterfallChart {
    /// What stands above it.
    pub title: String,
    /// What the costs are of.
    pub subtitle: String,
    /// The base, then the others.
    pub steps: Vec<Step>,
}

impl WaterfallChart {
    /// The drawing.
    pub fn scene(&self, language: &Language) -> Scene {
        let bottom = TOP + ROW * self.steps.len() as f64;
        let subtitle = [language.say(&self.subtitle)];
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, bottom + 8.0);
        let base = self.steps.first().map_or(Money::ZERO, |step| step.cost);
        let labels: Vec<[String; 2]> = self.steps.iter().map(|step| label(step, base)).collect();
        let width = |text: &str, size| font::width(text, size, Weight::SemiBold);
        let names = self.steps.iter().map(|step| &step.name);
        let names: Vec<String> = names
            .map(|name| font::fit(name, LABEL, Weight::SemiBold, WIDEST))
            .collect();
        let widest = names
            .iter()
            .map(|name| width(name, LABEL))
            .fold(0.0, f64::max);
        let behind = labels
            .iter()
            .map(|[cost, change]| width(cost, LABEL) + width(change, SMALL) + 14.0)
            .fold(0.0, f64::max);
        let frame = Frame {
            left: widest + 12.0,
            top: TOP - 4.0,
            right: WIDTH - behind - 8.0,
            bottom,
        };
        let costs = self.steps.iter().map(|step| step.cost.to_f64());
        let scale = Scale {
            low: 0.0,
            high: costs.fold(0.0, f64::max).max(1e-9),
            step: 1.0,
        };
        for (index, ((step, name), label)) in self.steps.iter().zip(&names).zip(&labels).enumerate()
        {
            let middle = TOP + ROW * (index as f64 + 0.5);
            step.draw(&mut scene, (name, label), middle, (base, frame, scale));
        }
        let x = scale.place(base.to_f64(), frame.left, frame.right);
        scene.dashes((x, frame.top), (x, frame.bottom), INK, 1.2);
        scene.line(
            vec![(frame.left, frame.top), (frame.left, bottom)],
            RULE,
            1.0,
        );
        scene
    }
}

/// Its cost, and what that is more or less than the base.
fn label(step: &Step, base: Money) -> [String; 2] {
    let change = step.cost - base;
    let change = match change.cmp(&Money::ZERO) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!("+{}", dollars(change, 2)),
        std::cmp::Ordering::Less => format!("−{}", dollars(-change, 2)),
    };
    [dollars(step.cost, 2), change]
}

impl Step {
    fn draw(
        &self,
        scene: &mut Scene,
        (name, [cost, change]): (&str, &[String; 2]),
        middle: f64,
        (base, frame, scale): (Money, Frame, Scale),
    ) {
        let y = middle + 0.36 * LABEL;
        scene.words(Words::new(name, (frame.left - 8.0, y)).anchored(Anchor::End));
        let at = |cost: Money| scale.place(cost.to_f64().max(0.0), frame.left, frame.right);
        let bar = |left: f64, right: f64| Frame {
            left,
            top: middle - BAR / 2.0,
            right,
            bottom: middle + BAR / 2.0,
        };
        let (own, first) = (at(self.cost), at(base));
        // What both cost is the same money; what is added or saved is coloured.
        scene.box_(bar(frame.left, own.min(first)), SILVER);
        let (colour, changed) = if self.cost > base {
            (VERMILION, bar(first, own.max(first + 1.5)))
        } else {
            (GREEN, bar(own.min(first - 1.5), first))
        };
        if self.cost != base {
            scene.box_(changed, colour);
        }
        let words = Words::new(cost, (own.max(first) + 7.0, y));
        let behind = words.frame().right + 7.0;
        scene.words(words);
        let ink = if change.is_empty() { GREY } else { colour };
        scene.words(Words::new(change, (behind, y)).small().coloured(ink));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    #[test]
    fn differences_are_said_to_the_cent_and_every_word_is_legible() {
        let money = |cents: i64| Money::from_decimal(Decimal::new(cents, 2)).unwrap();
        let step = |name: &str, cents| Step {
            name: name.into(),
            cost: money(cents),
        };
        for scale in [1, 1_000_000] {
            let chart = WaterfallChart {
                title: "What each scenario costs".into(),
                subtitle: "Against the base (dashed).".into(),
                steps: vec![
                    step("base", 188_947 * scale),
                    step("the same", 188_947 * scale),
                    step(
                        "dearer by a cent and with a name as long as a sentence",
                        188_948 * scale,
                    ),
                    step("nothing", 0),
                    step("twice", 377_894 * scale),
                ],
            };
            let scene = chart.scene(Language::english());
            scene.assert_legible();
            if scale == 1 {
                assert!(scene.texts().any(|text| text == "+$0.01"));
                assert!(scene.texts().any(|text| text == "−$1,889.47"));
            }
        }
        let none = WaterfallChart {
            title: String::new(),
            subtitle: String::new(),
            steps: Vec::new(),
        };
        none.scene(Language::english()).assert_legible();
    }
}

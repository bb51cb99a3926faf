//! Plans beside each other: what each costs, and what none can go below.

use crate::report::Language;
use crate::report::format::dollars;
use crate::units::Money;

use super::axis::Scale;
use super::font::{self, Weight};
use super::scene::{
    Anchor, BLUE, Frame, GREY, INK, LABEL, RULE, SILVER, SMALL, Scene, WIDTH, Words,
};

/// The widest a plan's name may be.
const WIDEST: f64 = 250.0;
const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
const TOP: f64 = 74.0;

/// A plan's bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanBar {
    /// The plan's name.
    pub name: String,
    /// What it costs over the window.
    pub cost: Money,
    /// What is said behind the cost: "-31.2 %".
    pub detail: String,
    /// Whether it is the plan chosen.
    pub chosen: bool,
}

/// What plans cost over a window, as bars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlansChart {
    /// What stands above it.
    pub title: String,
    /// What the costs are of.
    pub subtitle: String,
    /// The plans, the uppermost first.
    pub plans: Vec<PlanBar>,
    /// What no plan can cost less than, if it is known.
    pub lower_bound: Option<Money>,
}

impl PlansChart {
    /// The drawing.
    pub fn scene(&self) -> Scene {
        self.scene_in(Language::english())
    }

    /// The same with its words in a language.
    pub fn scene_in(&self, language: &Language) -> Scene {
        let bottom = TOP + ROW * self.plans.len() as f64;
        let bound = self.lower_bound.map(|bound| {
            language.say(&format!(
                "No plan of the kinds allowed can cost less than {} (dashed).",
                dollars(bound, 2)
            ))
        });
        let subtitle: Vec<String> = [Some(language.say(&self.subtitle)), bound]
            .into_iter()
            .flatten()
            .collect();
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, bottom + 8.0);
        let costs: Vec<String> = self
            .plans
            .iter()
            .map(|plan| dollars(plan.cost, 2))
            .collect();
        let names = self.plans.iter().map(|plan| plan.fitted(language));
        let names: Vec<String> = names.collect();
        let frame = Frame {
            left: widest(&names) + 12.0,
            top: TOP - 4.0,
            right: WIDTH - self.label_width(&costs, language) - 8.0,
            bottom,
        };
        let highest = self.plans.iter().map(|plan| plan.cost.to_f64());
        let scale = Scale {
            low: 0.0,
            high: highest.fold(0.0, f64::max).max(1e-9),
            step: 1.0,
        };
        for (index, ((plan, name), cost)) in self.plans.iter().zip(&names).zip(&costs).enumerate() {
            let middle = TOP + ROW * (index as f64 + 0.5);
            let detail = language.say(&plan.detail);
            plan.draw(&mut scene, [name, cost, &detail], middle, (frame, scale));
        }
        scene.line(
            vec![(frame.left, frame.top), (frame.left, frame.bottom)],
            RULE,
            1.0,
        );
        if let Some(bound) = self.lower_bound {
            let x = scale.place(bound.to_f64(), frame.left, frame.right);
            scene.dashes((x, frame.top), (x, frame.bottom), INK, 1.4);
        }
        scene
    }

    fn label_width(&self, costs: &[String], language: &Language) -> f64 {
        let details = self
            .plans
            .iter()
            .map(|plan| font::width(&language.say(&plan.detail), SMALL, Weight::Regular));
        widest(costs) + details.fold(0.0, f64::max) + 14.0
    }
}

impl PlanBar {
    fn fitted(&self, language: &Language) -> String {
        font::fit(&language.say(&self.name), LABEL, Weight::SemiBold, WIDEST)
    }

    fn draw(
        &self,
        scene: &mut Scene,
        [name, cost, detail]: [&str; 3],
        middle: f64,
        plot: (Frame, Scale),
    ) {
        let (frame, scale) = plot;
        let base = middle + 0.36 * LABEL;
        let weigh = |words: Words| if self.chosen { words.bold() } else { words };
        let words = Words::new(name, (frame.left - 8.0, base));
        scene.words(weigh(words).anchored(Anchor::End));
        let right = scale.place(self.cost.to_f64().max(0.0), frame.left, frame.right);
        scene.box_(
            Frame {
                left: frame.left,
                top: middle - BAR / 2.0,
                right,
                bottom: middle + BAR / 2.0,
            },
            if self.chosen { BLUE } else { SILVER },
        );
        let words = weigh(Words::new(cost, (right + 7.0, base)));
        let behind = words.frame().right + 7.0;
        scene.words(words);
        scene.words(Words::new(detail, (behind, base)).small().coloured(GREY));
    }
}

fn widest(texts: &[String]) -> f64 {
    texts
        .iter()
        .map(|text| font::width(text, LABEL, Weight::SemiBold))
        .fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::dec;

    #[test]
    fn costs_stand_behind_their_bars_to_the_cent() {
        let plan = |name: &str, cost, chosen| PlanBar {
            name: name.into(),
            cost: Money::from_decimal(cost).unwrap(),
            detail: "−31.2 %".into(),
            chosen,
        };
        let chart = PlansChart {
            title: "What each plan costs".into(),
            subtitle: "90 days".into(),
            plans: vec![
                plan("On-Demand", dec!(1234567.89), false),
                plan(
                    &"A plan with a name as long as a sentence ".repeat(3),
                    dec!(0.02),
                    true,
                ),
            ],
            lower_bound: Some(Money::from_decimal(dec!(800000)).unwrap()),
        };
        let scene = chart.scene();
        assert!(scene.texts().any(|text| text == "$1,234,567.89"));
        assert!(scene.texts().any(|text| text == "$0.02"));
        scene.assert_legible();
    }
}

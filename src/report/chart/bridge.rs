//! From one cost down to another: what each part takes from it or adds to it, one bar hanging from the end of the last.

use crate::analysis::ratio;
use crate::report::Language;
use crate::report::format::{dollars, percent};
use crate::units::Money;

use super::axis::Scale;
use super::font::{self, Weight};
use super::scene::{
    Anchor, BLUE, Frame, GREEN, GREY, LABEL, RULE, SILVER, SMALL, Scene, VERMILION, WIDTH, Words,
};

const ROW: f64 = 30.0;
const BAR: f64 = 18.0;
const TOP: f64 = 66.0;
/// The widest a name may be.
const WIDEST: f64 = 250.0;

/// Two costs and the way between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BridgeChart {
    /// What stands above it.
    pub title: String,
    /// What the costs are of.
    pub subtitle: String,
    /// Where it begins.
    pub from: (String, Money),
    /// What is taken away on the way; what is added is below 0. Together they lead to the end, but for less than a cent.
    pub taken: Vec<(String, Money)>,
    /// Where it ends.
    pub to: (String, Money),
}

/// One row: its name, its words behind the bar, the costs it stretches between, its colour.
struct Row<'a> {
    name: &'a str,
    words: [String; 2],
    between: (Money, Money),
    colour: plotters::style::RGBColor,
}

impl BridgeChart {
    /// The drawing.
    pub fn scene(&self, language: &Language) -> Scene {
        let rows = self.rows(language);
        let bottom = TOP + ROW * rows.len() as f64;
        let subtitle = [language.say(&self.subtitle)];
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, bottom + 8.0);
        let width = |text: &str, size| font::width(text, size, Weight::SemiBold);
        let names: Vec<String> = rows
            .iter()
            .map(|row| font::fit(&language.say(row.name), LABEL, Weight::SemiBold, WIDEST))
            .collect();
        let widest = names.iter().map(|name| width(name, LABEL));
        let behind = rows.iter().map(|row| {
            let [amount, share] = &row.words;
            width(amount, LABEL) + width(share, SMALL) + 14.0
        });
        let frame = Frame {
            left: widest.fold(0.0, f64::max) + 12.0,
            top: TOP - 4.0,
            right: WIDTH - behind.fold(0.0, f64::max) - 8.0,
            bottom,
        };
        let reaches = rows.iter().flat_map(|row| [row.between.0, row.between.1]);
        let high = reaches.map(Money::to_f64).fold(0.0, f64::max);
        let scale = Scale {
            low: 0.0,
            high: high.max(1e-9),
            step: 1.0,
        };
        for (index, (row, name)) in rows.iter().zip(&names).enumerate() {
            row.draw(&mut scene, name, index, (frame, scale));
        }
        let edge = vec![(frame.left, frame.top), (frame.left, bottom)];
        scene.line(edge, RULE, 1.0);
        scene
    }

    fn rows(&self, language: &Language) -> Vec<Row<'_>> {
        let (name, start) = &self.from;
        let whole = |name, cost, colour| Row {
            name,
            words: [dollars(cost, 2), String::new()],
            between: (Money::ZERO, cost),
            colour,
        };
        let mut rows = vec![whole(name.as_str(), *start, SILVER)];
        let mut left = *start;
        for (name, taken) in &self.taken {
            let after = left - *taken;
            let (sign, size) = if *taken < Money::ZERO {
                ("+", -*taken)
            } else {
                ("−", *taken)
            };
            let share = format!("{} %", percent(ratio(size, *start)));
            rows.push(Row {
                name,
                words: [format!("{sign}{}", dollars(size, 2)), language.say(&share)],
                between: (after, left),
                colour: if *taken < Money::ZERO {
                    VERMILION
                } else {
                    GREEN
                },
            });
            left = after;
        }
        rows.push(whole(self.to.0.as_str(), self.to.1, BLUE));
        rows
    }
}

impl Row<'_> {
    fn draw(&self, scene: &mut Scene, name: &str, index: usize, (frame, scale): (Frame, Scale)) {
        let middle = TOP + ROW * (index as f64 + 0.5);
        let base = middle + 0.36 * LABEL;
        let at = |cost: Money| scale.place(cost.to_f64().max(0.0), frame.left, frame.right);
        let (one, other) = (at(self.between.0), at(self.between.1));
        let whole = self.between.0.is_zero();
        let weigh = |words: Words| if whole { words.bold() } else { words };
        let words = Words::new(name, (frame.left - 8.0, base));
        scene.words(weigh(words).anchored(Anchor::End));
        let bar = Frame {
            left: one.min(other),
            top: middle - BAR / 2.0,
            right: one.max(other).max(one.min(other) + 1.5),
            bottom: middle + BAR / 2.0,
        };
        scene.box_(bar, self.colour);
        let ink = if whole {
            super::scene::INK
        } else {
            self.colour
        };
        let words = Words::new(self.words[0].as_str(), (bar.right + 7.0, base)).coloured(ink);
        let words = weigh(words);
        let behind = words.frame().right + 7.0;
        scene.words(words);
        let share = Words::new(self.words[1].as_str(), (behind, base));
        scene.words(share.small().coloured(GREY));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::{Decimal, dec};

    fn money(dollars: Decimal) -> Money {
        Money::from_decimal(dollars).unwrap()
    }

    #[test]
    fn the_way_is_said_to_the_cent_and_ends_where_the_parts_lead() {
        let part = |name: &str, taken| (name.to_owned(), money(taken));
        let chart = BridgeChart {
            title: "Where the saving comes from".into(),
            subtitle: "90 days".into(),
            from: ("Everything On-Demand".into(), money(dec!(1000))),
            taken: vec![
                part("Standard Reserved Instances, owned", dec!(250.25)),
                part(
                    &"A kind with a name as long as a sentence ".repeat(3),
                    dec!(100),
                ),
                part("A plan that is hardly used", dec!(-0.75)),
            ],
            to: ("Cheapest mix found".into(), money(dec!(650.50))),
        };
        let scene = chart.scene(Language::english());
        // 1,000 - 250.25 - 100 + 0.75 = 650.50.
        for expected in ["$1,000.00", "−$250.25", "25.0 %", "+$0.75", "$650.50"] {
            assert!(scene.texts().any(|text| text == expected), "{expected}");
        }
        scene.assert_legible();
    }
}

//! Amounts by month or day as columns, stacked by what they are of.

use plotters::style::RGBColor;

use crate::report::Language;
use crate::report::format::dollars;
use crate::units::Money;

use super::axis::{self, Scale};
use super::font::{self, Weight};
use super::scene::{
    Anchor, BLUE, Frame, GREEN, LABEL, ORANGE, PURPLE, RULE, SKY, SMALL, Scene, VERMILION, WIDTH,
    Words,
};

const HEIGHT: f64 = 360.0;
/// The colours of the parts, the lowest first: in the order of what covers usage, as its chart has them.
const PALETTE: [RGBColor; 6] = [BLUE, SKY, GREEN, ORANGE, PURPLE, VERMILION];
/// A row of the legend.
const LINE: f64 = 18.0;

/// One part of every column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnPart {
    /// What it is.
    pub name: String,
    /// Its amount in each column.
    pub amounts: Vec<Money>,
}

/// Columns of stacked amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnsChart {
    /// What stands above it.
    pub title: String,
    /// What the amounts are of.
    pub subtitle: String,
    /// The columns' names: months, days.
    pub columns: Vec<String>,
    /// What they consist of, from the ground up: six at the most are told apart, each by its colour; what is nothing
    /// throughout is not named. No amount is below 0.
    pub parts: Vec<ColumnPart>,
}

impl ColumnsChart {
    /// The drawing.
    pub fn scene(&self, language: &Language) -> Scene {
        let subtitle = [language.say(&self.subtitle)];
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, HEIGHT);
        let below = self.draw_legend(&mut scene, language);
        let totals: Vec<Money> = (0..self.columns.len()).map(|at| self.total(at)).collect();
        let highest = totals.iter().map(|total| total.to_f64());
        let scale = Scale::over(0.0, highest.fold(0.0, f64::max), 5.0);
        let frame = Frame {
            left: scale.label_width() + 10.0,
            top: below + 22.0,
            right: WIDTH - 4.0,
            bottom: HEIGHT - 28.0,
        };
        axis::draw_upright(&mut scene, scale, frame);
        self.draw_columns(&mut scene, (scale, frame), language);
        self.draw_names(&mut scene, &totals, (scale, frame), language);
        scene.line(
            vec![(frame.left, frame.bottom), (frame.right, frame.bottom)],
            RULE,
            1.0,
        );
        scene
    }

    fn total(&self, at: usize) -> Money {
        let parts = self.parts.iter().filter_map(|part| part.amounts.get(at));
        parts.copied().sum()
    }

    /// Names with their colours, in as many rows as they need; gives where the last one ends.
    fn draw_legend(&self, scene: &mut Scene, language: &Language) -> f64 {
        let (mut x, mut y) = (0.0, 62.0);
        let is_something = |part: &ColumnPart| part.amounts.iter().any(|amount| !amount.is_zero());
        for (part, colour) in self.parts.iter().zip(PALETTE) {
            if !is_something(part) {
                continue;
            }
            let name = font::fit(
                &language.say(&part.name),
                LABEL,
                Weight::Regular,
                WIDTH - 20.0,
            );
            let width = font::width(&name, LABEL, Weight::Regular) + 34.0;
            if x > 0.0 && x + width - 20.0 > WIDTH {
                (x, y) = (0.0, y + LINE);
            }
            let swatch = Frame {
                left: x,
                top: y - 9.0,
                right: x + 9.0,
                bottom: y,
            };
            scene.box_(swatch, colour);
            scene.words(Words::new(name, (x + 14.0, y)));
            x += width;
        }
        y
    }

    /// The left edge of a column and its width.
    fn place(&self, at: usize, frame: Frame) -> (f64, f64) {
        let step = frame.width() / self.columns.len().max(1) as f64;
        let width = (step * 0.72).min(64.0);
        (frame.left + step * (at as f64 + 0.5) - width / 2.0, width)
    }

    fn draw_columns(&self, scene: &mut Scene, (scale, frame): (Scale, Frame), language: &Language) {
        for (at, name) in self.columns.iter().enumerate() {
            let (left, width) = self.place(at, frame);
            let mut ground = frame.bottom;
            let mut sum = Money::ZERO;
            for (part, colour) in self.parts.iter().zip(PALETTE) {
                let amount = part.amounts.get(at).copied().unwrap_or_default();
                if amount.is_zero() {
                    continue;
                }
                sum += amount;
                let top = scale.place(sum.to_f64(), frame.bottom, frame.top);
                let block = Frame {
                    left,
                    top,
                    right: left + width,
                    bottom: ground,
                };
                scene.box_(block, colour);
                let [name, part] = [name, &part.name].map(|words| language.say(words));
                scene.spot(block, format!("{name}\n{part}: {}", dollars(amount, 2)));
                ground = top;
            }
        }
    }

    /// Names below and sums above the columns, as many as have room.
    fn draw_names(
        &self,
        scene: &mut Scene,
        totals: &[Money],
        (scale, frame): (Scale, Frame),
        language: &Language,
    ) {
        let names: Vec<String> = self.columns.iter().map(|name| language.say(name)).collect();
        let sums: Vec<String> = totals.iter().map(|&total| dollars(total, 0)).collect();
        let widest = |texts: &[String]| {
            let widths = texts
                .iter()
                .map(|text| font::width(text, SMALL, Weight::Regular));
            widths.fold(0.0, f64::max) + 8.0
        };
        let step = frame.width() / self.columns.len().max(1) as f64;
        let every = (widest(&names) / step).ceil().max(1.0) as usize;
        let has_sums = widest(&sums) <= step;
        let mut taken = f64::NEG_INFINITY;
        for (at, ((name, sum), total)) in names.iter().zip(&sums).zip(totals).enumerate() {
            let (left, width) = self.place(at, frame);
            let middle = left + width / 2.0;
            let half = font::width(name, SMALL, Weight::Regular) / 2.0;
            let x = middle.min(WIDTH - half).max(half);
            // The last one may have been moved onto the page, and so towards the one before.
            if at.is_multiple_of(every) && x - half > taken {
                taken = x + half + 4.0;
                let words = Words::new(name.as_str(), (x, frame.bottom + 17.0));
                scene.words(words.small().anchored(Anchor::Middle));
            }
            if has_sums {
                let y = scale.place(total.to_f64(), frame.bottom, frame.top) - 5.0;
                let words = Words::new(sum.as_str(), (middle, y)).small();
                super::paint::paper(scene, &words.clone().anchored(Anchor::Middle));
                scene.words(words.anchored(Anchor::Middle));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn money(dollars: u32) -> Money {
        Money::from_decimal(Decimal::from(dollars)).unwrap()
    }

    #[test]
    fn words_are_legible_from_one_month_to_a_year_of_days() {
        for columns in [0, 1, 3, 12, 36, 366_u32] {
            for scale in [0, 1, 40_000, 9_000_000] {
                let part = |number: u32| ColumnPart {
                    name: format!("Part {number} with a name of some length"),
                    amounts: (0..columns)
                        .map(|at| money(scale * (1 + at * number % 7)))
                        .collect(),
                };
                let chart = ColumnsChart {
                    title: "Cash by month".into(),
                    subtitle: "When it is paid.".into(),
                    columns: (0..columns)
                        .map(|at| format!("2026-{:02}", 1 + at % 12))
                        .collect(),
                    parts: (0..6).map(part).collect(),
                };
                chart.scene(Language::english()).assert_legible();
            }
        }
    }

    #[test]
    fn a_column_says_its_sum() {
        let part = |name: &str, amount| ColumnPart {
            name: name.into(),
            amounts: vec![money(amount)],
        };
        let chart = ColumnsChart {
            title: String::new(),
            subtitle: String::new(),
            columns: vec!["2026-07".into()],
            parts: vec![part("a", 1_200), part("b", 34)],
        };
        let scene = chart.scene(Language::english());
        assert!(scene.texts().any(|text| text == "$1,234"));
    }
}

//! When commitments begin and end: a line each over the months.

use crate::report::Language;
use crate::units::HourSpan;

use super::font::{self, Weight};
use super::scene::{
    Anchor, BLUE, Frame, GREEN, GRID, HAZE, LABEL, SILVER, SMALL, Scene, WIDTH, Words,
};
use super::time;

const ROW: f64 = 24.0;
const BAR: f64 = 12.0;
const TOP: f64 = 64.0;
/// The widest a name may be.
const WIDEST: f64 = 380.0;
/// More would be no picture any more; the first to end are shown.
const MOST: usize = 30;

/// A commitment's life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Life {
    /// What it is.
    pub name: String,
    /// From its purchase to its end.
    pub alive: HourSpan,
    /// Whether it is only proposed.
    pub proposed: bool,
}

/// Commitments by when they end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarChart {
    /// What stands above it.
    pub title: String,
    /// The hours that were billed.
    pub window: HourSpan,
    /// The commitments.
    pub lives: Vec<Life>,
}

impl CalendarChart {
    /// The drawing, what ends first uppermost.
    pub fn scene(&self, language: &Language) -> Scene {
        let mut lives: Vec<&Life> = self.lives.iter().collect();
        lives.sort_by_key(|life| (life.alive.end(), life.alive.start(), life.name.clone()));
        let left_out = lives.len().saturating_sub(MOST);
        lives.truncate(MOST);
        let mut subtitle = if lives.iter().any(|life| life.proposed) {
            "The band is the time that was billed; green is what is proposed, as if bought at its end."
        } else {
            "The band is the time that was billed."
        }
        .to_owned();
        if left_out > 0 {
            subtitle = format!(
                "{MOST} of {} commitments, those that end first.",
                self.lives.len()
            );
        }
        let bottom = TOP + ROW * lives.len() as f64;
        let subtitle = [language.say(&subtitle)];
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, bottom + 40.0);
        let names: Vec<String> = lives
            .iter()
            .map(|life| font::fit(&language.say(&life.name), LABEL, Weight::Regular, WIDEST))
            .collect();
        let widths = names
            .iter()
            .map(|name| font::width(name, LABEL, Weight::Regular));
        let ends = lives
            .iter()
            .map(|life| font::width(&life.end(language), SMALL, Weight::Regular));
        let frame = Frame {
            left: widths.fold(0.0, f64::max) + 10.0,
            top: TOP,
            right: WIDTH - ends.fold(0.0, f64::max) - 10.0,
            bottom,
        };
        let span = self.span(&lives);
        let x = |hour: i64| {
            let since = (hour - span.start().epoch_hours()) as f64;
            frame.left + since / span.len().max(1) as f64 * frame.width()
        };
        let band = Frame {
            left: x(self.window.start().epoch_hours()),
            right: x(self.window.end().epoch_hours()),
            ..frame
        };
        scene.box_(band, HAZE);
        time::draw(&mut scene, span, frame, language);
        for (index, (life, name)) in lives.iter().zip(&names).enumerate() {
            let middle = TOP + ROW * (index as f64 + 0.5);
            let ends = (
                x(life.alive.start().epoch_hours()),
                x(life.alive.end().epoch_hours()),
            );
            draw_life(&mut scene, (life, name), (middle, ends, frame), language);
        }
        scene
    }

    /// From the first purchase to the last end, the window included.
    fn span(&self, lives: &[&Life]) -> HourSpan {
        let starts = lives.iter().map(|life| life.alive.start());
        let ends = lives.iter().map(|life| life.alive.end());
        HourSpan::new(
            starts.fold(self.window.start(), Ord::min),
            ends.fold(self.window.end(), Ord::max),
        )
    }
}

impl Life {
    /// The day of its end.
    fn end(&self, language: &Language) -> String {
        let day = self.alive.end().start().format("%Y-%m-%d");
        language.say(&day.to_string())
    }
}

fn draw_life(
    scene: &mut Scene,
    (life, name): (&Life, &str),
    (middle, (from, to), frame): (f64, (f64, f64), Frame),
    language: &Language,
) {
    let y = middle + 0.36 * LABEL;
    scene.words(Words::new(name, (frame.left - 8.0, y)).anchored(Anchor::End));
    scene.line(vec![(frame.left, middle), (frame.right, middle)], GRID, 1.0);
    let bar = Frame {
        left: from,
        top: middle - BAR / 2.0,
        right: to.max(from + 2.0),
        bottom: middle + BAR / 2.0,
    };
    let colour = if life.alive.is_empty() {
        SILVER
    } else if life.proposed {
        GREEN
    } else {
        BLUE
    };
    scene.box_(bar, colour);
    let words = Words::new(
        life.end(language),
        (to.max(from + 2.0) + 6.0, middle + 0.36 * SMALL),
    );
    // The line of the row ends where the label begins.
    let words = words.small();
    super::paint::paper(scene, &words);
    scene.words(words);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Hour;

    #[test]
    fn ends_are_said_and_legible() {
        let window = HourSpan::new(
            Hour::parse("2026-07-01T00:00Z").unwrap(),
            Hour::parse("2026-10-01T00:00Z").unwrap(),
        );
        for count in [0, 1, 4, 30, 90_i64] {
            let life = |number: i64| Life {
                name: format!("Reserved Instance number {number} in eu-west-1, r5.2xlarge"),
                alive: HourSpan::new(
                    window.start().plus(-700 * number),
                    window.start().plus(8_760 - 700 * number),
                ),
                proposed: number % 2 == 1,
            };
            let chart = CalendarChart {
                title: "When commitments end".into(),
                window,
                lives: (0..count).map(life).collect(),
            };
            let scene = chart.scene(Language::english());
            scene.assert_legible();
            assert_eq!(
                scene.texts().any(|text| text == "2027-07-01"),
                (1..31).contains(&count)
            );
        }
    }
}

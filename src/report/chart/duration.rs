//! Load duration: how much is used in how many of the hours, and how many hours a commitment must be used to pay.

use crate::report::Language;

use super::axis::{self, Scale};
use super::font::{self, Weight};
use super::scene::{Anchor, BLUE, Frame, GREY, INK, Point, RULE, SKY, SMALL, Scene, WIDTH, Words};

const HEIGHT: f64 = 390.0;
/// From one label of a line to the next.
const LINE: f64 = 15.0;

/// A way to commit, and the share of hours from which it pays.
#[derive(Debug, Clone, PartialEq)]
pub struct BreakEven {
    /// What it is.
    pub name: String,
    /// Per cent of the hours that what it covers must be used in, so that it costs what On-Demand does.
    pub percent: f64,
}

/// Usage of every hour, the highest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DurationChart {
    /// What stands above it.
    pub title: String,
    /// Usage of each hour, dollars an hour, in any order.
    pub dollars_per_hour: Vec<f64>,
    /// Ways to commit.
    pub break_even: Vec<BreakEven>,
}

impl DurationChart {
    /// The drawing.
    pub fn scene(&self, language: &Language) -> Scene {
        let subtitle = [
            "Usage at On-Demand rates, dollars an hour, the highest hour first.",
            "What is used in more of the hours than a line marks, that way to commit makes cheaper.",
        ];
        let subtitle = subtitle.map(|line| language.say(line));
        let mut scene = Scene::new(&language.say(&self.title), &subtitle, HEIGHT);
        let mut hours = self.dollars_per_hour.clone();
        hours.sort_by(|one, other| other.total_cmp(one));
        let scale = Scale::over(0.0, hours.first().copied().unwrap_or(0.0), 5.0);
        let mut lines: Vec<&BreakEven> = self.break_even.iter().collect();
        // A label stands left of its line: lines farther left have to begin below it.
        lines.sort_by(|one, other| other.percent.total_cmp(&one.percent));
        let frame = Frame {
            left: scale.label_width() + 10.0,
            top: 72.0 + LINE * lines.len() as f64,
            // Half of the last share stands beyond the last hour.
            right: WIDTH - 22.0,
            bottom: HEIGHT - 46.0,
        };
        axis::draw_upright(&mut scene, scale, frame);
        draw_shares(&mut scene, frame, language);
        draw_curve(&mut scene, &hours, (scale, frame));
        for (index, line) in lines.into_iter().enumerate() {
            let level = hours.get(hour_at(line.percent, hours.len()));
            let y = scale.place(level.copied().unwrap_or(0.0), frame.bottom, frame.top);
            let top = 66.0 + LINE * index as f64;
            line.draw(&mut scene, (top, y), frame, language);
        }
        scene
    }
}

/// The hour, counted from the highest, up to which a share of all hours reaches.
fn hour_at(percent: f64, hours: usize) -> usize {
    let at = (percent / 100.0 * hours as f64).floor().max(0.0) as usize;
    at.min(hours.saturating_sub(1))
}

/// The level scale: shares of the hours.
fn draw_shares(scene: &mut Scene, frame: Frame, language: &Language) {
    for tenth in 0..=5_u32 {
        let x = frame.left + f64::from(tenth) / 5.0 * frame.width();
        scene.line(vec![(x, frame.bottom), (x, frame.bottom + 4.0)], RULE, 1.0);
        let words = Words::new(format!("{} %", 20 * tenth), (x, frame.bottom + 17.0));
        scene.words(words.small().anchored(Anchor::Middle));
    }
    let counts = language.say("share of the hours in which at least that much is used");
    let words = Words::new(counts, (frame.right, frame.bottom + 35.0));
    scene.words(words.small().anchored(Anchor::End));
}

/// Never more points than a page has places for.
fn draw_curve(scene: &mut Scene, hours: &[f64], (scale, frame): (Scale, Frame)) {
    let count = hours.len().min(frame.width() as usize);
    let mut points: Vec<Point> = Vec::new();
    for at in 0..count {
        let part = at as f64 / count.saturating_sub(1).max(1) as f64;
        let hour = (part * hours.len().saturating_sub(1) as f64).round() as usize;
        let value = hours.get(hour).copied().unwrap_or(0.0);
        let place = (
            frame.left + part * frame.width(),
            scale.place(value, frame.bottom, frame.top),
        );
        points.push(place);
    }
    let mut area = points.clone();
    area.extend([(frame.right, frame.bottom), (frame.left, frame.bottom)]);
    if points.len() > 1 {
        scene.area(area, SKY);
    }
    scene.line(points, BLUE, 2.2);
}

impl BreakEven {
    /// A line from its label down to the ground, a dot where it meets the usage.
    fn draw(&self, scene: &mut Scene, (top, y): (f64, f64), frame: Frame, language: &Language) {
        let x = frame.left + (self.percent / 100.0).clamp(0.0, 1.0) * frame.width();
        scene.dashes((x, top + 4.0), (x, frame.bottom), GREY, 1.0);
        scene.dot((x, y), 4.0, INK);
        let text = format!("{}: {:.0} %", language.say(&self.name), self.percent);
        let width = font::width(&text, SMALL, Weight::Regular);
        let fits_left = x - 6.0 - width > 0.0;
        let words = Words::new(text, (if fits_left { x - 6.0 } else { x + 6.0 }, top + 4.0));
        let anchor = if fits_left {
            Anchor::End
        } else {
            Anchor::Start
        };
        let words = words.small().coloured(INK).anchored(anchor);
        super::paint::paper(scene, &words);
        scene.words(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_legible_whatever_the_shares() {
        for hours in [0, 1, 24, 8_760_u32] {
            for shares in [&[][..], &[61.2], &[0.0, 1.0, 99.0, 100.0, 120.0, 60.0]] {
                let chart = DurationChart {
                    title: "How long how much is used".into(),
                    dollars_per_hour: (0..hours).map(|hour| f64::from(hour % 24)).collect(),
                    break_even: shares
                        .iter()
                        .map(|&percent| BreakEven {
                            name: "1 year, No Upfront".into(),
                            percent,
                        })
                        .collect(),
                };
                chart.scene(Language::english()).assert_legible();
            }
        }
    }

    #[test]
    fn a_share_of_the_hours_is_an_hour() {
        assert_eq!(hour_at(50.0, 24), 12);
        assert_eq!(hour_at(100.0, 24), 23);
        assert_eq!(hour_at(0.0, 0), 0);
    }
}

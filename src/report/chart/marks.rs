//! Plans as points with labels: equal ones share a label, those off the scale become arrows at the edge.
//!
//! A [`Pin`] is any point with a label; a [`Mark`] is a plan by what it commits and saves, which becomes one.

use crate::report::Language;
use crate::report::format::dollars;
use crate::units::Money;

use super::font::{self, Weight};
use super::paint;
use super::place::{self, Label};
use super::scene::{BLUE, Frame, GREY, LABEL, Point, RULE, Scene, VERMILION, WHITE, Words};

/// The widest a label may be.
const WIDEST: f64 = 290.0;
/// From one line of a label to the next.
const LINE: f64 = 15.5;
/// The height of the room an arrow takes with its label.
pub(super) const LANE: f64 = 2.0 * LINE + 7.0;
/// Points nearer than this look like one.
const SAME: f64 = 4.0;

/// What a marked point is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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

impl Mark {
    pub(super) fn place(&self) -> (f64, f64) {
        (self.hourly_commitment.to_f64(), self.saving.to_f64())
    }

    /// What it saves, in words.
    fn saves(&self, language: &Language) -> String {
        language.say(&self.saves_in_english())
    }

    fn saves_in_english(&self) -> String {
        if self.saving.is_zero() {
            "saves nothing".to_owned()
        } else if self.saving < Money::ZERO {
            format!("loses {}", dollars(-self.saving, places(self.saving)))
        } else {
            format!("saves {}", dollars(self.saving, places(self.saving)))
        }
    }

    /// As a point at a place of the page.
    pub(super) fn pin(&self, at: Point) -> Pin {
        let says = self.saves_in_english();
        Pin {
            kind: self.kind,
            name: self.name.clone(),
            at,
            in_full: format!("{} {says}", self.hourly()),
            says,
        }
    }

    /// Everything about it.
    pub(super) fn words(&self, language: &Language) -> String {
        let [name, hourly] = [&self.name, &self.hourly()].map(|words| language.say(words));
        format!("{name}\n{hourly}\n{}", self.saves(language))
    }

    fn hourly(&self) -> String {
        format!("{} an hour", dollars(self.hourly_commitment, 2))
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

/// A point with a label of two lines. Words are English.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pin {
    pub(super) kind: MarkKind,
    pub(super) name: String,
    pub(super) at: Point,
    /// The second line of one among others.
    pub(super) says: String,
    /// The second line of one that stands out.
    pub(super) in_full: String,
}

/// Pins at one place that say the same, under one label.
struct Group<'a> {
    pins: Vec<&'a Pin>,
    at: Point,
    language: &'a Language,
}

impl Group<'_> {
    fn kind(&self) -> MarkKind {
        self.pins[0].kind
    }

    fn weight(&self) -> Weight {
        if self.kind() == MarkKind::Baseline {
            Weight::Regular
        } else {
            Weight::SemiBold
        }
    }

    /// Its label's lines.
    fn lines(&self) -> Vec<String> {
        let first = self.pins[0];
        let others = self.pins.iter().skip(1);
        let say = |words: &str| self.language.say(words);
        let name = |name: &str| font::fit(&say(name), LABEL, self.weight(), WIDEST);
        let mut lines = vec![name(&first.name)];
        if self.kind() == MarkKind::Baseline {
            lines.extend(others.map(|pin| name(&pin.name)));
            let each = if lines.len() > 1 { " each" } else { "" };
            lines.push(say(&format!("{}{each}", first.says)));
        } else {
            lines.push(say(&first.in_full));
            lines.extend(others.map(|pin| name(&format!("= {}", say(&pin.name)))));
        }
        lines
    }

    fn label(&self) -> Label {
        let lines = self.lines();
        let widths = lines
            .iter()
            .map(|line| font::width(line, LABEL, self.weight()));
        Label {
            point: self.at,
            width: widths.fold(0.0, f64::max),
            height: LINE * lines.len() as f64,
            weight: if self.kind() == MarkKind::Chosen {
                4.0
            } else {
                1.0
            },
        }
    }

    fn words(&self, frame: Frame) -> Vec<Words> {
        let colour = match self.kind() {
            MarkKind::Chosen => VERMILION,
            MarkKind::Cheapest => BLUE,
            MarkKind::Baseline => GREY,
        };
        let mut y = frame.top + 0.8 * LABEL;
        let mut words = Vec::new();
        for (index, line) in self.lines().into_iter().enumerate() {
            // Its own two lines stand out; the names of equal ones do not.
            let colour = if index < 2 { colour } else { GREY };
            let line = Words::new(line, (frame.left, y)).coloured(colour);
            let first = index == 0 && self.kind() != MarkKind::Baseline;
            words.push(if first { line.bold() } else { line });
            y += LINE;
        }
        words
    }

    fn draw(&self, scene: &mut Scene) {
        match self.kind() {
            MarkKind::Chosen => {
                scene.dot(self.at, 8.0, WHITE);
                scene.dot(self.at, 6.5, VERMILION);
            }
            MarkKind::Cheapest => {
                scene.dot(self.at, 6.5, BLUE);
                scene.dot(self.at, 4.0, WHITE);
            }
            MarkKind::Baseline => {
                scene.dot(self.at, 5.0, GREY);
                scene.dot(self.at, 3.2, WHITE);
            }
        }
    }
}

/// Where marks and their labels go.
pub(super) struct Page<'a> {
    /// What should stay visible.
    pub(super) lines: &'a [Point],
    /// What is taken.
    pub(super) rooms: &'a [Frame],
    /// What holds all labels.
    pub(super) frame: Frame,
}

/// Draws pins with their labels.
pub(super) fn draw(scene: &mut Scene, pins: &[Pin], page: &Page<'_>, language: &Language) {
    let groups = grouped(pins, language);
    let labels: Vec<Label> = groups.iter().map(Group::label).collect();
    let boxes = place::near(&labels, page.lines, page.rooms, page.frame);
    for (group, boxed) in groups.iter().zip(&boxes) {
        leader(scene, group.at, *boxed);
    }
    for (group, boxed) in groups.iter().zip(&boxes) {
        for words in group.words(*boxed) {
            paint::paper(scene, &words);
            scene.words(words);
        }
    }
    for group in groups.iter().rev() {
        group.draw(scene);
    }
}

/// The chosen one first; pins that look like one and say the same together.
fn grouped<'a>(pins: &'a [Pin], language: &'a Language) -> Vec<Group<'a>> {
    let mut order: Vec<&Pin> = pins.iter().collect();
    order.sort_by_key(|pin| pin.kind);
    let mut groups: Vec<Group<'a>> = Vec::new();
    for pin in order {
        let same = groups.iter_mut().find(|group| {
            let apart = (group.at.0 - pin.at.0).hypot(group.at.1 - pin.at.1);
            apart < SAME && group.pins[0].says == pin.says
        });
        match same {
            Some(group) => group.pins.push(pin),
            None => groups.push(Group {
                pins: vec![pin],
                at: pin.at,
                language,
            }),
        }
    }
    groups
}

/// Draws marks that lie off the scale as arrows at the lower right of the frame, with their values; gives the
/// room they take.
pub(super) fn draw_far(
    scene: &mut Scene,
    marks: &[&Mark],
    frame: Frame,
    language: &Language,
) -> Vec<Frame> {
    let mut rooms = Vec::new();
    let mut bottom = frame.bottom - 3.0;
    for mark in marks.iter().rev() {
        let lines = [
            font::fit(&language.say(&mark.name), LABEL, Weight::Regular, WIDEST),
            language.say(&format!("{} at {}", mark.saves_in_english(), mark.hourly())),
        ];
        let top = bottom - 2.0 * LINE;
        let widths = lines
            .iter()
            .map(|line| font::width(line, LABEL, Weight::Regular));
        let left = frame.right - 26.0 - widths.fold(0.0, f64::max);
        for (index, line) in lines.into_iter().enumerate() {
            let y = LINE.mul_add(index as f64, top + 0.8 * LABEL);
            let words = Words::new(line, (left, y)).coloured(GREY);
            paint::paper(scene, &words);
            scene.words(words);
        }
        arrow(scene, (frame.right - 1.0, top + LINE + 6.0));
        rooms.push(Frame {
            left,
            top,
            right: frame.right,
            bottom,
        });
        bottom = top - (LANE - 2.0 * LINE);
    }
    rooms
}

/// An arrow to the lower right that ends at `tip`.
fn arrow(scene: &mut Scene, (x, y): Point) {
    scene.line(vec![(x - 14.0, y - 14.0), (x, y)], GREY, 1.6);
    scene.line(vec![(x - 7.5, y), (x, y), (x, y - 7.5)], GREY, 1.6);
}

/// A line from a point to its label, where the label had to go away from it.
fn leader(scene: &mut Scene, (x, y): Point, label: Frame) {
    let end = label.wider(4.0, 3.0).nearest((x, y));
    if (end.0 - x).hypot(end.1 - y) > 11.0 {
        scene.line(vec![(x, y), end], RULE, 0.8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_decimal::Decimal;

    fn mark(kind: MarkKind, name: &str, saving: i64) -> Mark {
        let money = |cents| Money::from_decimal(Decimal::new(cents, 2)).unwrap();
        Mark {
            kind,
            name: name.into(),
            hourly_commitment: money(100),
            saving: money(saving),
        }
    }

    fn lines(marks: &[(&Mark, Point)]) -> Vec<Vec<String>> {
        let pins: Vec<Pin> = marks.iter().map(|&(mark, at)| mark.pin(at)).collect();
        grouped(&pins, Language::english())
            .iter()
            .map(Group::lines)
            .collect()
    }

    #[test]
    fn a_loss_is_called_a_loss() {
        let both = mark(MarkKind::Baseline, "Both", -123_456);
        assert_eq!(lines(&[(&both, (0.0, 0.0))]), [["Both", "loses $1,235"]]);
    }

    #[test]
    fn equal_plans_share_a_label_and_different_ones_do_not() {
        let best = mark(MarkKind::Chosen, "Best", 82_300);
        let [same, other] = [("Same", 82_310), ("Other", 82_000)]
            .map(|(name, saving)| mark(MarkKind::Baseline, name, saving));
        let at = (10.0, 10.0);
        assert_eq!(
            lines(&[(&same, at), (&other, at), (&best, at)]),
            [
                vec!["Best", "$1.00 an hour saves $823", "= Same"],
                vec!["Other", "saves $820"]
            ]
        );
        assert_eq!(
            lines(&[(&same, at), (&same, (11.0, 10.0)), (&same, (40.0, 10.0))]),
            [
                vec!["Same", "Same", "saves $823 each"],
                vec!["Same", "saves $823"]
            ]
        );
    }
}

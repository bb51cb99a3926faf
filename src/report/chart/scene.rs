//! A drawing before it is painted: shapes and words at places, in pixels of a page 680 wide.

use plotters::style::RGBColor;

use super::font::{self, Weight};
use super::spots::Spot;

/// How wide every chart is. All sizes below are in these pixels: shown 600 wide, the smallest text is 10 high.
pub(super) const WIDTH: f64 = 680.0;

/// Text and frames.
pub(super) const INK: RGBColor = RGBColor(0x1f, 0x29, 0x33);
/// Text of less weight.
pub(super) const GREY: RGBColor = RGBColor(0x5f, 0x6b, 0x7a);
/// Lines to measure by.
pub(super) const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
/// The line of nothing, axis ticks, leaders.
pub(super) const RULE: RGBColor = RGBColor(0x9a, 0xa5, 0xb1);
/// The range of the hours of a day.
pub(super) const HAZE: RGBColor = RGBColor(0xf1, 0xf3, 0xf5);
/// Paper.
pub(super) const WHITE: RGBColor = RGBColor(0xff, 0xff, 0xff);
// Okabe and Ito's palette, told apart with every common kind of colour vision
// (https://jfly.uni-koeln.de/color/, "Color Universal Design").
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
pub(super) const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
pub(super) const YELLOW: RGBColor = RGBColor(0xf0, 0xe4, 0x42);
pub(super) const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
pub(super) const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
pub(super) const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
/// What is there to compare with.
pub(super) const SILVER: RGBColor = RGBColor(0xbc, 0xc3, 0xcb);

/// The size of a chart's title, of its labels, and of what is less than a label, in pixels an em.
pub(super) const TITLE: f64 = 17.0;
pub(super) const LABEL: f64 = 12.5;
pub(super) const SMALL: f64 = 11.8;

/// A place: right of the left edge, below the upper edge.
pub(super) type Point = (f64, f64);

/// Which end of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One thing to paint.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Area {
        points: Vec<Point>,
        fill: RGBColor,
    },
    Line {
        points: Vec<Point>,
        stroke: RGBColor,
        width: f64,
    },
    Dot {
        centre: Point,
        radius: f64,
        fill: RGBColor,
    },
    Words(Words),
}

/// A text on a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Words {
    pub(super) text: String,
    /// Where the anchor stands on the base line.
    pub(super) at: Point,
    pub(super) anchor: Anchor,
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) colour: RGBColor,
}

/// A drawing: size, what it is called, and shapes in the order they are painted.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    pub(super) title: String,
    pub(super) height: f64,
    pub(super) shapes: Vec<Shape>,
    /// What answers to the pointer, where there is one.
    pub(super) spots: Vec<Spot>,
}

/// A box on the page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
}

impl Frame {
    /// The area both frames cover.
    pub(super) fn overlap(self, other: Self) -> f64 {
        let width = self.right.min(other.right) - self.left.max(other.left);
        let height = self.bottom.min(other.bottom) - self.top.max(other.top);
        width.max(0.0) * height.max(0.0)
    }

    pub(super) fn width(self) -> f64 {
        self.right - self.left
    }

    /// The frame with so much more on either side, and above and below.
    pub(super) fn wider(self, sides: f64, ends: f64) -> Self {
        Self {
            left: self.left - sides,
            top: self.top - ends,
            right: self.right + sides,
            bottom: self.bottom + ends,
        }
    }

    pub(super) fn holds(self, (x, y): Point) -> bool {
        self.left < x && x < self.right && self.top < y && y < self.bottom
    }

    /// The place in it that is nearest to a point.
    pub(super) fn nearest(self, (x, y): Point) -> Point {
        (
            x.clamp(self.left, self.right),
            y.clamp(self.top, self.bottom),
        )
    }
}

impl Words {
    pub(super) fn new(text: impl Into<String>, at: Point) -> Self {
        Self {
            text: text.into(),
            at,
            anchor: Anchor::Start,
            size: LABEL,
            weight: Weight::Regular,
            colour: INK,
        }
    }

    pub(super) fn anchored(mut self, anchor: Anchor) -> Self {
        self.anchor = anchor;
        self
    }

    pub(super) fn small(mut self) -> Self {
        self.size = SMALL;
        self.colour = GREY;
        self
    }

    pub(super) fn bold(mut self) -> Self {
        self.weight = Weight::SemiBold;
        self
    }

    pub(super) fn coloured(mut self, colour: RGBColor) -> Self {
        self.colour = colour;
        self
    }

    /// The box of the text, from its highest letters to below its base line.
    pub(super) fn frame(&self) -> Frame {
        let width = font::width(&self.text, self.size, self.weight);
        let (x, y) = self.at;
        let left = match self.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        Frame {
            left,
            top: y - 0.76 * self.size,
            right: left + width,
            bottom: y + 0.22 * self.size,
        }
    }
}

impl Scene {
    /// A drawing with its title and what is said below it, at most two lines.
    pub(super) fn new(title: &str, subtitle: &[String], height: f64) -> Self {
        let mut scene = Self {
            title: title.to_owned(),
            height,
            shapes: Vec::new(),
            spots: Vec::new(),
        };
        let mut head = Words::new(
            font::fit(title, TITLE, Weight::SemiBold, WIDTH),
            (0.0, 16.0),
        )
        .bold();
        head.size = TITLE;
        scene.words(head);
        for (y, line) in [36.0, 51.0].into_iter().zip(subtitle) {
            let line = font::fit(line, SMALL, Weight::Regular, WIDTH);
            scene.words(Words::new(line, (0.0, y)).small());
        }
        scene
    }

    pub(super) fn words(&mut self, words: Words) {
        if !words.text.is_empty() {
            self.shapes.push(Shape::Words(words));
        }
    }

    pub(super) fn line(&mut self, points: Vec<Point>, stroke: RGBColor, width: f64) {
        if points.len() > 1 {
            self.shapes.push(Shape::Line {
                points,
                stroke,
                width,
            });
        }
    }

    pub(super) fn area(&mut self, points: Vec<Point>, fill: RGBColor) {
        if points.len() > 2 {
            self.shapes.push(Shape::Area { points, fill });
        }
    }

    pub(super) fn dot(&mut self, centre: Point, radius: f64, fill: RGBColor) {
        self.shapes.push(Shape::Dot {
            centre,
            radius,
            fill,
        });
    }

    /// A filled box.
    pub(super) fn box_(&mut self, frame: Frame, fill: RGBColor) {
        let Frame {
            left,
            top,
            right,
            bottom,
        } = frame;
        let corners = vec![(left, top), (right, top), (right, bottom), (left, bottom)];
        self.area(corners, fill);
    }

    /// A dashed straight line.
    pub(super) fn dashes(&mut self, from: Point, to: Point, stroke: RGBColor, width: f64) {
        const DASH: f64 = 5.0;
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let along = |at: f64| {
            let part = (at / length).min(1.0);
            (from.0 + dx * part, from.1 + dy * part)
        };
        let mut at = 0.0;
        while at < length {
            self.line(vec![along(at), along(at + DASH)], stroke, width);
            at += 1.7 * DASH;
        }
    }

    /// Every text, in the order it is painted.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.all_words().map(|words| words.text.as_str())
    }

    pub(super) fn all_words(&self) -> impl Iterator<Item = &Words> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Words(words) => Some(words),
            _ => None,
        })
    }
}

#[cfg(test)]
impl Scene {
    /// Fails when two texts cover each other or one runs off the page.
    pub(super) fn assert_legible(&self) {
        let words: Vec<&Words> = self.all_words().collect();
        for (index, one) in words.iter().enumerate() {
            let frame = one.frame();
            assert!(
                frame.left > -1.0
                    && frame.right < WIDTH + 1.0
                    && frame.top > -1.0
                    && frame.bottom < self.height + 1.0,
                "`{}` runs off the page: {frame:?}",
                one.text
            );
            for other in words.iter().skip(index + 1) {
                assert!(
                    frame.overlap(other.frame()) < 1.0,
                    "`{}` covers `{}`",
                    one.text,
                    other.text
                );
            }
        }
    }
}

//! Names right of a plot, each at the height of what it names.

use plotters::style::RGBColor;

use super::font::{self, Weight};
use super::place;
use super::scene::{Frame, INK, LABEL, SMALL, Scene, Words};
use super::stack::Plot;

/// A name at the right of the plot.
pub(super) struct Name {
    /// The height of what it names.
    pub(super) value: f64,
    pub(super) text: String,
    /// A second, smaller line.
    pub(super) detail: String,
    /// The colour of an area; none for a line.
    pub(super) swatch: Option<RGBColor>,
}

impl Name {
    /// The swatch and the gaps beside it.
    const INDENT: f64 = 22.0;
    const HEIGHT: f64 = 31.0;

    pub(super) fn width(&self) -> f64 {
        let text = font::width(&self.text, LABEL, Weight::Regular);
        Self::INDENT + text.max(font::width(&self.detail, SMALL, Weight::Regular))
    }
}

/// Writes names right of a plot, the highest first, moved apart where they would touch.
pub(super) fn draw(scene: &mut Scene, names: &[Name], plot: &Plot) {
    let wished: Vec<f64> = names.iter().map(|name| plot.y(name.value)).collect();
    let heights = vec![Name::HEIGHT; names.len()];
    let middles = place::spread(
        &wished,
        &heights,
        plot.frame.top - 6.0,
        plot.frame.bottom + 6.0,
    );
    let left = plot.frame.right + 8.0;
    for ((name, middle), wished) in names.iter().zip(middles).zip(wished) {
        match name.swatch {
            Some(colour) => scene.box_(
                Frame {
                    left,
                    top: middle - 12.0,
                    right: left + 9.0,
                    bottom: middle - 3.0,
                },
                colour,
            ),
            // The level's line goes on to its name.
            None => scene.line(
                vec![
                    (plot.frame.right, wished),
                    (left, middle - 7.0),
                    (left + 9.0, middle - 7.0),
                ],
                INK,
                1.8,
            ),
        }
        let left = left + 14.0;
        scene.words(Words::new(name.text.clone(), (left, middle - 3.0)));
        scene.words(Words::new(name.detail.clone(), (left, middle + 11.0)).small());
    }
}

//! Light and dark: every colour of a chart on white paper, and what it is on black.

use plotters::style::RGBColor;

use super::scene::{BLUE, GREEN, GREY, GRID, HAZE, INK, RULE, SILVER, VERMILION, WHITE};

/// The colours of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// For white paper.
    #[default]
    Light,
    /// For dark screens; the chart brings its own paper.
    Dark,
}

/// On dark paper: the same as the page for a browser has, with contrasts of text above 4.5 to 1.
const DARK: [(RGBColor, RGBColor); 10] = [
    (WHITE, RGBColor(0x14, 0x18, 0x1d)),
    (INK, RGBColor(0xe6, 0xea, 0xee)),
    (GREY, RGBColor(0xa3, 0xad, 0xb8)),
    (GRID, RGBColor(0x2a, 0x32, 0x3a)),
    (RULE, RGBColor(0x6b, 0x77, 0x83)),
    (HAZE, RGBColor(0x1e, 0x24, 0x2b)),
    (SILVER, RGBColor(0x59, 0x63, 0x6e)),
    (BLUE, RGBColor(0x1f, 0x7f, 0xc0)),
    (GREEN, RGBColor(0x1c, 0xb0, 0x88)),
    (VERMILION, RGBColor(0xf0, 0x7a, 0x2a)),
];

impl Theme {
    /// What a colour of the light theme is in this one.
    pub(super) fn of(self, colour: RGBColor) -> RGBColor {
        if self == Self::Light {
            return colour;
        }
        let dark = DARK.iter().find(|(light, _)| *light == colour);
        dark.map_or(colour, |(_, dark)| *dark)
    }
}

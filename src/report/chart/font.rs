//! The bundled font: Inter, regular and semibold, with digits of equal width.

use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use super::ChartError;

/// The name both the painters and the PDF know the font by.
pub(super) const FAMILY: &str = "Inter";
/// The upright face.
pub(crate) const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
/// The face for titles and the chosen point.
pub(crate) const SEMIBOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");

/// Ascent less descent of Inter in em: what plotters' bitmap painter takes a size to be.
pub(super) const BITMAP_SIZE_PER_EM: f64 = (1_984.0 + 494.0) / 2_048.0;
/// What plotters' SVG painter divides a size by.
pub(super) const SVG_SIZE_PER_EM: f64 = 1.24;

/// The font's weights here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

impl Weight {
    pub(super) const fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::SemiBold => FontStyle::Bold,
        }
    }
}

/// Makes the font known to plotters, once a process.
pub(super) fn register() -> Result<(), ChartError> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let done = *REGISTERED.get_or_init(|| {
        register_font(FAMILY, FontStyle::Normal, REGULAR).is_ok()
            && register_font(FAMILY, FontStyle::Bold, SEMIBOLD).is_ok()
    });
    if done { Ok(()) } else { Err(ChartError::Font) }
}

/// How wide a text is, in the unit of `size` (the em).
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    // plotters measures in whole pixels: measure a thousand times larger.
    const EM: f64 = 1_000.0;
    if register().is_err() {
        return 0.0;
    }
    let font = FontDesc::new(
        FontFamily::Name(FAMILY),
        EM * BITMAP_SIZE_PER_EM,
        weight.style(),
    );
    font.box_size(text)
        .map_or(0.0, |(width, _)| f64::from(width) * size / EM)
}

/// The text, or its beginning and an ellipsis, so that it is no wider than `room`.
pub(super) fn fit(text: &str, size: f64, weight: Weight, room: f64) -> String {
    if width(text, size, weight) <= room {
        return text.to_owned();
    }
    let mut kept: String = text.to_owned();
    while kept.pop().is_some() {
        let short = format!("{}…", kept.trim_end());
        if width(&short, size, weight) <= room {
            return short;
        }
    }
    "…".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_equally_wide_so_that_columns_stand() {
        let of = |text| width(text, 12.0, Weight::Regular);
        assert!(of("1") > 0.0);
        // plotters measures in whole pixels of the thousandfold size.
        assert!((of("1111") - of("8888")).abs() < 0.05);
        assert!(width("Total", 12.0, Weight::SemiBold) > of("Total"));
    }

    #[test]
    fn a_long_name_ends_in_an_ellipsis() {
        assert_eq!(fit("short", 12.0, Weight::Regular, 100.0), "short");
        let cut = fit(&"long name ".repeat(9), 12.0, Weight::Regular, 100.0);
        assert!(
            cut.ends_with('…') && width(&cut, 12.0, Weight::Regular) <= 100.0,
            "{cut}"
        );
    }
}

//! The bundled font: Inter, regular and semibold, with digits of equal width.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, point};

use super::ChartError;

/// The name both the painters and the PDF know the font by.
pub(super) const FAMILY: &str = "Inter";
/// The upright face.
pub(crate) const REGULAR: &[u8] = include_bytes!("../fonts/Inter-Regular.ttf");
/// The face for titles and the chosen point.
pub(crate) const SEMIBOLD: &[u8] = include_bytes!("../fonts/Inter-SemiBold.ttf");

/// The font's weights here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    SemiBold,
}

/// A face of the bundled font.
pub(super) fn face(weight: Weight) -> Result<&'static FontRef<'static>, ChartError> {
    static FACES: OnceLock<Option<[FontRef<'static>; 2]>> = OnceLock::new();
    let read = || {
        let regular = FontRef::try_from_slice(REGULAR).ok()?;
        Some([regular, FontRef::try_from_slice(SEMIBOLD).ok()?])
    };
    let [regular, semibold] = FACES.get_or_init(read).as_ref().ok_or(ChartError::Font)?;
    Ok(match weight {
        Weight::Regular => regular,
        Weight::SemiBold => semibold,
    })
}

/// The letters of a text, each with how far right of the text's start it stands, and the text's width,
/// all in em.
fn letters(face: &FontRef, text: &str) -> (Vec<(GlyphId, f32)>, f32) {
    let em = face.units_per_em().unwrap_or(1.0);
    let mut right = 0.0;
    let mut before = None;
    let mut letters = Vec::new();
    for letter in text.chars().map(|letter| face.glyph_id(letter)) {
        if let Some(before) = before {
            right += face.kern_unscaled(before, letter) / em;
        }
        letters.push((letter, right));
        right += face.h_advance_unscaled(letter) / em;
        before = Some(letter);
    }
    (letters, right)
}

/// The letters of a text as outlines at a place on the base line; `size` is the em.
pub(super) fn set(
    face: &FontRef,
    text: &str,
    size: f64,
    (x, y): (f64, f64),
) -> impl Iterator<Item = Glyph> {
    // ab_glyph's scale is ascent less descent.
    let scale =
        PxScale::from(size as f32 * face.height_unscaled() / face.units_per_em().unwrap_or(1.0));
    letters(face, text)
        .0
        .into_iter()
        .map(move |(letter, right)| {
            let place = point(right.mul_add(size as f32, x as f32), y as f32);
            letter.with_scale_and_position(scale, place)
        })
}

/// How wide a text is, in the unit of `size` (the em); 0 should the font not be readable, which painting
/// reports.
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    face(weight).map_or(0.0, |face| f64::from(letters(face, text).1) * size)
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
        assert!((of("1111") - of("8888")).abs() < 1e-6);
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

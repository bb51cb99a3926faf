//! The bundled font: Inter, regular and semibold, with digits of equal width; and another for letters it lacks.

use std::fmt;
use std::sync::{Arc, OnceLock};

use ab_glyph::{Font, FontRef, FontVec, GlyphId, OutlinedGlyph, Point, PxScale, point};

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

/// A font for the letters that the bundled one lacks, such as Hangul.
#[derive(Clone)]
pub struct MoreLetters(Arc<Faces>);

struct Faces {
    regular: FontVec,
    bold: FontVec,
    /// The files, for who embeds them.
    files: [Vec<u8>; 2],
}

impl fmt::Debug for MoreLetters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoreLetters").finish_non_exhaustive()
    }
}

impl MoreLetters {
    /// Of the bytes of a TrueType or OpenType file, or of the first font of a collection; and of its bold face, where
    /// it has one. `None` for anything else.
    pub fn read(regular: Vec<u8>, bold: Option<Vec<u8>>) -> Option<Self> {
        let bold = bold.unwrap_or_else(|| regular.clone());
        let read = |file: &Vec<u8>| FontVec::try_from_vec_and_index(file.clone(), 0).ok();
        Some(Self(Arc::new(Faces {
            regular: read(&regular)?,
            bold: read(&bold)?,
            files: [regular, bold],
        })))
    }

    /// The files, regular and bold.
    pub(crate) fn files(&self) -> &[Vec<u8>; 2] {
        &self.0.files
    }

    fn face(&self, weight: Weight) -> &FontVec {
        match weight {
            Weight::Regular => &self.0.regular,
            Weight::SemiBold => &self.0.bold,
        }
    }

    /// Whether it has a letter.
    pub fn has(&self, letter: char) -> bool {
        has(&self.0.regular, letter)
    }
}

fn has(face: &impl Font, letter: char) -> bool {
    face.glyph_id(letter).0 != 0
}

/// Signs that are not seen.
fn is_unseen(letter: char) -> bool {
    letter.is_control() || letter.is_whitespace() || letter == '\u{200b}'
}

/// The first letter of a text that neither the bundled font nor `more` has.
pub fn lacking(text: &str, more: Option<&MoreLetters>) -> Option<char> {
    let bundled = face(Weight::Regular).ok()?;
    let is_there = |letter: char| {
        is_unseen(letter) || has(bundled, letter) || more.is_some_and(|more| more.has(letter))
    };
    text.chars().find(|&letter| !is_there(letter))
}

/// How wide a letter is that the bundled font lacks, in em: no letter of another script is wider.
const FULL_WIDTH: f32 = 1.0;

/// How far right of the text's start each letter of a text stands, and the text's width, all in em; `wide` is how
/// wide a letter is that the bundled font lacks.
fn letters(
    face: &FontRef,
    text: &str,
    wide: impl Fn(char) -> f32,
) -> (Vec<(char, GlyphId, f32)>, f32) {
    let em = face.units_per_em().unwrap_or(1.0);
    let mut right = 0.0;
    let mut before = None;
    let mut letters = Vec::new();
    for letter in text.chars() {
        let glyph = face.glyph_id(letter);
        if glyph.0 == 0 {
            letters.push((letter, glyph, right));
            right += wide(letter);
            before = None;
            continue;
        }
        if let Some(before) = before {
            right += face.kern_unscaled(before, glyph) / em;
        }
        letters.push((letter, glyph, right));
        right += face.h_advance_unscaled(glyph) / em;
        before = Some(glyph);
    }
    (letters, right)
}

/// The outlines of a text, its letters set one after the other from `start` of its width on: 0 when the place is
/// where it begins, 1 when it is where it ends. `size` is the em.
pub(super) fn set(
    text: &str,
    (weight, size): (Weight, f64),
    (x, y): (f64, f64),
    start: f64,
    more: Option<&MoreLetters>,
) -> Result<Vec<OutlinedGlyph>, ChartError> {
    let face = face(weight)?;
    let more = more.map(|more| more.face(weight));
    let wide = |letter: char| {
        more.map_or(FULL_WIDTH, |more| {
            more.h_advance_unscaled(more.glyph_id(letter)) / more.units_per_em().unwrap_or(1.0)
        })
    };
    let (letters, width) = letters(face, text, wide);
    let left = x - start * f64::from(width) * size;
    let outlines = letters.into_iter().filter_map(|(letter, glyph, right)| {
        let place = point(right.mul_add(size as f32, left as f32), y as f32);
        match more {
            Some(more) if glyph.0 == 0 => outline(more, more.glyph_id(letter), size, place),
            _ => outline(face, glyph, size, place),
        }
    });
    Ok(outlines.collect())
}

fn outline(face: &impl Font, glyph: GlyphId, size: f64, place: Point) -> Option<OutlinedGlyph> {
    // ab_glyph's scale is ascent less descent.
    let scale = size as f32 * face.height_unscaled() / face.units_per_em().unwrap_or(1.0);
    face.outline_glyph(glyph.with_scale_and_position(PxScale::from(scale), place))
}

/// How wide a text is at most, in the unit of `size` (the em); 0 should the font not be readable, which painting
/// reports.
pub(super) fn width(text: &str, size: f64, weight: Weight) -> f64 {
    face(weight).map_or(0.0, |face| {
        f64::from(letters(face, text, |_| FULL_WIDTH).1) * size
    })
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

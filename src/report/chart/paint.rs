//! Paints a scene: as SVG at ten times its size, or as PNG, drawn large and scaled down.
//!
//! plotters rounds to whole pixels, so both are drawn on a much finer grid than they are shown on. Its
//! bitmap text also drops the space left of each letter, so letters of a PNG are set here.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, Rgb, RgbImage};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, TextStyle};

use super::ChartError;
use super::font::{self, FAMILY, MoreLetters, Weight};
use super::scene::{Anchor, Point, Scene, Shape, WHITE, WIDTH, Words};
use super::theme::Theme;

/// Grid lines of an SVG a pixel.
const SVG_SCALE: f64 = 10.0;
/// Pixels of a PNG a pixel of the scene: sharp on dense screens and in print.
const PNG_SCALE: f64 = 2.0;
/// How often finer the PNG's areas and lines are drawn than they are shown, each way.
const SUPERSAMPLING: usize = 4;
/// White around a PNG, which may stand on any page.
const PNG_MARGIN: f64 = 14.0;

/// How a picture of pixels is painted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look<'a> {
    /// Its colours.
    pub theme: Theme,
    /// A font for letters that the bundled one lacks.
    pub letters: Option<&'a MoreLetters>,
}

/// The grid a scene is painted on.
#[derive(Clone, Copy)]
struct Grid {
    /// Its lines a pixel of the scene.
    scale: f64,
    /// Pixels of the scene around it.
    margin: f64,
}

impl Scene {
    /// As a whole SVG file, 680 pixels wide, with the font's name (the reader needs the font, or takes another).
    pub fn to_svg(&self) -> Result<String, ChartError> {
        self.to_svg_in(Theme::Light)
    }

    /// The same in a theme's colours; light ones may stand on any page, dark ones bring their own paper.
    pub fn to_svg_in(&self, theme: Theme) -> Result<String, ChartError> {
        let grid = Grid {
            scale: SVG_SCALE,
            margin: 0.0,
        };
        let size = grid.size(self);
        let mut svg = String::new();
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        if theme != Theme::Light {
            area.fill(&theme.of(WHITE))
                .map_err(|error| drawing(&error))?;
        }
        for shape in &self.shapes {
            match shape {
                Shape::Words(words) => grid.paint_words(&area, words, theme),
                shape => grid.paint_shape(&area, shape, theme),
            }?;
        }
        area.present().map_err(|error| drawing(&error))?;
        drop(area);
        Ok(self.finish_svg(&svg, size))
    }

    /// As a PNG file, 1,416 pixels wide.
    pub fn to_png(&self) -> Result<Vec<u8>, ChartError> {
        self.to_png_in(&Look::default())
    }

    /// The same in a theme's colours, with a font for letters that the bundled one lacks.
    pub fn to_png_in(&self, look: &Look<'_>) -> Result<Vec<u8>, ChartError> {
        let fine = Grid {
            scale: PNG_SCALE * SUPERSAMPLING as f64,
            margin: PNG_MARGIN,
        };
        let (width, height) = fine.size(self);
        let RGBColor(red, green, blue) = look.theme.of(WHITE);
        let mut buffer = [red, green, blue].repeat(width as usize * height as usize);
        let area = BitMapBackend::with_buffer(&mut buffer, (width, height)).into_drawing_area();
        for shape in &self.shapes {
            fine.paint_shape(&area, shape, look.theme)?;
        }
        area.present().map_err(|error| drawing(&error))?;
        drop(area);
        let shown = Grid {
            scale: PNG_SCALE,
            margin: PNG_MARGIN,
        };
        let small = shrink(&buffer, width as usize);
        let (width, height) = shown.size(self);
        let mut image = RgbImage::from_raw(width, height, small)
            .ok_or_else(|| ChartError::Encoding("its size is not its buffer's".into()))?;
        for words in self.all_words() {
            shown.set_words(&mut image, words, look)?;
        }
        encode(&image)
    }

    /// Gives the fine grid its size on the page, the title readers of screens hear, and fonts to fall back on.
    fn finish_svg(&self, svg: &str, (width, height): (u32, u32)) -> String {
        let title = escape(&self.title);
        let fine = format!("<svg width=\"{width}\" height=\"{height}\"");
        let shown = format!(
            "<svg role=\"img\" width=\"{WIDTH}\" height=\"{}\"",
            self.height
        );
        let (head, body) = svg.split_once('\n').unwrap_or((svg, ""));
        let body = body.replace(
            "font-family=\"Inter\"",
            "font-family=\"Inter, Helvetica, Arial, 'Noto Sans KR', 'Apple SD Gothic Neo', 'Malgun Gothic', sans-serif\"",
        );
        let spots = self.spots_svg(SVG_SCALE);
        let body = match body.rsplit_once("</svg>") {
            Some((shapes, rest)) => format!("{shapes}{spots}</svg>{rest}"),
            None => body,
        };
        format!(
            "{}\n<title>{title}</title>\n{body}",
            head.replacen(&fine, &shown, 1)
        )
    }
}

impl Grid {
    /// Width and height of a scene in lines of the grid.
    fn size(self, scene: &Scene) -> (u32, u32) {
        let lines = |length: f64| ((length + 2.0 * self.margin) * self.scale).round() as u32;
        (lines(WIDTH), lines(scene.height))
    }

    fn exact(self, (x, y): Point) -> Point {
        (
            (x + self.margin) * self.scale,
            (y + self.margin) * self.scale,
        )
    }

    fn at(self, point: Point) -> (i32, i32) {
        let (x, y) = self.exact(point);
        (x.round() as i32, y.round() as i32)
    }

    /// Paints areas, lines and dots.
    fn paint_shape<B: DrawingBackend>(
        self,
        area: &DrawingArea<B, Shift>,
        shape: &Shape,
        theme: Theme,
    ) -> Result<(), ChartError> {
        let lines = |length: f64| (length * self.scale).round() as u32;
        let all = |points: &[Point]| {
            let points = points.iter().map(|&point| self.at(point));
            points.collect::<Vec<_>>()
        };
        match shape {
            Shape::Area { points, fill } => {
                area.draw(&Polygon::new(all(points), theme.of(*fill).filled()))
            }
            Shape::Line {
                points,
                stroke,
                width,
            } => area.draw(&PathElement::new(
                all(points),
                theme.of(*stroke).stroke_width(lines(*width).max(1)),
            )),
            Shape::Dot {
                centre,
                radius,
                fill,
            } => {
                let (centre, radius) = (self.at(*centre), lines(*radius));
                area.draw(&Circle::new(centre, radius, theme.of(*fill).filled()))
            }
            Shape::Words(_) => Ok(()),
        }
        .map_err(|error| drawing(&error))
    }

    /// Names the words and their place; whoever shows the SVG sets them.
    fn paint_words<B: DrawingBackend>(
        self,
        area: &DrawingArea<B, Shift>,
        words: &Words,
        theme: Theme,
    ) -> Result<(), ChartError> {
        // plotters' SVG divides a size by 1.24 and puts the base line 0.76 em below the upper anchor.
        let size = words.size * self.scale;
        let style = match words.weight {
            Weight::Regular => FontStyle::Normal,
            Weight::SemiBold => FontStyle::Bold,
        };
        let font = FontDesc::new(FontFamily::Name(FAMILY), 1.24 * size, style);
        let anchor = match words.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let colour = theme.of(words.colour);
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(anchor, VPos::Top));
        let (x, y) = self.exact(words.at);
        let place = (x.round() as i32, 0.76_f64.mul_add(-size, y).round() as i32);
        area.draw_text(&words.text, &style, place)
            .map_err(|error| drawing(&error))
    }

    /// Sets the words letter by letter.
    fn set_words(
        self,
        image: &mut RgbImage,
        words: &Words,
        look: &Look<'_>,
    ) -> Result<(), ChartError> {
        let start = match words.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => 0.5,
            Anchor::End => 1.0,
        };
        let size = (words.weight, words.size * self.scale);
        let colour = look.theme.of(words.colour);
        for outline in font::set(&words.text, size, self.exact(words.at), start, look.letters)? {
            let corner = outline.px_bounds().min;
            outline.draw(|x, y, cover| {
                let (x, y) = (
                    corner.x as i64 + i64::from(x),
                    corner.y as i64 + i64::from(y),
                );
                let place = u32::try_from(x).ok().zip(u32::try_from(y).ok());
                if let Some(pixel) = place.and_then(|(x, y)| image.get_pixel_mut_checked(x, y)) {
                    blend(pixel, colour, cover);
                }
            });
        }
        Ok(())
    }
}

/// Averages every square of four by four pixels of an RGB buffer `width` pixels wide. (The image crate's
/// `thumbnail` does the same in ten times the time when it is not optimised, as in a development build.)
#[expect(
    clippy::integer_division,
    reason = "half a square is added to the sums, so that the mean is rounded"
)]
fn shrink(fine: &[u8], width: usize) -> Vec<u8> {
    const _: () = assert!(SUPERSAMPLING == 4, "the patterns below name four pixels");
    const SQUARE: u16 = 16;
    let mut small = Vec::with_capacity(fine.len() / usize::from(SQUARE));
    let mut sums = vec![[SQUARE / 2; 3]; width / 4];
    let (pixels, _) = fine.as_chunks::<12>();
    for rows in pixels.chunks_exact(width) {
        for row in rows.chunks_exact(width / 4) {
            for ([red, green, blue], four) in sums.iter_mut().zip(row) {
                let &[r0, g0, b0, r1, g1, b1, r2, g2, b2, r3, g3, b3] = four;
                *red += of_four(r0, r1, r2, r3);
                *green += of_four(g0, g1, g2, g3);
                *blue += of_four(b0, b1, b2, b3);
            }
        }
        for sum in &mut sums {
            let [red, green, blue] = *sum;
            small.push((red / SQUARE) as u8);
            small.push((green / SQUARE) as u8);
            small.push((blue / SQUARE) as u8);
            *sum = [SQUARE / 2; 3];
        }
    }
    small
}

/// Written out: this is most of the work of a picture, and a development build calls every closure.
fn of_four(a: u8, b: u8, c: u8, d: u8) -> u16 {
    u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d)
}

/// Mixes a colour into a pixel that it covers in part.
fn blend(pixel: &mut Rgb<u8>, colour: RGBColor, cover: f32) {
    let colour = [colour.0, colour.1, colour.2];
    for (below, above) in pixel.0.iter_mut().zip(colour) {
        let mixed = f32::from(*below) + (f32::from(above) - f32::from(*below)) * cover.min(1.0);
        *below = mixed.round() as u8;
    }
}

fn drawing(error: &impl ToString) -> ChartError {
    ChartError::Drawing(error.to_string())
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn encode(image: &RgbImage) -> Result<Vec<u8>, ChartError> {
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut png, CompressionType::Fast, FilterType::Adaptive)
        .write_image(
            image.as_raw(),
            image.width(),
            image.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| ChartError::Encoding(error.to_string()))?;
    Ok(png.into_inner())
}

/// The paper under a text that stands on lines.
pub(super) fn paper(scene: &mut Scene, words: &Words) {
    let mut frame = words.frame();
    frame.left -= 2.0;
    frame.right += 2.0;
    scene.box_(frame, WHITE);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_becomes_its_rounded_mean() {
        // Two squares side by side: one all 10, one with 7 of 16 pixels at 255 in red, 7 * 255 / 16 = 111.6.
        let mut fine = vec![10; 8 * 4 * 3];
        for row in 0..4 {
            for column in 4..8 {
                let red = if row * 4 + column - 4 < 7 { 255 } else { 0 };
                let at = (row * 8 + column) * 3;
                fine[at..at + 3].copy_from_slice(&[red, 20, 30]);
            }
        }
        assert_eq!(shrink(&fine, 8), [10, 10, 10, 112, 20, 30]);
    }
}

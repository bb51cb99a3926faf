//! Paints a scene with plotters: as SVG at ten times its size, or as PNG, drawn large and scaled down.
//!
//! plotters rounds to whole pixels, so both are drawn on a much finer grid than they are shown on.

use std::io::Cursor;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder, RgbImage};
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, TextStyle};

use super::font::{self, BITMAP_SIZE_PER_EM, FAMILY, SVG_SIZE_PER_EM};
use super::scene::{Anchor, Point, Scene, Shape, WHITE, WIDTH, Words};
use super::{ChartError, scene};

/// Grid lines of an SVG a pixel.
const SVG_SCALE: f64 = 10.0;
/// Pixels of a PNG a pixel of the scene: sharp on dense screens and in print.
const PNG_SCALE: u32 = 2;
/// How often finer the PNG is drawn than it is shown, each way.
const SUPERSAMPLING: u32 = 4;

/// How a plotters backend sets text.
#[derive(Clone, Copy)]
struct Setting {
    /// Its pixels a pixel of the scene.
    scale: f64,
    /// Its font size an em.
    size_per_em: f64,
    /// How far below the upper anchor it puts the base line, in its font size.
    ascent: f64,
}

impl Scene {
    /// As a whole SVG file, 800 pixels wide, with the font's name (the reader needs the font, or takes another).
    pub fn to_svg(&self) -> Result<String, ChartError> {
        let setting = Setting {
            scale: SVG_SCALE,
            size_per_em: SVG_SIZE_PER_EM,
            ascent: 0.76 / SVG_SIZE_PER_EM,
        };
        let (width, height) = self.size(SVG_SCALE);
        let mut svg = String::new();
        paint(
            self,
            SVGBackend::with_string(&mut svg, (width, height)),
            setting,
        )?;
        Ok(self.finish_svg(&svg, width, height))
    }

    /// As a PNG file, 1,600 pixels wide.
    pub fn to_png(&self) -> Result<Vec<u8>, ChartError> {
        let scale = PNG_SCALE * SUPERSAMPLING;
        let setting = Setting {
            scale: f64::from(scale),
            size_per_em: BITMAP_SIZE_PER_EM,
            ascent: 0.5,
        };
        let (width, height) = self.size(f64::from(scale));
        let mut buffer = vec![0; width as usize * height as usize * 3];
        let backend = BitMapBackend::with_buffer(&mut buffer, (width, height));
        paint(self, backend, setting)?;
        let large = RgbImage::from_raw(width, height, buffer)
            .ok_or_else(|| ChartError::Encoding("its size is not its buffer's".into()))?;
        let (width, height) = self.size(f64::from(PNG_SCALE));
        encode(&image::imageops::thumbnail(&large, width, height))
    }

    /// Width and height in pixels at a scale.
    fn size(&self, scale: f64) -> (u32, u32) {
        ((WIDTH * scale) as u32, (self.height * scale) as u32)
    }

    /// Gives the fine grid its size on the page, the title readers of screens hear, and fonts to fall back on.
    fn finish_svg(&self, svg: &str, width: u32, height: u32) -> String {
        let title = escape(&self.title);
        let fine = format!("<svg width=\"{width}\" height=\"{height}\"");
        let shown = format!(
            "<svg role=\"img\" width=\"{WIDTH}\" height=\"{}\"",
            self.height
        );
        let (head, body) = svg.split_once('\n').unwrap_or((svg, ""));
        let body = body.replace(
            "font-family=\"Inter\"",
            "font-family=\"Inter, Helvetica, Arial, sans-serif\"",
        );
        format!(
            "{}\n<title>{title}</title>\n{body}",
            head.replacen(&fine, &shown, 1)
        )
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn encode(image: &RgbImage) -> Result<Vec<u8>, ChartError> {
    let mut png = Cursor::new(Vec::new());
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Adaptive)
        .write_image(
            image.as_raw(),
            image.width(),
            image.height(),
            ExtendedColorType::Rgb8,
        )
        .map_err(|error| ChartError::Encoding(error.to_string()))?;
    Ok(png.into_inner())
}

fn paint<B: DrawingBackend>(scene: &Scene, backend: B, setting: Setting) -> Result<(), ChartError> {
    font::register()?;
    let failed = |error: String| ChartError::Drawing(error);
    let area = backend.into_drawing_area();
    area.fill(&scene::WHITE)
        .map_err(|error| failed(error.to_string()))?;
    for shape in &scene.shapes {
        paint_shape(&area, shape, setting).map_err(failed)?;
    }
    area.present().map_err(|error| failed(error.to_string()))
}

fn paint_shape<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    shape: &Shape,
    setting: Setting,
) -> Result<(), String> {
    let at = |(x, y): Point| {
        (
            (x * setting.scale).round() as i32,
            (y * setting.scale).round() as i32,
        )
    };
    let pixels = |length: f64| (length * setting.scale).round() as u32;
    let all = |points: &[Point]| points.iter().copied().map(at).collect::<Vec<_>>();
    match shape {
        Shape::Area {
            points,
            fill,
            opacity,
        } => area.draw(&Polygon::new(all(points), fill.mix(*opacity))),
        Shape::Line {
            points,
            stroke,
            width,
        } => area.draw(&PathElement::new(
            all(points),
            stroke.stroke_width(pixels(*width).max(1)),
        )),
        Shape::Dot {
            centre,
            radius,
            fill,
        } => area.draw(&Circle::new(at(*centre), pixels(*radius), fill.filled())),
        Shape::Words(words) => return paint_words(area, words, setting),
    }
    .map_err(|error| error.to_string())
}

fn paint_words<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    words: &Words,
    setting: Setting,
) -> Result<(), String> {
    let size = words.size * setting.scale * setting.size_per_em;
    let font = FontDesc::new(FontFamily::Name(FAMILY), size, words.weight.style());
    let side = match words.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let style = TextStyle::from(font)
        .color(&words.colour)
        .pos(Pos::new(side, VPos::Top));
    let (x, y) = words.at;
    let top = y * setting.scale - setting.ascent * size;
    let place = ((x * setting.scale).round() as i32, top.round() as i32);
    area.draw_text(&words.text, &style, place)
        .map_err(|error| error.to_string())
}

/// The paper under a text that stands on lines.
pub(super) fn paper(scene: &mut Scene, words: &Words) {
    let mut frame = words.frame();
    frame.left -= 2.0;
    frame.right += 2.0;
    scene.box_(frame, WHITE);
}

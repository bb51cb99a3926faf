//! Puts labels where they cover neither each other nor what they name.

use super::scene::{Frame, Point};

/// Moves boxes of `heights`, wished at the middles `wished` (ascending), apart and into `top..bottom`;
/// gives their middles. Boxes touch when there is no room.
pub(super) fn spread(wished: &[f64], heights: &[f64], top: f64, bottom: f64) -> Vec<f64> {
    let mut middles = Vec::with_capacity(wished.len());
    let mut floor = top;
    for (&wish, &height) in wished.iter().zip(heights) {
        let middle = wish.max(floor + height / 2.0);
        middles.push(middle);
        floor = middle + height / 2.0;
    }
    let mut ceiling = bottom;
    for (middle, &height) in middles.iter_mut().zip(heights).rev() {
        *middle = middle.min(ceiling - height / 2.0);
        ceiling = *middle - height / 2.0;
    }
    middles
}

/// A label to be put near its point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Label {
    pub(super) point: Point,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The best box of each label near its point, the first labels first. `line` is what should stay visible.
pub(super) fn near(labels: &[Label], line: &[Point], page: Frame) -> Vec<Frame> {
    let mut taken: Vec<Frame> = labels
        .iter()
        .map(|label| around(label.point, 6.0))
        .collect();
    let mut boxes = Vec::with_capacity(labels.len());
    for label in labels {
        let best = candidates(*label)
            .map(|(frame, effort)| (effort + cost(frame, &taken, line, page), frame))
            .min_by(|(one, _), (other, _)| one.total_cmp(other))
            .map(|(_, frame)| frame);
        if let Some(frame) = best {
            taken.push(frame);
            boxes.push(frame);
        }
    }
    boxes
}

/// Boxes around the point, farther and farther away, with the effort to connect them by eye.
fn candidates(label: Label) -> impl Iterator<Item = (Frame, f64)> {
    let (x, y) = label.point;
    (0..12_u32).flat_map(move |ring| {
        (0..16_u32).map(move |part| {
            let angle = std::f64::consts::TAU * f64::from(part) / 16.0;
            let distance = 12.0 + 14.0 * f64::from(ring);
            // The box touches the ray's end with the side or corner that faces the point.
            let (cos, sin) = (angle.cos(), angle.sin());
            let middle = (
                x + cos * (distance + label.width / 2.0),
                y + sin * (distance + label.height / 2.0),
            );
            let frame = Frame {
                left: middle.0 - label.width / 2.0,
                top: middle.1 - label.height / 2.0,
                right: middle.0 + label.width / 2.0,
                bottom: middle.1 + label.height / 2.0,
            };
            // Right of the point reads best, then above and below it.
            (frame, distance + 4.0 * (1.0 - cos))
        })
    })
}

fn cost(frame: Frame, taken: &[Frame], line: &[Point], page: Frame) -> f64 {
    let wide = Frame {
        left: frame.left - 4.0,
        top: frame.top - 2.0,
        right: frame.right + 4.0,
        bottom: frame.bottom + 2.0,
    };
    let outside = frame.width() * (frame.bottom - frame.top) - frame.overlap(page);
    let covered: f64 = taken.iter().map(|&other| wide.overlap(other)).sum();
    let inside =
        |&&(x, y): &&Point| wide.left < x && x < wide.right && wide.top < y && y < wide.bottom;
    let hidden = line.iter().filter(inside).count() as f64;
    1_000.0 * outside + 100.0 * covered + 6.0 * hidden
}

fn around((x, y): Point, radius: f64) -> Frame {
    Frame {
        left: x - radius,
        top: y - radius,
        right: x + radius,
        bottom: y + radius,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_move_apart_and_stay_inside() {
        let middles = spread(&[5.0, 6.0, 98.0, 99.0], &[20.0; 4], 0.0, 100.0);
        assert_eq!(middles, [10.0, 30.0, 70.0, 90.0]);
    }

    #[test]
    fn labels_of_one_point_do_not_cover_each_other() {
        let label = Label {
            point: (200.0, 100.0),
            width: 120.0,
            height: 15.0,
        };
        let page = Frame {
            left: 0.0,
            top: 0.0,
            right: 400.0,
            bottom: 200.0,
        };
        let boxes = near(&[label; 7], &[], page);
        for (index, one) in boxes.iter().enumerate() {
            assert!(one.overlap(page) > 120.0 * 15.0 - 1.0, "{one:?}");
            for other in boxes.iter().skip(index + 1) {
                assert!(one.overlap(*other) < 1.0, "{one:?} {other:?}");
            }
        }
    }
}

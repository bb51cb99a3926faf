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

/// What a label has to keep clear of.
struct Taken<'a> {
    frames: Vec<Frame>,
    leaders: Vec<Point>,
    line: &'a [Point],
    page: Frame,
}

/// A good box of each label near its point. `line` is what should stay visible.
///
/// The first labels choose first; then each chooses again among the others, twice.
pub(super) fn near(labels: &[Label], line: &[Point], page: Frame) -> Vec<Frame> {
    let marks = || labels.iter().map(|label| around(label.point, 7.0));
    let mut boxes: Vec<Frame> = Vec::with_capacity(labels.len());
    for _ in 0..3 {
        for (index, label) in labels.iter().enumerate() {
            let others = || {
                let chosen = labels.iter().zip(&boxes).enumerate();
                chosen.filter(|&(other, _)| other != index)
            };
            let taken = Taken {
                frames: marks()
                    .chain(others().map(|(_, (_, &frame))| frame))
                    .collect(),
                leaders: others()
                    .flat_map(|(_, (other, &frame))| leader(other.point, frame))
                    .collect(),
                line,
                page,
            };
            let best = taken.best(*label);
            match boxes.get_mut(index) {
                Some(frame) => *frame = best,
                None => boxes.push(best),
            }
        }
    }
    boxes
}

/// The straight way from a point to the nearest place of its label, as points a little apart, without the
/// mark at its beginning.
fn leader(point: Point, label: Frame) -> impl Iterator<Item = Point> {
    const GAP: f64 = 3.0;
    const MARK: f64 = 9.0;
    let (x, y) = point;
    let end = label.nearest(point);
    let (dx, dy) = (end.0 - x, end.1 - y);
    let length = dx.hypot(dy);
    let count = ((length - MARK) / GAP).max(0.0) as u32;
    (0..count).map(move |n| {
        let part = GAP.mul_add(f64::from(n), MARK) / length;
        (dx.mul_add(part, x), dy.mul_add(part, y))
    })
}

/// Boxes around the point, farther and farther away, with the effort to connect them by eye.
fn candidates(label: Label) -> impl Iterator<Item = (Frame, f64)> {
    let (x, y) = label.point;
    (0..6_u32).flat_map(move |ring| {
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

/// Boxes all over the page, for points too crowded to have their labels around them.
fn anywhere(label: Label, page: Frame) -> impl Iterator<Item = (Frame, f64)> {
    const GAP: f64 = 16.0;
    let count = |room: f64| (room / GAP).max(0.0) as u32 + 1;
    let columns = count(page.width() - label.width);
    let rows = count(page.bottom - page.top - label.height);
    (0..columns).flat_map(move |column| {
        (0..rows).map(move |row| {
            let left = GAP.mul_add(f64::from(column), page.left);
            let top = GAP.mul_add(f64::from(row), page.top);
            let frame = Frame {
                left,
                top,
                right: left + label.width,
                bottom: top + label.height,
            };
            let (x, y) = frame.nearest(label.point);
            let distance = (x - label.point.0).hypot(y - label.point.1);
            (frame, 1.2 * distance + 10.0)
        })
    })
}

impl Taken<'_> {
    /// The box that costs least.
    fn best(&self, label: Label) -> Frame {
        let mut best = (f64::INFINITY, around(label.point, 1.0));
        for (frame, effort) in candidates(label).chain(anywhere(label, self.page)) {
            // What is cheap to know first: most boxes are out of the race by then.
            let mut cost = effort;
            for part in [Self::covering, Self::hiding, Self::crossing] {
                if cost < best.0 {
                    cost += part(self, label.point, frame);
                }
            }
            if cost < best.0 {
                best = (cost, frame);
            }
        }
        best.1
    }

    /// The cost of covering other labels and of running off the page: prohibitive.
    fn covering(&self, _: Point, frame: Frame) -> f64 {
        let outside = frame.width() * (frame.bottom - frame.top) - frame.overlap(self.page);
        let sum = |of: Frame| self.frames.iter().map(|&one| of.overlap(one)).sum::<f64>();
        1_000.0 * outside + 100.0 * sum(frame.wider(6.0, 3.0)) + 9_900.0 * sum(frame)
    }

    /// The cost of hiding the line and other labels' leaders.
    fn hiding(&self, _: Point, frame: Frame) -> f64 {
        let wide = frame.wider(6.0, 3.0);
        let inside = |points: &[Point]| points.iter().filter(|&&p| wide.holds(p)).count() as f64;
        80.0 * inside(&self.leaders) + 20.0 * inside(self.line)
    }

    /// The cost of a leader through labels, the line, or other leaders.
    fn crossing(&self, point: Point, frame: Frame) -> f64 {
        let crosses = |&at: &Point| {
            let near = |&other: &Point| (other.0 - at.0).hypot(other.1 - at.1) < 4.0;
            self.frames.iter().any(|other| other.holds(at))
                || self.line.iter().any(near)
                || self.leaders.iter().any(near)
        };
        80.0 * leader(point, frame).filter(crosses).count() as f64
    }
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

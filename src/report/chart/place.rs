//! Puts labels where they cover neither each other nor what they name.

use super::ink::Ink;
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
    /// How much more than others it has to be near its point.
    pub(super) weight: f64,
}

impl Label {
    /// The effort to connect it by eye with its point: twice as far is more than twice the effort.
    fn effort(&self, distance: f64) -> f64 {
        self.weight * (distance + distance * distance / 40.0)
    }
}

/// Nearer to a line than so many pixels is on it.
pub(super) const NEAR: f64 = 4.0;

/// What a label has to keep clear of.
struct Taken<'a> {
    frames: Vec<Frame>,
    leaders: Vec<Point>,
    line: &'a Ink,
    page: Frame,
}

/// A good box of each label near its point. `line` is what should stay visible, `rooms` are taken.
///
/// The labels choose one after the other, then each chooses again among the others, twice. Who chooses first
/// matters, so that every label once is the first, forwards and backwards; the best of these pages is given.
pub(super) fn near(labels: &[Label], line: &[Point], rooms: &[Frame], page: Frame) -> Vec<Frame> {
    let line = Ink::of(line);
    let board = Board {
        labels,
        line: &line,
        rooms,
        page,
    };
    let count = labels.len();
    let forwards = (0..count).map(|first| (0..count).map(|turn| (first + turn) % count).collect());
    let backwards = (0..count).map(|last| {
        (0..count)
            .map(|turn| (last + count - turn) % count)
            .collect()
    });
    let orders = forwards.chain(backwards);
    let pages = orders.map(|order: Vec<usize>| board.settle(&order));
    let best = pages.min_by(|one, other| one.0.total_cmp(&other.0));
    best.map_or_else(Vec::new, |(_, boxes)| boxes)
}

/// The page before labels are on it.
struct Board<'a> {
    labels: &'a [Label],
    line: &'a Ink,
    rooms: &'a [Frame],
    page: Frame,
}

impl<'a> Board<'a> {
    /// The boxes when labels choose in an order, three times; and their cost.
    fn settle(&self, order: &[usize]) -> (f64, Vec<Frame>) {
        let mut boxes: Vec<Option<Frame>> = vec![None; self.labels.len()];
        for &index in order.iter().cycle().take(3 * order.len()) {
            boxes[index] = Some(self.taken(index, &boxes).best(self.labels[index]));
        }
        let cost = |(index, frame): (usize, &Option<Frame>)| {
            let (label, taken) = (self.labels[index], self.taken(index, &boxes));
            frame.map_or(0.0, |frame| {
                label.effort(away(label.point, frame))
                    + taken.covering(label.point, frame)
                    + taken.hiding(label.point, frame)
                    + taken.crossing(label.point, frame)
            })
        };
        let cost = boxes.iter().enumerate().map(cost).sum();
        (cost, boxes.into_iter().flatten().collect())
    }

    /// What label `index` has to keep clear of.
    fn taken(&self, index: usize, boxes: &[Option<Frame>]) -> Taken<'a> {
        let others = || {
            let chosen = self.labels.iter().zip(boxes).enumerate();
            let others = chosen.filter(move |&(other, _)| other != index);
            others.filter_map(|(_, (label, frame))| Some((label.point, (*frame)?)))
        };
        let marks = self.labels.iter().map(|label| around(label.point, 10.0));
        let rooms = self.rooms.iter().copied();
        Taken {
            frames: marks
                .chain(rooms)
                .chain(others().map(|(_, frame)| frame))
                .collect(),
            leaders: others()
                .flat_map(|(point, frame)| leader(point, frame))
                .collect(),
            line: self.line,
            page: self.page,
        }
    }
}

/// How far a label is from its point.
fn away(point: Point, frame: Frame) -> f64 {
    let (x, y) = frame.nearest(point);
    (x - point.0).hypot(y - point.1)
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
            (frame, label.effort(distance) + 4.0 * (1.0 - cos))
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
            (frame, label.effort(away(label.point, frame)) + 10.0)
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
        let leaders = self.leaders.iter().filter(|&&p| wide.holds(p)).count() as f64;
        let inside = |frame: Frame| f64::from(self.line.inside(frame));
        // On the line it cuts it; beside it both are legible.
        80.0 * leaders + 70.0 * inside(wide) + 400.0 * inside(frame.wider(2.0, 1.0))
    }

    /// The cost of a leader through labels, the line, or other leaders.
    fn crossing(&self, point: Point, frame: Frame) -> f64 {
        leader(point, frame)
            .map(|at| {
                let near = |&(x, y): &Point| {
                    let (dx, dy) = (x - at.0, y - at.1);
                    dx * dx + dy * dy < NEAR * NEAR
                };
                // Through another mark or label is misleading, over the line only unlovely.
                if self
                    .frames
                    .iter()
                    .any(|other| other.wider(2.0, 2.0).holds(at))
                {
                    300.0
                } else if self.leaders.iter().any(near) {
                    120.0
                } else if self.line.is_near(at) {
                    80.0
                } else {
                    0.0
                }
            })
            .sum()
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
            weight: 1.0,
        };
        let page = Frame {
            left: 0.0,
            top: 0.0,
            right: 400.0,
            bottom: 200.0,
        };
        let boxes = near(&[label; 7], &[], &[], page);
        for (index, one) in boxes.iter().enumerate() {
            assert!(one.overlap(page) > 120.0 * 15.0 - 1.0, "{one:?}");
            for other in boxes.iter().skip(index + 1) {
                assert!(one.overlap(*other) < 1.0, "{one:?} {other:?}");
            }
        }
    }
}

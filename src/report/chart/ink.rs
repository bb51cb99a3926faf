//! A line as a raster, so that asking what lies near it costs the same however long it is.

use super::place::NEAR;
use super::scene::{Frame, Point};

/// Points of a line, by whole pixels.
pub(super) struct Ink {
    /// The pixel of the upper left corner.
    from: (i64, i64),
    columns: usize,
    rows: usize,
    /// Whether a point is near, row by row.
    near: Vec<bool>,
    /// Points above and left of each pixel's corner: a row and a column more than there are pixels.
    sums: Vec<u32>,
}

impl Ink {
    /// Of points, which should be few pixels apart.
    pub(super) fn of(points: &[Point]) -> Self {
        let edge = NEAR.ceil() as i64 + 1;
        let pixels = || points.iter().map(|&point| pixel(point));
        let ends = |of: fn((i64, i64)) -> i64| {
            let (least, most) = (pixels().map(of).min(), pixels().map(of).max());
            (least.unwrap_or(0) - edge, most.unwrap_or(0) + edge)
        };
        let ((left, right), (top, bottom)) = (ends(|at| at.0), ends(|at| at.1));
        let length = |from: i64, to: i64| usize::try_from(to - from + 1).unwrap_or(0);
        let mut ink = Self {
            from: (left, top),
            columns: length(left, right),
            rows: length(top, bottom),
            near: Vec::new(),
            sums: Vec::new(),
        };
        ink.near = vec![false; ink.columns * ink.rows];
        ink.mark(points, edge);
        ink.sums = ink.summed(points);
        ink
    }

    /// Marks the pixels around each point.
    fn mark(&mut self, points: &[Point], edge: i64) {
        for &(x, y) in points {
            let (column, row) = pixel((x, y));
            for near in (row - edge)..=(row + edge) {
                for beside in (column - edge)..=(column + edge) {
                    let (dx, dy) = (beside as f64 + 0.5 - x, near as f64 + 0.5 - y);
                    if dx * dx + dy * dy < NEAR * NEAR
                        && let Some(at) = self.place((beside, near))
                    {
                        self.near[at] = true;
                    }
                }
            }
        }
    }

    fn summed(&self, points: &[Point]) -> Vec<u32> {
        let width = self.columns + 1;
        let mut sums = vec![0_u32; width * (self.rows + 1)];
        for &point in points {
            let (column, row) = self.inside_of(pixel(point));
            sums[(row + 1) * width + column + 1] += 1;
        }
        for row in 1..=self.rows {
            let mut of_row = 0;
            for column in 1..width {
                of_row += sums[row * width + column];
                sums[row * width + column] = of_row + sums[(row - 1) * width + column];
            }
        }
        sums
    }

    /// Whether the line passes near a place.
    pub(super) fn is_near(&self, point: Point) -> bool {
        self.place(pixel(point)).is_some_and(|at| self.near[at])
    }

    /// How many of the line's points lie in a frame, to a pixel.
    pub(super) fn inside(&self, frame: Frame) -> u32 {
        let corner = |x: f64, y: f64| self.inside_of((x.round() as i64, y.round() as i64));
        let (left, top) = corner(frame.left, frame.top);
        let (right, bottom) = corner(frame.right, frame.bottom);
        let sum = |column: usize, row: usize| self.sums[row * (self.columns + 1) + column];
        (sum(right, bottom) + sum(left, top)) - (sum(left, bottom) + sum(right, top))
    }

    /// Column and row of a pixel, or of the nearest there is.
    fn inside_of(&self, (x, y): (i64, i64)) -> (usize, usize) {
        let place =
            |at: i64, from: i64, most: usize| usize::try_from(at - from).unwrap_or(0).min(most);
        (
            place(x, self.from.0, self.columns),
            place(y, self.from.1, self.rows),
        )
    }

    fn place(&self, (x, y): (i64, i64)) -> Option<usize> {
        let column = usize::try_from(x - self.from.0).ok()?;
        let row = usize::try_from(y - self.from.1).ok()?;
        (column < self.columns && row < self.rows).then_some(row * self.columns + column)
    }
}

fn pixel((x, y): Point) -> (i64, i64) {
    (x.floor() as i64, y.floor() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raster_counts_and_knows_what_is_near() {
        let points: Vec<Point> = (0..50_u32).map(|n| (10.5 + f64::from(n), 20.5)).collect();
        let ink = Ink::of(&points);
        let frame = |left, top, right, bottom| Frame {
            left,
            top,
            right,
            bottom,
        };
        assert_eq!(ink.inside(frame(0.0, 0.0, 100.0, 100.0)), 50);
        assert_eq!(ink.inside(frame(15.0, 18.0, 25.0, 23.0)), 10);
        assert_eq!(ink.inside(frame(15.0, 21.0, 25.0, 23.0)), 0);
        assert_eq!(ink.inside(frame(-500.0, -500.0, -400.0, -400.0)), 0);
        assert!(ink.is_near((30.0, 23.5)) && !ink.is_near((30.0, 26.5)));
        assert!(!ink.is_near((-900.0, 20.5)));
        let none = Ink::of(&[]);
        assert!(none.inside(frame(-9.0, -9.0, 9.0, 9.0)) == 0 && !none.is_near((0.0, 0.0)));
    }
}

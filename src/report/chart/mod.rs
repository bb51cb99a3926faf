//! Charts: usage against commitments, savings against commitment, plans beside each other.
//!
//! A chart is plain data with a `scene`: lines, areas and words at places, worked out once. The scene is
//! then painted by plotters as SVG (vector, for the PDF and the web) or PNG, in the bundled font, so that
//! both look alike on every machine. Amounts that are printed come in as exact [`Money`](crate::units::Money)
//! or as the caller's text; floats only say where things stand.
#![expect(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "places on paper are floats; no amount that is printed is worked out here"
)]

mod axis;
mod bridge;
mod calendar;
mod columns;
mod duration;
pub(crate) mod font;
mod frontier;
mod ink;
mod marks;
mod names;
mod paint;
mod place;
mod plans;
mod resample;
mod savings;
mod scene;
mod spots;
mod stack;
mod sweep;
mod theme;
mod time;
mod usage;
mod waterfall;

pub use bridge::BridgeChart;
pub use calendar::{CalendarChart, Life};
pub use columns::{ColumnPart, ColumnsChart};
pub use duration::{BreakEven, DurationChart};
pub use font::{MoreLetters, lacking};
pub use frontier::{FrontierChart, Prospect};
pub use marks::{Mark, MarkKind};
pub use paint::Look;
pub use plans::{PlanBar, PlansChart};
pub use savings::SavingsChart;
pub use scene::Scene;
pub use sweep::{SweepChart, SweepPoint};
pub use theme::Theme;
pub use usage::{Coverage, Layer, Level, UsageChart};
pub use waterfall::{Step, WaterfallChart};

/// Why a chart could not be painted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChartError {
    /// The bundled font is not in the binary as it should be.
    #[error("the bundled font cannot be read")]
    Font,
    /// The drawing library refused a shape.
    #[error("the chart cannot be drawn: {0}")]
    Drawing(String),
    /// The PNG could not be encoded.
    #[error("the chart cannot be encoded as PNG: {0}")]
    Encoding(String),
    /// A series has not one value an hour of its window.
    #[error("`{name}` has {found} hourly values, its window {expected} hours")]
    Length {
        /// The series.
        name: String,
        /// Its values.
        found: usize,
        /// The hours there are.
        expected: usize,
    },
}

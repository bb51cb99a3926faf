//! Row 0. Money, rates and quantities with units, hours of time, and only the arithmetic that makes sense.
//!
//! Everything here is an integer. One *tick* is the 84,768,768,000th part of a unit (an instance-hour,
//! a gigabyte, ...): small enough that every ratio AWS bills by is whole. The number is
//! 3,600 x 2^10 x 3^2 x 5 x 7 x 73, so that
//! - a second is whole (usage is billed by the second),
//! - every quotient by a normalization factor is whole (a Reserved Instance may cover a part of a larger size),
//! - an upfront fee divides over the 8,760 or 26,280 hours of a term without remainder (that is the 73).
//!
//! Money is counted in ticks of 1e-10 dollars, the smallest step of AWS's published rates. A product of
//! rate and quantity, a fee spread over its term and every sum of them is therefore exact.

mod hour;
mod money;
mod quantity;

pub use hour::{Hour, HourError, HourSpan, instant, instant_millis};
pub use money::{Money, MoneyError};
pub use quantity::{
    InstanceHour, Metered, Quantity, Rate, TICKS_PER_HOUR, TICKS_PER_SECOND, TICKS_PER_UNIT,
};

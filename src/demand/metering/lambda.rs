//! From a Lambda function's memory and duration to what is billed.
//!
//! Source: aws.amazon.com/lambda/pricing as restated in docs/billing-rules.md, R51: duration is rounded up to the
//! millisecond; a GB-second is 1,024 MB for a second.

use rust_decimal::{Decimal, dec};

use super::MeteredUse;
use crate::catalog::ServiceItem;
use crate::units::{MoneyError, Quantity};

/// What a function runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LambdaArchitecture {
    /// x86.
    X86,
    /// Graviton.
    Arm,
}

/// Invocations of one function that take equally long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LambdaUse {
    /// What it runs on.
    pub architecture: LambdaArchitecture,
    /// Configured memory.
    pub memory_mb: Decimal,
    /// How long an invocation takes.
    pub milliseconds: Decimal,
    /// How many invocations.
    pub invocations: Decimal,
}

impl LambdaUse {
    /// What is billed: GB-seconds, then requests.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when it is more than can be counted.
    pub fn metered(&self) -> Result<[MeteredUse; 2], MoneyError> {
        let [(duration, gb_seconds), (request, requests)] = self.units()?;
        Ok([
            (duration, Quantity::from_decimal(gb_seconds)?),
            (request, Quantity::from_decimal(requests)?),
        ])
    }

    /// The same in units.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when it is more than can be counted.
    pub fn units(&self) -> Result<[(ServiceItem, Decimal); 2], MoneyError> {
        let (duration, request) = match self.architecture {
            LambdaArchitecture::X86 => ("lambda-x86-gb-second", "lambda-x86-request"),
            LambdaArchitecture::Arm => ("lambda-arm-gb-second", "lambda-arm-request"),
        };
        let milliseconds = self.milliseconds.ceil().checked_mul(self.invocations);
        let mb_milliseconds = milliseconds.and_then(|ms| ms.checked_mul(self.memory_mb));
        let gb_seconds = mb_milliseconds
            .and_then(|product| product.checked_div(dec!(1_024_000)))
            .ok_or(MoneyError::OutOfRange(self.invocations))?;
        Ok([
            (ServiceItem::named(duration), gb_seconds),
            (ServiceItem::named(request), self.invocations),
        ])
    }
}

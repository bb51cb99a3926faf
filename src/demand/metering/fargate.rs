//! From a Fargate task's size and running time to what is billed.
//!
//! Source: aws.amazon.com/fargate/pricing as quoted in devops.stackexchange.com/questions/4830 (from the pull of the
//! image to the end, rounded up to the second, at least a minute), AWS Pricing Calculator (20 GB of storage are
//! free; vector `fargate_calculator_50_tasks_180min`). For Windows a longer minimum is told, but no page of AWS that
//! says which was found: the minute is used. docs/billing-rules.md, R50.

use rust_decimal::{Decimal, dec};

use super::MeteredUse;
use crate::catalog::ServiceItem;
use crate::units::{MoneyError, Quantity};

/// What a task runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FargatePlatform {
    /// Linux on x86.
    LinuxX86,
    /// Linux on Graviton.
    LinuxArm,
    /// Windows, with its licence.
    Windows,
}

/// Tasks of one size that run equally long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FargateTask {
    /// What they run on.
    pub platform: FargatePlatform,
    /// Configured vCPUs of one task.
    pub vcpu: Decimal,
    /// Configured memory of one task.
    pub memory_gb: Decimal,
    /// Ephemeral storage of one task, the free part included.
    pub storage_gb: Decimal,
    /// How long one task runs, from the pull of its image to its end.
    pub seconds: Decimal,
    /// How many tasks.
    pub tasks: Decimal,
}

const FREE_STORAGE_GB: Decimal = dec!(20);
const MINIMUM_SECONDS: Decimal = dec!(60);
const SECONDS_AN_HOUR: Decimal = dec!(3600);

impl FargateTask {
    /// Seconds that one task is billed.
    pub fn billed_seconds(&self) -> Decimal {
        self.seconds.ceil().max(MINIMUM_SECONDS)
    }

    /// What is billed.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when it is more than can be counted.
    pub fn metered(&self) -> Result<Vec<MeteredUse>, MoneyError> {
        let units = self.units_in(self.billed_seconds())?;
        let metered = units.into_iter();
        metered
            .map(|(item, units)| Ok((item, Quantity::from_decimal(units)?)))
            .collect()
    }

    /// Units that are billed of so many of the seconds, such as those of an hour.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when it is more than can be counted.
    pub fn units_in(&self, seconds: Decimal) -> Result<Vec<(ServiceItem, Decimal)>, MoneyError> {
        let (vcpu, memory, licence) = match self.platform {
            FargatePlatform::LinuxX86 => (
                "fargate-linux-x86-vcpu-hour",
                "fargate-linux-x86-gb-hour",
                None,
            ),
            FargatePlatform::LinuxArm => (
                "fargate-linux-arm-vcpu-hour",
                "fargate-linux-arm-gb-hour",
                None,
            ),
            FargatePlatform::Windows => (
                "fargate-windows-vcpu-hour",
                "fargate-windows-gb-hour",
                Some("fargate-windows-licence-vcpu-hour"),
            ),
        };
        let storage = (self.storage_gb - FREE_STORAGE_GB).max(Decimal::ZERO);
        let parts = [
            (Some(vcpu), self.vcpu),
            (Some(memory), self.memory_gb),
            (licence, self.vcpu),
            (Some("fargate-ephemeral-storage-gb-hour"), storage),
        ];
        let out_of_range = || MoneyError::OutOfRange(self.tasks);
        let seconds = seconds.checked_mul(self.tasks).ok_or_else(out_of_range)?;
        let parts = parts.into_iter().filter(|(_, size)| !size.is_zero());
        let metered = parts.filter_map(|(item, size)| Some((item?, size)));
        metered
            .map(|(item, size)| {
                let product = seconds.checked_mul(size).ok_or_else(out_of_range)?;
                Ok((ServiceItem::named(item), product / SECONDS_AN_HOUR))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_is_the_least_and_seconds_are_rounded_up() {
        let task = |seconds| FargateTask {
            platform: FargatePlatform::Windows,
            vcpu: dec!(1),
            memory_gb: dec!(2),
            storage_gb: dec!(21),
            seconds,
            tasks: dec!(60),
        };
        let vcpu_hours = |seconds| {
            let metered = task(seconds).metered().unwrap();
            assert_eq!(metered.len(), 4);
            metered[0].1.to_decimal(6).normalize()
        };
        assert_eq!(vcpu_hours(dec!(0.2)), dec!(1));
        assert_eq!(vcpu_hours(dec!(119.5)), dec!(2));
    }
}

//! Tables of Fargate tasks and of Lambda functions: each row becomes the use that AWS meters of it.

use rust_decimal::{Decimal, dec};

use super::bill::account;
use super::classify::{MeteredBy, Outcome, Raw, Refusal, Rules, region};
use super::problem::Wrong;
use super::services::pico_units;
use super::spec::Role;
use super::typed::Cells;
use crate::catalog::ServiceItem;
use crate::demand::metering::{FargatePlatform, FargateTask, LambdaArchitecture, LambdaUse};
use crate::demand::{ServiceDemand, ServiceKey};
use crate::units::{Hour, MoneyError};

/// Who uses them, and where. A missing account means one account.
pub(super) fn classify(raw: &Raw<'_>, rules: &Rules) -> Result<Outcome, Refusal> {
    Ok(Outcome::Metered(Box::new(MeteredBy {
        account: account(raw.get(Role::Account), &mut Vec::new()),
        region: region(Role::Region, raw.get(Role::Region))?,
        labels: raw.labels(rules),
    })))
}

/// Adds the use of a row of tasks, in the hours in which they ran.
pub(super) fn tasks(
    cells: &Cells<'_>,
    by: &MeteredBy,
    services: &mut ServiceDemand,
) -> Result<(), Wrong> {
    let start = cells.needed_millis(Role::Start)?;
    let end = cells.needed_millis(Role::End)?;
    if end < start {
        let message = format!(
            "the task ends before it starts, at {}",
            cells.text(Role::Start)
        );
        let hint = "are the columns `start` and `end` the right way round?";
        return Err(cells.wrong(Role::End, message, "expected a later time", hint));
    }
    let task = FargateTask {
        platform: platform(cells)?,
        vcpu: cells.positive(Role::Vcpu)?,
        memory_gb: cells.positive(Role::Memory)?,
        storage_gb: cells.amount(Role::Storage, Some(Decimal::ZERO))?,
        seconds: Decimal::new(end - start, 3),
        tasks: cells.amount(Role::Number, Some(Decimal::ONE))?,
    };
    let out_of_range = |error| out_of_range(cells, Role::Number, &error);
    let first = start.div_euclid(1_000);
    let last = first + i64::try_from(task.billed_seconds()).unwrap_or(i64::MAX - first);
    let mut hour = Hour::containing_epoch_seconds(first);
    while hour.epoch_hours() * 3_600 < last {
        let begin = hour.epoch_hours() * 3_600;
        let seconds = last.min(begin + 3_600) - first.max(begin);
        let used = task.units_in(seconds.into()).map_err(out_of_range)?;
        for (item, units) in used {
            add(by, item, hour, units, services).map_err(out_of_range)?;
        }
        hour = hour.plus(1);
    }
    Ok(())
}

fn platform(cells: &Cells<'_>) -> Result<FargatePlatform, Wrong> {
    match cells.text(Role::Platform).to_ascii_lowercase().as_str() {
        "" | "linux-x86" => Ok(FargatePlatform::LinuxX86),
        "linux-arm" => Ok(FargatePlatform::LinuxArm),
        "windows" => Ok(FargatePlatform::Windows),
        text => Err(cells.wrong(
            Role::Platform,
            format!("unknown platform `{text}`"),
            "expected linux-x86, linux-arm or windows",
            "leave the cell empty for linux-x86",
        )),
    }
}

/// Adds the use of a row of functions.
pub(super) fn functions(
    cells: &Cells<'_>,
    by: &MeteredBy,
    services: &mut ServiceDemand,
) -> Result<(), Wrong> {
    let start = cells.needed_millis(Role::Start)?;
    let hour = Hour::containing_epoch_seconds(start.div_euclid(1_000));
    let used = LambdaUse {
        architecture: architecture(cells)?,
        memory_mb: cells.positive(Role::Memory)?,
        milliseconds: cells.amount(Role::Duration, None)?,
        invocations: cells.amount(Role::Number, None)?,
    };
    if used.memory_mb < dec!(128) || used.memory_mb > dec!(10_240) {
        let message = format!("no function has {} MB", used.memory_mb);
        let label = "expected 128 to 10,240";
        return Err(cells.wrong(Role::Memory, message, label, "1 GB is 1,024 MB"));
    }
    let out_of_range = |error| out_of_range(cells, Role::Number, &error);
    for (item, units) in used.units().map_err(out_of_range)? {
        add(by, item, hour, units, services).map_err(out_of_range)?;
    }
    Ok(())
}

fn architecture(cells: &Cells<'_>) -> Result<LambdaArchitecture, Wrong> {
    match cells.text(Role::Platform).to_ascii_lowercase().as_str() {
        "" | "x86" | "x86_64" => Ok(LambdaArchitecture::X86),
        "arm" | "arm64" => Ok(LambdaArchitecture::Arm),
        text => Err(cells.wrong(
            Role::Platform,
            format!("unknown architecture `{text}`"),
            "expected x86 or arm",
            "leave the cell empty for x86",
        )),
    }
}

fn add(
    by: &MeteredBy,
    item: ServiceItem,
    hour: Hour,
    units: Decimal,
    services: &mut ServiceDemand,
) -> Result<(), MoneyError> {
    let key = ServiceKey {
        account: by.account,
        region: by.region,
        item,
        labels: by.labels.clone(),
    };
    let pico = pico_units(units).ok_or(MoneyError::OutOfRange(units))?;
    services.add(key, hour, pico);
    Ok(())
}

fn out_of_range(cells: &Cells<'_>, role: Role, error: &MoneyError) -> Wrong {
    let hint = "is a column of bytes or seconds taken for another?";
    cells.wrong(role, error.to_string(), "more than any fleet uses", hint)
}

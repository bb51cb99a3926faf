//! From what ran to what is billed: changes of state, interruptions, Capacity Reservations, licences, credits.

use bursar::catalog::{Platform, attributes};
use bursar::demand::Market;
use bursar::demand::metering::{
    Held, SizeOnHost, State, billed_stretches, billed_until, cancellation_seconds,
    cancellation_share, licence_vcpu_hours, pack, surplus_vcpu_hours, unlimited_break_even,
};
use bursar::units::{InstanceHour, Metered, Quantity, Rate};
use rust_decimal::{Decimal, dec};
use serde_json::Value;

use super::read::{decimal, list, text};

fn seconds(changes: &[(i64, State)], market: Market) -> i64 {
    let stretches = billed_stretches(changes, i64::MAX, Platform::LINUX, market);
    stretches
        .iter()
        .map(|stretch| stretch.end - stretch.start)
        .sum()
}

/// A case in words: `run 20 s, stop, start, run 30 s, terminate`, `stopping 40 s (hibernate)`.
fn changes(words: &str) -> Vec<(i64, State)> {
    let mut time = 0;
    let mut changes = Vec::new();
    let words = words.replace(" then ", ", ");
    for step in words.split(", ") {
        let parts: Vec<&str> = step.split_whitespace().collect();
        let state = match parts[0] {
            "run" => State::Running,
            "pending" => State::Pending,
            "stop" => State::Stopped,
            "terminate" => State::Terminated,
            "stopping" if step.contains("(hibernate)") => State::Hibernating,
            "stopping" => State::Stopping,
            "start" | "reboot" => continue,
            other => panic!("what is `{other}`?"),
        };
        changes.push((time, state));
        time += parts.get(1).map_or(0, |seconds| seconds.parse().unwrap());
    }
    if matches!(
        changes.last(),
        Some((_, State::Stopping | State::Hibernating))
    ) {
        changes.push((time, State::Stopped));
    }
    changes
}

pub(crate) fn lifecycle(example: &Value) {
    let cases = list(&example["inputs"]["cases"]);
    let wanted = list(&example["expected"]["billed_seconds"]);
    assert_eq!(cases.len(), wanted.len());
    for (case, wanted) in cases.iter().zip(wanted) {
        let found = seconds(&changes(text(case)), Market::OnDemand);
        assert_eq!(Some(found), wanted.as_i64(), "{case}");
    }
}

pub(crate) fn spot_interruption(example: &Value) {
    let wanted = list(&example["expected"]["cost"]);
    for (case, wanted) in list(&example["inputs"]["cases"]).iter().zip(wanted) {
        let ended = match text(&case["interrupted_by"]) {
            "aws" => State::Interrupted,
            _ => State::Terminated,
        };
        let run = case["run_seconds"].as_i64().unwrap();
        let billed = seconds(&[(0, State::Running), (run, ended)], Market::Spot);
        let rate: Rate<InstanceHour> = Rate::from_decimal(decimal(&case["rate"])).unwrap();
        let cost = rate * Quantity::from_seconds(billed.unsigned_abs());
        assert_eq!(cost.to_decimal(6), decimal(wanted).round_dp(6), "{case}");
    }
}

pub(crate) fn odcr(example: &Value) {
    let inputs = &example["inputs"];
    let number = |name: &str| inputs[name].as_u64().unwrap();
    let seconds = number("hours") * 3_600;
    let running = number("running_matching") * seconds;
    let found = Held {
        slots: number("reserved_slots"),
        seconds,
        running,
    };
    let hours = |name: &str| decimal(&example["expected"][name]) * dec!(3600);
    assert_eq!(
        Decimal::from(running),
        hours("instance_hours_billed_running")
    );
    assert_eq!(
        Decimal::from(found.unused()),
        hours("unused_reservation_hours_billed")
    );
}

pub(crate) fn odcr_timeline(example: &Value) {
    let inputs = &example["inputs"];
    let slots = inputs["slots"].as_u64().unwrap();
    let billed = list(&inputs["timeline"]).iter().map(|state| {
        let (slots, running) = match text(state) {
            "unused" => (slots, 0),
            "used" => (slots, slots),
            _ => (0, slots),
        };
        let held = Held {
            slots,
            seconds: 3_600,
            running: running * 3_600,
        };
        held.running + held.unused()
    });
    let rate: Rate<InstanceHour> = Rate::from_decimal(decimal(&inputs["rate"])).unwrap();
    let total = rate * Quantity::from_seconds(billed.sum());
    assert_eq!(
        total.to_decimal(4),
        decimal(&example["recomputed"]["total"]).round_dp(4)
    );
}

pub(crate) fn odcr_duration(example: &Value) {
    let (hours, minutes) = text(&example["inputs"]["provisioned"])
        .split_once('h')
        .unwrap();
    let minutes: i64 = minutes.trim_end_matches('m').parse().unwrap();
    let seconds = hours.parse::<i64>().unwrap() * 3_600 + minutes * 60;
    let held = Held {
        slots: 1,
        seconds: billed_until(0, seconds).unsigned_abs(),
        running: 0,
    };
    let wanted = decimal(&example["expected"]["reservation_hours"]);
    assert_eq!(Decimal::from(held.unused()) / dec!(3600), wanted);
}

/// A size takes a core for two vCPUs; the most of it is AWS's.
pub(crate) fn host_packing(example: &Value) {
    let inputs = &example["inputs"];
    let cores = inputs["physical_cores"]
        .as_u64()
        .unwrap()
        .try_into()
        .unwrap();
    let placed = list(&inputs["place"]).iter().map(|place| {
        let kind = text(&place[0]).parse().unwrap();
        (
            attributes(kind).unwrap().vcpus.div_ceil(2),
            place[1].as_u64().unwrap(),
        )
    });
    let placed: Vec<(u32, u64)> = placed.collect();
    let sizes: Vec<SizeOnHost> = placed
        .iter()
        .map(|&(cores, count)| SizeOnHost {
            cores,
            most: count.try_into().unwrap(),
            mixes: true,
        })
        .collect();
    let counts: Vec<u64> = placed.iter().map(|&(_, count)| count).collect();
    assert_eq!(pack(cores, &sizes, &counts).hosts, 1);
    let used: u64 = placed
        .iter()
        .map(|&(cores, count)| u64::from(cores) * count)
        .sum();
    assert_eq!(
        Decimal::from(used),
        decimal(&example["expected"]["cores_used"])
    );
    let left = u64::from(cores) - used;
    assert_eq!(
        Decimal::from(left),
        decimal(&example["expected"]["cores_left"])
    );
    // The most of a size binds before the cores do: one more needs a host more.
    let more: Vec<u64> = counts.iter().map(|count| count + 1).collect();
    assert_eq!(pack(cores, &sizes, &more).hosts, 2);
}

pub(crate) fn odcr_cancel(example: &Value) {
    let inputs = &example["inputs"];
    assert_eq!(text(&inputs["cancel_window"]), "within 2 weeks of start");
    assert_eq!(
        cancellation_share(Some(13)) * dec!(100),
        decimal(&inputs["rate_pct"])
    );
    let day = 86_400;
    let commitment = inputs["commitment_days"].as_i64().unwrap() * day;
    let seconds = cancellation_seconds(0, 13 * day, commitment);
    let hours = Decimal::from(seconds) / dec!(3600) * decimal(&inputs["instances"]);
    assert_eq!(
        hours,
        decimal(&example["recomputed"]["charged_instance_hours"])
    );
}

/// The instance at its base rate, and the licence of its active vCPUs.
pub(crate) fn optimize_cpu(example: &Value) {
    let inputs = &example["inputs"];
    let seconds = inputs["hours"].as_u64().unwrap() * 3_600;
    let ran: Quantity<InstanceHour> = Quantity::from_seconds(seconds);
    let vcpus = inputs["active_vcpus"].as_u64().unwrap();
    let licence = licence_vcpu_hours(ran, vcpus.try_into().unwrap());
    let base: Rate<InstanceHour> =
        Rate::from_decimal(decimal(&inputs["base_on_demand_rate"])).unwrap();
    let fee: Rate<Metered> =
        Rate::from_decimal(decimal(&inputs["license_rate_per_vcpu_hour"])).unwrap();
    let total = base * ran + fee * licence;
    assert_eq!(
        total.to_decimal(2),
        decimal(&example["recomputed"]["total"])
    );
}

pub(crate) fn cpu_credits(example: &Value) {
    let inputs = &example["inputs"];
    let rate: Rate<Metered> = Rate::from_decimal(decimal(&inputs["rate_per_vcpu_hour"])).unwrap();
    let vcpu_hours = surplus_vcpu_hours(decimal(&inputs["surplus_credits"])).unwrap();
    let vcpu_hours = Quantity::from_decimal(vcpu_hours).unwrap();
    let charge = rate * vcpu_hours;
    let exact = decimal(&example["recomputed"]["charge_exact"]);
    assert_eq!(charge.to_decimal(9), exact.round_dp(9));
    assert_eq!(
        charge.to_decimal(2),
        decimal(&example["expected"]["charge"])
    );
}

pub(crate) fn t3_breakeven(example: &Value) {
    let inputs = &example["inputs"];
    let rate = |name: &str| Rate::from_decimal(decimal(&inputs[name])).unwrap();
    let baseline = decimal(&inputs["baseline_pct"]);
    let vcpus = inputs["vcpus"].as_u64().unwrap().try_into().unwrap();
    let surplus = Rate::from_decimal(decimal(&inputs["surplus_per_vcpu_hour"])).unwrap();
    let found = unlimited_break_even(
        (baseline, vcpus),
        rate("t3_price"),
        rate("m5_price"),
        surplus,
    );
    assert_eq!(
        found,
        Some(decimal(&example["expected"]["breakeven_cpu_pct"]))
    );
}

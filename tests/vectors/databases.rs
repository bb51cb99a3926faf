//! Reserved databases and cache nodes: how many normalized units they count.

use bursar::catalog::{Deployment, database_units};
use bursar::units::{Metered, Quantity, Rate};
use rust_decimal::Decimal;
use serde_json::Value;

use super::read::{decimal, list, text};

fn units(class: &str, deployment: Deployment) -> Decimal {
    database_units(class, deployment).unwrap()
}

/// Units of deployments, or what a reserved instance covers of those that run.
pub(crate) fn rds_ri(example: &Value) {
    let inputs = &example["inputs"];
    if let Some(stated) = inputs.get("units") {
        let single = units("db.m5.large", Deployment::Single);
        let small = units("db.m5.small", Deployment::MultiAz);
        let cluster = units("db.m5.large", Deployment::MultiAzCluster);
        assert_eq!(single, decimal(&stated["single_az_large"]));
        assert_eq!(small, decimal(&stated["multi_az_small"]));
        assert_eq!(cluster, decimal(&stated["multi_az_cluster_large"]));
        let wanted = &example["expected"]["single_az_large_equals_multi_az_small_x"];
        assert_eq!(single / small, decimal(wanted));
    }
    let cases = list(&inputs["cases"]).iter();
    for (case, wanted) in cases.zip(list(&example["recomputed"])) {
        let reserved = units(text(&case["ri"]), Deployment::Single);
        let running = list(&case["running"])
            .iter()
            .map(|running| units(text(&running[0]), Deployment::Single) * decimal(&running[1]));
        let running: Decimal = running.sum();
        assert_eq!(reserved.min(running) / running, decimal(wanted), "{case}");
    }
}

/// Redis OSS reserved, Valkey running.
pub(crate) fn elasticache_ri(example: &Value) {
    let class = |name: &str| {
        text(&example["inputs"][name])
            .split(' ')
            .next()
            .unwrap()
            .to_owned()
    };
    let reserved = units(&class("ri"), Deployment::Single);
    let running = units(&class("running"), Deployment::Valkey);
    assert_eq!(reserved, decimal(&example["inputs"]["ri_units"]));
    assert_eq!(running, decimal(&example["inputs"]["running_units"]));
    let left = reserved - running;
    let expected = &example["expected"];
    assert_eq!(left, decimal(&expected["leftover_units"]));
    let another = decimal(&expected["covers_fraction_of_another_4xlarge_valkey"]);
    assert_eq!(left / running, another);
    let xlarge = units("cache.r7g.xlarge", Deployment::Valkey);
    assert_eq!(left / xlarge, decimal(&expected["covers_xlarge_valkey"]));
}

/// The page's figures do not follow from its own inputs: a month of 730 hours does, and storage costs what it costs,
/// reserved or not.
pub(crate) fn rds_bill(example: &Value) {
    let (inputs, recomputed) = (&example["inputs"], &example["recomputed"]);
    let cost = |rate: &str, quantity: Decimal| {
        let rate: Rate<Metered> = Rate::from_decimal(decimal(&inputs[rate])).unwrap();
        (rate * Quantity::from_decimal(quantity).unwrap()).to_decimal(3)
    };
    let month = Decimal::from(730);
    let of = |name: &str| decimal(&inputs[name]);
    let storage = cost("gp2_rate", of("gp2_gib"));
    assert_eq!(
        cost("ri_hourly", month),
        decimal(&recomputed["ri_month_730"])
    );
    assert_eq!(
        cost("on_demand_hourly", month),
        decimal(&recomputed["od_month"])
    );
    assert_eq!(storage, decimal(&recomputed["storage"]));
    let backup = cost("backup_rate", of("backup_gib") - of("backup_free_gib"));
    assert_eq!(backup, decimal(&recomputed["backup"]));
    assert_ne!(storage, decimal(&example["expected"]["storage"]));
}

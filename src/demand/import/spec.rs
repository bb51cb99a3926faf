//! The columns each format has, as data: names, roles, and which of them decide what a row is.

use super::tables;

/// A family of formats whose rows mean the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) enum Format {
    /// Cost and Usage Report, legacy or 2.0.
    #[default]
    Bill,
    /// FinOps Open Cost and Usage Specification.
    Focus,
    /// `hour, region, instance_type, count|hours`.
    Simple,
    /// `instance_id, state, time, region, instance_type`: changes of state.
    Events,
    /// `hour, region, item, quantity`: what was used beside instances.
    Services,
    /// `reservation, region, instance_type, slots, start, end`: Capacity Reservations and Capacity Blocks.
    Reservations,
    /// `start, end, region, vcpu, memory_gb`: Fargate tasks.
    Tasks,
    /// `hour, region, invocations, duration_ms, memory_mb`: Lambda functions.
    Functions,
}

/// What a column says, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role {
    LineType,
    Service,
    Currency,
    UsageType,
    Operation,
    Account,
    Zone,
    Region,
    InstanceType,
    OperatingSystem,
    Tenancy,
    Software,
    License,
    ProductMap,
    PublicRate,
    Reservation,
    SavingsPlan,
    PlanRate,
    Lease,
    OfferingClass,
    PaymentOption,
    Provider,
    Pricing,
    CommitmentCategory,
    CommitmentStatus,
    Description,
    SkuDetails,
    Unit,
    CapacityStatus,
    Purchase,
    Tag,
    TagMap,
    Start,
    End,
    Amount,
    Count,
    Cost,
    ReservationCost,
    PlanCost,
    RowId,
    Interval,
    Resource,
    InstanceId,
    State,
    Item,
    ActiveVcpus,
    SurplusCredits,
    Capacity,
    Slots,
    Kind,
    Matching,
    SharedWith,
    Price,
    Booked,
    CommitmentDays,
    Cancelled,
    Platform,
    Number,
    Vcpu,
    Memory,
    Storage,
    Duration,
    Rows,
    Unread,
}

impl Role {
    /// What an error says the column is good for.
    pub(super) const fn meaning(self) -> &'static str {
        match self {
            Self::Start => "when a row is about",
            Self::Item => "what was used",
            Self::InstanceId => "which instance changed",
            Self::State => "which state an instance went into",
            Self::Amount | Self::Count => "how many instance-hours a row states",
            Self::End => "when it ended",
            Self::Number => "how many there were",
            Self::Price => "what was paid for it",
            Self::Booked => "when it was paid for",
            Self::Capacity => "which reservation a row is about",
            Self::Slots => "how many instances it holds",
            Self::Vcpu => "how many vCPUs a task has",
            Self::Memory => "how much memory it has",
            Self::Duration => "how long an invocation takes",
            Self::UsageType => "which rows are instance-hours, and of which type",
            Self::Region => "where the instances ran",
            Self::InstanceType => "which type ran",
            Self::LineType => "which rows are usage",
            Self::Service => "which service a row is about",
            Self::Provider => "which rows are AWS's",
            _ => "what the row means",
        }
    }
}

/// Whether a format can do without a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It must be there.
    Must,
    /// It may be missing.
    May,
}

/// How a column takes part in saying what a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Its text decides for every row.
    Always,
    /// Its text decides for instance usage.
    Usage,
    /// It states an amount or a time.
    Value,
}

/// A column of a format.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) role: Role,
    /// Plain names, the preferred first.
    pub(super) names: &'static [&'static str],
    /// The name that messages show.
    pub(super) shown: &'static str,
    pub(super) need: Need,
    pub(super) part: Part,
}

pub(super) const fn always(role: Role, need: Need, names: &'static [&'static str]) -> Column {
    Column {
        role,
        names,
        shown: names[0],
        need,
        part: Part::Always,
    }
}

pub(super) const fn text(role: Role, need: Need, names: &'static [&'static str]) -> Column {
    Column {
        role,
        names,
        shown: names[0],
        need,
        part: Part::Usage,
    }
}

pub(super) const fn value(role: Role, need: Need, names: &'static [&'static str]) -> Column {
    Column {
        role,
        names,
        shown: names[0],
        need,
        part: Part::Value,
    }
}

/// The column of a bill whose rows an engine summed that says how many rows one stands for.
pub(super) const ROWS: &str = "bursar_rows";
/// And the one that says how many of them state no amount, or one below zero.
pub(super) const UNREAD: &str = "bursar_unread";

/// Where CUR 2.0 has what other reports have columns for: keys of its map `product`, the preferred first.
static PRODUCT: [(Role, &[&str]); 6] = [
    (Role::OperatingSystem, &["operating_system"]),
    (Role::Tenancy, &["tenancy"]),
    (Role::Software, &["pre_installed_sw"]),
    (Role::License, &["license_model"]),
    (Role::Region, &["region_code", "region"]),
    (Role::InstanceType, &["instance_type"]),
];

/// Keys of the map `product` that stand for the column of a role, the preferred first.
pub(super) fn product_keys(role: Role) -> &'static [&'static str] {
    let found = PRODUCT.iter().find(|(found, _)| *found == role);
    found.map_or(&[], |(_, keys)| keys)
}

/// Whether a key of the map `product` is looked at.
pub(super) fn is_product_key(key: &str) -> bool {
    PRODUCT.iter().any(|(_, keys)| keys.contains(&key))
}

/// A detail of a FOCUS price: its keys in `SkuPriceDetails`, the preferred first.
pub(super) type Detail = &'static [&'static str];
/// The instance type.
pub(super) const TYPE_DETAIL: Detail = &["InstanceType", "x_InstanceType", "instanceType"];
/// The operating system.
pub(super) const SYSTEM_DETAIL: Detail = &["OperatingSystem", "x_OperatingSystem"];
/// The tenancy.
pub(super) const TENANCY_DETAIL: Detail = &["Tenancy", "x_Tenancy"];
/// All that are looked at.
pub(super) const DETAILS: [Detail; 3] = [TYPE_DETAIL, SYSTEM_DETAIL, TENANCY_DETAIL];

/// The keys under which a map of tags may have a tag, the preferred first.
pub(super) fn tag_keys(tag: &str) -> [String; 3] {
    [tag.to_owned(), format!("user:{tag}"), format!("user_{tag}")]
}

/// Columns of the legacy CUR and of CUR 2.0, by their names in Athena (docs.aws.amazon.com, "Data dictionary").
static BILL: [Column; 32] = [
    always(Role::LineType, Need::May, &["line_item_line_item_type"]),
    always(Role::Service, Need::May, &["line_item_product_code"]),
    always(Role::Currency, Need::May, &["line_item_currency_code"]),
    text(Role::UsageType, Need::Must, &["line_item_usage_type"]),
    text(Role::Operation, Need::May, &["line_item_operation"]),
    text(Role::Account, Need::May, &["line_item_usage_account_id"]),
    text(Role::Zone, Need::May, &["line_item_availability_zone"]),
    text(
        Role::Region,
        Need::May,
        &["product_region_code", "product_region"],
    ),
    text(Role::InstanceType, Need::May, &["product_instance_type"]),
    text(
        Role::OperatingSystem,
        Need::May,
        &["product_operating_system"],
    ),
    text(Role::Tenancy, Need::May, &["product_tenancy"]),
    text(Role::Software, Need::May, &["product_pre_installed_sw"]),
    text(Role::License, Need::May, &["product_license_model"]),
    text(Role::ProductMap, Need::May, &["product"]),
    text(
        Role::PublicRate,
        Need::May,
        &["pricing_public_on_demand_rate"],
    ),
    text(
        Role::Reservation,
        Need::May,
        &["reservation_reservation_a_r_n"],
    ),
    text(Role::Lease, Need::May, &["pricing_lease_contract_length"]),
    text(Role::OfferingClass, Need::May, &["pricing_offering_class"]),
    text(Role::PaymentOption, Need::May, &["pricing_purchase_option"]),
    text(
        Role::SavingsPlan,
        Need::May,
        &["savings_plan_savings_plan_a_r_n"],
    ),
    text(
        Role::PlanRate,
        Need::May,
        &["savings_plan_savings_plan_rate"],
    ),
    value(Role::Start, Need::Must, &["line_item_usage_start_date"]),
    value(Role::End, Need::May, &["line_item_usage_end_date"]),
    value(Role::Amount, Need::Must, &["line_item_usage_amount"]),
    value(Role::Cost, Need::May, &["line_item_unblended_cost"]),
    value(
        Role::ReservationCost,
        Need::May,
        &["reservation_effective_cost"],
    ),
    value(
        Role::PlanCost,
        Need::May,
        &["savings_plan_savings_plan_effective_cost"],
    ),
    value(Role::RowId, Need::May, &["identity_line_item_id"]),
    value(Role::Interval, Need::May, &["identity_time_interval"]),
    value(Role::Resource, Need::May, &["line_item_resource_id"]),
    value(Role::Rows, Need::May, &[ROWS]),
    value(Role::Unread, Need::May, &[UNREAD]),
];

/// Columns of FOCUS 1.0-1.3 (focus.finops.org), and of AWS's own additions to it.
static FOCUS: [Column; 26] = [
    always(
        Role::Provider,
        Need::May,
        &["service_provider_name", "provider_name", "publisher_name"],
    ),
    always(Role::LineType, Need::Must, &["charge_category"]),
    always(Role::Service, Need::Must, &["service_name"]),
    always(Role::Currency, Need::May, &["billing_currency"]),
    text(Role::Pricing, Need::May, &["pricing_category"]),
    text(Role::Reservation, Need::May, &["commitment_discount_id"]),
    text(
        Role::CommitmentCategory,
        Need::May,
        &["commitment_discount_category"],
    ),
    text(
        Role::CommitmentStatus,
        Need::May,
        &["commitment_discount_status"],
    ),
    text(
        Role::CapacityStatus,
        Need::May,
        &["capacity_reservation_status"],
    ),
    text(
        Role::Account,
        Need::May,
        &["sub_account_id", "billing_account_id"],
    ),
    text(Role::Region, Need::May, &["region_id"]),
    text(Role::Zone, Need::May, &["availability_zone"]),
    text(Role::UsageType, Need::May, &["x_usage_type"]),
    text(Role::Operation, Need::May, &["x_operation"]),
    text(Role::SkuDetails, Need::May, &["sku_price_details"]),
    text(Role::Description, Need::May, &["charge_description"]),
    text(Role::PublicRate, Need::May, &["list_unit_price"]),
    text(Role::Unit, Need::May, &["consumed_unit", "pricing_unit"]),
    value(Role::Start, Need::Must, &["charge_period_start"]),
    value(Role::End, Need::May, &["charge_period_end"]),
    value(
        Role::Amount,
        Need::Must,
        &["consumed_quantity", "pricing_quantity"],
    ),
    value(Role::Cost, Need::May, &["effective_cost", "billed_cost"]),
    value(Role::RowId, Need::May, &["x_line_item_id"]),
    value(Role::Resource, Need::May, &["resource_id"]),
    value(Role::Rows, Need::May, &[ROWS]),
    value(Role::Unread, Need::May, &[UNREAD]),
];

static COUNT_OR_HOURS: Column = Column {
    role: Role::Count,
    names: &["count", "hours"],
    shown: "count` or `hours",
    need: Need::Must,
    part: Part::Value,
};

impl Format {
    /// Its columns; the ones of a short tuple come first.
    pub(super) fn columns(self) -> &'static [Column] {
        match self {
            Self::Bill => &BILL,
            Self::Focus => &FOCUS,
            Self::Simple => &tables::SIMPLE,
            Self::Events => &tables::EVENTS,
            Self::Services => &tables::SERVICES,
            Self::Reservations => &tables::RESERVATIONS,
            Self::Tasks => &tables::TASKS,
            Self::Functions => &tables::FUNCTIONS,
        }
    }

    /// Whether people type it: then all its rows are usage, and its tags are columns of their own.
    pub(super) const fn is_typed(self) -> bool {
        !matches!(self, Self::Bill | Self::Focus)
    }

    /// Whether its rows are read whole, one by one (`typed`).
    pub(super) const fn is_read_whole(self) -> bool {
        matches!(self, Self::Reservations | Self::Tasks | Self::Functions)
    }
}

/// The first column that a format needs and a file has not.
pub(super) fn missing(format: Format, has: impl Fn(Role) -> bool) -> Option<&'static Column> {
    let mut columns = format.columns().iter();
    let missing = columns.find(|column| column.need == Need::Must && !has(column.role));
    let counted = format != Format::Simple || has(Role::Amount) || has(Role::Count);
    missing.or((!counted).then_some(&COUNT_OR_HOURS))
}

/// `lineItem/UsageAmount`, `line_item_usage_amount` and `LineItem/UsageAmount` alike, as Athena names it: a
/// line before every capital (so that `ReservationARN` is `reservation_a_r_n`), lower case. FOCUS names have
/// acronyms in one (`SkuId`), and a header in capitals stays one word.
pub(super) fn plain_name(name: &str) -> String {
    let name = name.trim().trim_start_matches('\u{feff}');
    if name.starts_with("resourceTags/") || name.starts_with("costCategory/") {
        return name.replacen("resourceTags/", "resource_tags_", 1);
    }
    let shouted = !name.chars().any(|c| c.is_ascii_lowercase());
    let mut plain = String::with_capacity(name.len() + 8);
    for c in name.chars() {
        let line = (c.is_ascii_uppercase() && !shouted) || c == '/' || c == ' ';
        if line && !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        if c != '/' && c != ' ' {
            plain.push(c.to_ascii_lowercase());
        }
    }
    plain
}

/// The format of a header in plain names, if it is of one at all.
pub(super) fn format_of(plain: &[String]) -> Option<Format> {
    let has = |name: &str| plain.iter().any(|found| found == name);
    let some = |names: &[&str]| names.iter().filter(|name| has(name)).count();
    if some(&[
        "line_item_usage_type",
        "line_item_usage_amount",
        "line_item_usage_start_date",
    ]) >= 2
    {
        Some(Format::Bill)
    } else if some(&[
        "charge_period_start",
        "charge_category",
        "billed_cost",
        "effective_cost",
    ]) >= 2
    {
        Some(Format::Focus)
    } else if some(&["instance_id", "state", "time"]) >= 2 {
        Some(Format::Events)
    } else if some(&["hour", "region", "item", "quantity"]) >= 3 {
        Some(Format::Services)
    } else if some(&["reservation", "slots", "start"]) >= 2 {
        Some(Format::Reservations)
    } else if some(&["vcpu", "memory_gb", "start"]) >= 2 {
        Some(Format::Tasks)
    } else if some(&["invocations", "duration_ms", "memory_mb"]) >= 2 {
        Some(Format::Functions)
    } else if some(&["hour", "region", "instance_type", "count", "hours"]) >= 2 {
        Some(Format::Simple)
    } else {
        None
    }
}

/// Columns that [`label`] tells versions by.
pub(super) const TELLING: [&str; 9] = [
    "product",
    "resource_tags",
    "cost_category",
    "service_provider_name",
    "contract_applied",
    "pricing_currency",
    "invoice_id",
    "sku_meter",
    "commitment_discount_quantity",
];

/// What the report calls the format.
pub(super) fn label(format: Format, names: &[String], plain: &[String]) -> &'static str {
    let has = |name: &str| plain.iter().any(|found| found == name);
    match format {
        Format::Simple => "simple table",
        Format::Events => "changes of state",
        Format::Services => "rows of service use",
        Format::Reservations => "Capacity Reservations",
        Format::Tasks => "Fargate tasks",
        Format::Functions => "Lambda functions",
        Format::Bill if names.iter().any(|name| name.contains('/')) => "legacy CUR",
        Format::Bill if has("product") || has("resource_tags") || has("cost_category") => "CUR 2.0",
        Format::Bill => "CUR",
        Format::Focus if has("service_provider_name") || has("contract_applied") => "FOCUS 1.3",
        Format::Focus if has("pricing_currency") || has("invoice_id") => "FOCUS 1.2",
        Format::Focus if has("sku_meter") || has("commitment_discount_quantity") => "FOCUS 1.1",
        Format::Focus => "FOCUS 1.0",
    }
}

/// Whether a bill's column holds the tag the user asked for: `resourceTags/user:Name`,
/// `resource_tags_user_name` and `Name` alike.
pub(super) fn is_tag(plain: &str, tag: &str) -> bool {
    let words = |text: &str| -> String {
        let lower = text.chars().map(|c| c.to_ascii_lowercase());
        lower.filter(char::is_ascii_alphanumeric).collect()
    };
    let Some(column) = plain.strip_prefix("resource_tags_") else {
        return false;
    };
    let (column, tag) = (words(column), words(tag));
    column == tag || column.strip_prefix("user") == Some(&tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_both_spellings_are_one() {
        for (name, plain) in [
            ("lineItem/UsageAmount", "line_item_usage_amount"),
            ("line_item_usage_amount", "line_item_usage_amount"),
            (
                "reservation/ReservationARN",
                "reservation_reservation_a_r_n",
            ),
            ("product/instanceType", "product_instance_type"),
            (
                "savingsPlan/SavingsPlanARN",
                "savings_plan_savings_plan_a_r_n",
            ),
            ("\u{feff}ChargePeriodStart", "charge_period_start"),
            ("BILLING_PERIOD", "billing_period"),
            ("x_UsageType", "x_usage_type"),
            ("SkuPriceid", "sku_priceid"),
        ] {
            assert_eq!(plain_name(name), plain, "{name}");
        }
        assert!(is_tag("resource_tags_user_cost_center", "CostCenter"));
        assert!(is_tag(
            &plain_name("resourceTags/user:cost-center"),
            "cost-center"
        ));
        assert!(!is_tag("resource_tags_user_name", "me"));
    }
}

//! The purchases as a bash script over the AWS CLI: it shows what it would buy, and buys only when told to.

use std::fmt::Write as _;

use super::{Order, PurchaseList, What, plan_type, product_description, product_type};
use crate::catalog::{Family, Region, Tenancy, Zone};
use crate::commitment::SavingsPlanScope;
use crate::prices::Product;
use crate::units::Money;

const USE: &str = "
Nothing has been bought. Without `--buy` this script looks the offerings up and shows the commands:
  bash purchases.sh              show all
  bash purchases.sh --buy        buy all
  bash purchases.sh --buy 2 3    buy purchases 2 and 3 only
Buying a Savings Plan again does nothing (its client token is the same); buying a Reserved Instance or a Host
Reservation again buys another one. What belongs to one account is bought as that account alone: run the script once
as each, and name only what it should buy.
";

const FUNCTIONS: &str = r#"buy=no
if [ "${1:-}" = --buy ]; then
  buy=yes
  shift
fi
for number in "$@"; do
  if ! [[ "$number" =~ ^[1-9][0-9]*$ ]] || [ "$number" -gt "$count" ]; then
    echo "there is no purchase $number: they are numbered from 1 to $count" >&2
    exit 2
  fi
done
only=" $* "

# wanted NUMBER: whether this purchase is asked for.
wanted() {
  [ "$only" = "  " ] || [[ "$only" == *" $1 "* ]]
}

# offering NUMBER ID...: the one offering that was looked up; the end where there is none, or a choice.
offering() {
  if [ $# -ne 2 ] || [ "$2" = None ]; then
    echo "purchase $1: AWS lists $(($# - 1)) offerings for it, not one; nothing was bought for it" >&2
    exit 1
  fi
  echo "$2"
}

# run COMMAND...: runs it with --buy, shows it without.
run() {
  if [ "$buy" = yes ]; then
    "$@"
  else
    printf '%q ' "$@"
    printf '\n'
  fi
}
"#;

impl PurchaseList {
    /// A script for bash that buys all of it, when it is told to.
    pub fn shell(&self) -> String {
        let mut text = String::from("#!/usr/bin/env bash\n");
        for line in self.preface.iter().map(String::as_str).chain(USE.lines()) {
            let _ = writeln!(text, "{}", format!("# {line}").trim_end());
        }
        let _ = writeln!(text, "set -euo pipefail\ncount={}\n", self.orders.len());
        text.push_str(FUNCTIONS);
        if self.orders.iter().any(|order| order.at.is_some()) {
            text.push_str(DATES);
        }
        if self.orders.iter().any(|order| order.owner().is_some()) {
            text.push_str(OWNER);
        }
        let is_of_hosts = |order: &Order| matches!(order.what, What::Hosts { .. });
        if self.orders.iter().any(is_of_hosts) {
            text.push_str(CHOSEN);
        }
        let is_dated = |order: &Order| is_of_hosts(order) && order.at.is_some();
        if self.orders.iter().any(is_dated) {
            text.push_str(DUE);
        }
        if self.orders.is_empty() {
            text.push_str("\n# The plan buys nothing.\n");
        }
        for order in &self.orders {
            let _ = writeln!(text, "\n# {}", order.words);
            let _ = writeln!(text, "# {}", order.regret());
            let _ = writeln!(text, "if {}; then", order.asked_for());
            text.push_str(&commands(order, &self.token));
            text.push_str("fi\n");
        }
        text
    }
}

/// Functions of dates: a time is compared as text.
const DATES: &str = r#"
# when NUMBER TIME: the option that queues a purchase, or nothing on its day and after it.
when() {
  if [[ "$2" > "$(date -u +%Y-%m-%dT%H:%M:%SZ)" ]]; then
    echo "--purchase-time $2"
  else
    echo "purchase $1: its time, $2, has come; it is bought at once" >&2
  fi
}

# queued NUMBER TIME: whether a Reserved Instance may be queued for it: at most three years ahead.
queued() {
  if [[ "$2" > "$(($(date -u +%Y) + 3))$(date -u +-%m-%dT%H:%M:%SZ)" ]]; then
    echo "purchase $1: $2 is more than three years ahead, and AWS queues nothing for then; ask again later" >&2
    return 1
  fi
}
"#;

/// The function of purchases that have to be made by the account that uses them.
const OWNER: &str = r#"
# owner NUMBER ACCOUNT: whether this is run as the account whose hosts or capacity it is.
owner() {
  local caller
  caller=$(aws sts get-caller-identity --query Account --output text)
  if [ "$caller" != "$2" ]; then
    echo "purchase $1: it is for account $2, and this is $caller; left out, run the script as $2 for it" >&2
    return 1
  fi
}
"#;

/// The function of purchases that AWS does not queue.
const DUE: &str = r#"
# due NUMBER TIME: whether its time has come: AWS queues no reservation of hosts.
due() {
  if [[ "$2" > "$(date -u +%Y-%m-%dT%H:%M:%SZ)" ]]; then
    echo "purchase $1: AWS queues no reservation of hosts; ask again from $2 on" >&2
    return 1
  fi
}
"#;

/// The function that takes hosts from a list.
const CHOSEN: &str = r#"
# chosen NUMBER COUNT HOST...: so many of the hosts that were looked up, the first ones; the end where there are fewer.
chosen() {
  if [ "${3:-None}" = None ] || [ $(($# - 2)) -lt "$2" ]; then
    echo "purchase $1: it is for $2 hosts, and AWS lists fewer of the family without a reservation; nothing was bought" >&2
    exit 1
  fi
  echo "${@:3:$2}"
}
"#;

impl Order {
    /// The condition under which it is bought.
    fn asked_for(&self) -> String {
        let mut wanted = format!("wanted {}", self.number);
        if let Some(account) = self.owner() {
            wanted = format!("{wanted} && owner {} {account}", self.number);
        }
        match (&self.at, &self.what) {
            (Some(at), What::Reserved { .. }) => format!("{wanted} && queued {} {at}", self.number),
            (Some(at), What::Hosts { .. }) => format!("{wanted} && due {} {at}", self.number),
            _ => wanted,
        }
    }

    /// The account that has to buy it, where AWS would know it by that name.
    fn owner(&self) -> Option<&str> {
        let (What::Hosts { account, .. }
        | What::Reserved {
            zonal: Some((_, account)),
            ..
        }) = &self.what
        else {
            return None;
        };
        let is_id = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then_some(account)
    }

    /// When it is to be made, where AWS queues it.
    fn queued_for(&self) -> Option<&str> {
        let is_queued = !matches!(self.what, What::Hosts { .. });
        self.at.as_deref().filter(|_| is_queued)
    }

    /// The last words of the command that buys it: the offering that was found, and when.
    fn last(&self, id: &str) -> String {
        match self.queued_for() {
            Some(at) => format!("    {id} \"$id\" \\\n    $(when {} {at})", self.number),
            None => format!("    {id} \"$id\""),
        }
    }
}

/// The commands of a purchase, indented.
fn commands(order: &Order, token: &str) -> String {
    match &order.what {
        What::Reserved {
            convertible,
            product,
            zonal: None,
            count,
        } => reserved(order, *convertible, *product, (*count, None)),
        What::Reserved {
            convertible,
            product,
            zonal: Some((zone, account)),
            count,
        } => {
            let own =
                format!("  # As {account}: the capacity is held for the account that buys.\n");
            own + &reserved(order, *convertible, *product, (*count, Some(*zone)))
        }
        What::Hosts {
            family,
            region,
            account,
            count,
        } => {
            let own = format!("  # As {account}, whose hosts they are.\n");
            own + &hosts(order, (*family, *region, *count), token)
        }
        What::Plan { scope, commitment } => plan(order, *scope, *commitment, token),
    }
}

fn reserved(
    order: &Order,
    convertible: bool,
    product: Product,
    (count, zone): (u64, Option<Zone>),
) -> String {
    let Some(description) = product_description(product.platform) else {
        return format!(
            "  echo 'purchase {}: the AWS CLI has no documented product description for {}; buy it in the console' >&2\n  exit 1\n",
            order.number, product.platform
        );
    };
    let seconds = order.seconds().to_string();
    let region = product.region.to_string();
    let scope = match zone {
        Some(_) => "'Name=scope,Values=Availability Zone'",
        None => "Name=scope,Values=Region",
    };
    let mut look_up = vec![("--region", region.clone())];
    look_up.extend(zone.map(|zone| ("--availability-zone", zone.to_string())));
    look_up.extend([
        ("--instance-type", product.instance_type.to_string()),
        ("--product-description", description),
        (
            "--instance-tenancy",
            match product.tenancy {
                Tenancy::Dedicated => "dedicated".into(),
                Tenancy::Shared | Tenancy::Host => "default".into(),
            },
        ),
        (
            "--offering-class",
            if convertible {
                "convertible".into()
            } else {
                "standard".into()
            },
        ),
        ("--offering-type", order.payment.to_string()),
        ("--min-duration", seconds.clone()),
        ("--max-duration", seconds),
        ("--filters", scope.into()),
        (
            "--query",
            "ReservedInstancesOfferings[].ReservedInstancesOfferingId".into(),
        ),
        ("--output", "text".into()),
    ]);
    let mut text = looked_up(
        order,
        "ec2 describe-reserved-instances-offerings --no-include-marketplace",
        &look_up,
    );
    text.push_str(&bought(
        order,
        "ec2 purchase-reserved-instances-offering",
        &[
            ("--region", region),
            ("--instance-count", count.to_string()),
        ],
        "--reserved-instances-offering-id",
    ));
    text
}

/// A reservation is bought for hosts that there are: those of the family that have none yet, the first ones AWS lists.
fn hosts(order: &Order, (family, region, count): (Family, Region, u64), token: &str) -> String {
    let (seconds, region) = (order.seconds().to_string(), region.to_string());
    let payment = order.payment.to_string().replace(' ', "");
    let filters =
        format!("Name=instance-family,Values={family} Name=payment-option,Values={payment}");
    let look_up = [
        ("--region", region.clone()),
        ("--filter", filters),
        ("--min-duration", seconds.clone()),
        ("--max-duration", seconds),
        ("--query", "OfferingSet[].OfferingId".into()),
        ("--output", "text".into()),
    ];
    let mut text = looked_up(order, "ec2 describe-host-reservation-offerings", &look_up);
    let _ = write!(
        text,
        r#"  # shellcheck disable=SC2016
  hosts=$(aws ec2 describe-hosts \
    --region {region} \
    --filter Name=state,Values=available \
    --query 'Hosts[?HostProperties.InstanceFamily==`"{family}"` && !HostReservationId].HostId' \
    --output text)
  # shellcheck disable=SC2086
  hosts=$(chosen {} {count} $hosts)
  # shellcheck disable=SC2086
"#,
        order.number
    );
    text.push_str(&bought(
        order,
        "ec2 purchase-host-reservation",
        &[
            ("--region", region),
            ("--client-token", format!("{token}-{}", order.number)),
        ],
        "--host-id-set $hosts \\\n    --offering-id",
    ));
    text
}

fn plan(order: &Order, scope: SavingsPlanScope, commitment: Money, token: &str) -> String {
    let mut look_up = vec![
        ("--plan-types", plan_type(scope).to_owned()),
        ("--product-type", product_type(scope).into()),
        ("--payment-options", order.payment.to_string()),
        ("--durations", order.seconds().to_string()),
        ("--currencies", "USD".into()),
    ];
    if let SavingsPlanScope::Ec2Instance { family, region } = scope {
        let filters = format!("name=region,values={region} name=instanceFamily,values={family}");
        look_up.push(("--filters", filters));
    }
    look_up.push(("--query", "searchResults[].offeringId".into()));
    look_up.push(("--output", "text".into()));
    let mut text = looked_up(
        order,
        "savingsplans describe-savings-plans-offerings",
        &look_up,
    );
    text.push_str(&bought(
        order,
        "savingsplans create-savings-plan",
        &[
            ("--commitment", commitment.to_decimal(3).to_string()),
            ("--client-token", format!("{token}-{}", order.number)),
        ],
        "--savings-plan-offering-id",
    ));
    text
}

/// The lookup, and the check that it found one offering. The answer is left unquoted to be split into its words.
fn looked_up(order: &Order, command: &str, options: &[(&str, String)]) -> String {
    let mut text = format!("  found=$(aws {command}");
    for (option, value) in options {
        let value = match *option {
            // Two filters are two words.
            "--filter" | "--filters" => value.clone(),
            _ => quoted(value),
        };
        let _ = write!(text, " \\\n    {option} {value}");
    }
    let _ = writeln!(
        text,
        ")\n  # shellcheck disable=SC2086\n  id=$(offering {} $found)",
        order.number
    );
    text
}

/// The command that buys; the time is left unquoted, to be two words or none.
fn bought(order: &Order, command: &str, options: &[(&str, String)], id: &str) -> String {
    let mut text = String::new();
    if order.queued_for().is_some() {
        text.push_str("  # shellcheck disable=SC2046\n");
    }
    let _ = write!(text, "  run aws {command}");
    for (option, value) in options {
        let _ = write!(text, " \\\n    {option} {}", quoted(value));
    }
    let _ = writeln!(text, " \\\n{}", order.last(id));
    text
}

/// A word of a command: bare where every character is harmless, else in single quotes.
fn quoted(word: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-._/=,:".contains(c);
    if !word.is_empty() && word.chars().all(harmless) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_cannot_end_its_quotes() {
        assert_eq!(quoted("m6i.large"), "m6i.large");
        assert_eq!(quoted("No Upfront"), "'No Upfront'");
        assert_eq!(quoted("$(id)'; rm"), r"'$(id)'\''; rm'");
        assert_eq!(quoted(""), "''");
    }
}

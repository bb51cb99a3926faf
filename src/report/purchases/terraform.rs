//! The purchases as Terraform, where the AWS provider has a resource for them: Savings Plans, not Reserved Instances.

use std::fmt::Write as _;

use super::{Order, PurchaseList, What, plan_type, product_type};
use crate::commitment::SavingsPlanScope;
use crate::units::Money;

// The resource came with provider 6.31, the data source that finds its offering with 6.42:
// github.com/hashicorp/terraform-provider-aws, website/docs.
const REQUIRED: &str = r#"
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.42"
    }
  }
}
"#;

const USE: &str = "
Nothing has been bought: `terraform apply` buys. What is bought cannot be destroyed before its term is over, and
Terraform is told not to try.
";

const AHEAD: &str = "
Where a date has passed when this is applied, leave its `purchase_time` out: the plan is then bought at once.
";

impl PurchaseList {
    /// All of it as a Terraform file.
    pub fn terraform(&self) -> String {
        let mut text = String::new();
        let is_dated = self.orders.iter().any(|order| order.at.is_some());
        let notes = USE.lines().chain(if is_dated { AHEAD } else { "" }.lines());
        for line in self.preface.iter().map(String::as_str).chain(notes) {
            let _ = writeln!(text, "{}", format!("# {line}").trim_end());
        }
        text.push_str(REQUIRED);
        for order in &self.orders {
            let _ = writeln!(text, "\n# {}", order.words);
            let _ = writeln!(text, "# {}", order.regret());
            match order.what {
                What::Reserved { .. } => text.push_str(
                    "# The AWS provider has no resource that buys one for EC2: `purchases.sh` does.\n",
                ),
                What::Hosts { .. } => text.push_str(
                    "# The AWS provider has no resource that buys one: `purchases.sh` does.\n",
                ),
                What::Plan { scope, commitment } => {
                    text.push_str(&plan_of(order, scope, commitment));
                }
            }
        }
        text
    }
}

/// The offering looked up, and the plan.
fn plan_of(order: &Order, scope: SavingsPlanScope, commitment: Money) -> String {
    let name = format!("purchase_{}", order.number);
    let mut text = format!(
        r#"data "aws_savingsplans_offerings" "{name}" {{
  plan_types      = ["{}"]
  product_type    = "{}"
  payment_options = ["{}"]
  durations       = [{}]
  currencies      = ["USD"]
"#,
        plan_type(scope),
        product_type(scope),
        order.payment,
        order.seconds()
    );
    if let SavingsPlanScope::Ec2Instance { family, region } = scope {
        for (filter, value) in [
            ("region", region.to_string()),
            ("instanceFamily", family.to_string()),
        ] {
            let _ = write!(
                text,
                "\n  filter {{\n    name   = \"{filter}\"\n    values = [\"{value}\"]\n  }}\n"
            );
        }
    }
    let _ = write!(
        text,
        r#"}}

resource "aws_savingsplans_savings_plan" "{name}" {{
  savings_plan_offering_id = one(data.aws_savingsplans_offerings.{name}.offerings[*].offering_id)
  commitment               = "{}"
{}
  lifecycle {{
    prevent_destroy = true
  }}
}}
"#,
        commitment.to_decimal(3),
        order.at.as_ref().map_or_else(String::new, |at| {
            format!("  purchase_time            = \"{at}\"\n")
        })
    );
    text
}

# Purchases of the plan `A `title` with $(two) lines`, written by bursar VERSION with price book d46616000870 of 2026-05-12.
# It was made on the usage of 2026-07-01T00:00Z to 2026-07-03T00:00Z, which costs $50.58 under it.
# Buy as the account that the plan is made for: default.
#
# A Savings Plan of at most 100 dollars an hour may be returned within seven days of its purchase, in the
# same UTC calendar month, by the account that bought it; an organization may return ten in a calendar year.
# https://docs.aws.amazon.com/savingsplans/latest/userguide/return-sp.html
# A Reserved Instance cannot be returned.
#
# Nothing has been bought: `terraform apply` buys. What is bought cannot be destroyed before its term is over, and
# Terraform is told not to try.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.42"
    }
  }
}

# 1 of 7: 3 x Standard Reserved Instance, m7g.large Linux in us-east-1, 1 year, No Upfront
# Cannot be returned; it may be sold in the Reserved Instance Marketplace.
# The AWS provider has no resource that buys one for EC2: `purchases.sh` does.

# 2 of 7: 1 x Convertible Reserved Instance, r5.xlarge Windows with SQL Std in eu-west-1 (Dedicated tenancy), 3 years, Partial Upfront
# Cannot be returned; it may be exchanged for another Convertible Reserved Instance.
# The AWS provider has no resource that buys one for EC2: `purchases.sh` does.

# 3 of 7: $0.313 an hour, EC2 Instance Savings Plan, c7i in us-east-1, 1 year, No Upfront
# May be returned within seven days of its purchase, in the same UTC calendar month.
data "aws_savingsplans_offerings" "purchase_3" {
  plan_types      = ["EC2Instance"]
  product_type    = "EC2"
  payment_options = ["No Upfront"]
  durations       = [31536000]
  currencies      = ["USD"]

  filter {
    name   = "region"
    values = ["us-east-1"]
  }

  filter {
    name   = "instanceFamily"
    values = ["c7i"]
  }
}

resource "aws_savingsplans_savings_plan" "purchase_3" {
  savings_plan_offering_id = one(data.aws_savingsplans_offerings.purchase_3.offerings[*].offering_id)
  commitment               = "0.313"

  lifecycle {
    prevent_destroy = true
  }
}

# 4 of 7: $100.001 an hour, Compute Savings Plan, all compute, 3 years, Partial Upfront
# Cannot be returned: it commits to more than 100 dollars an hour.
data "aws_savingsplans_offerings" "purchase_4" {
  plan_types      = ["Compute"]
  product_type    = "EC2"
  payment_options = ["Partial Upfront"]
  durations       = [94608000]
  currencies      = ["USD"]
}

resource "aws_savingsplans_savings_plan" "purchase_4" {
  savings_plan_offering_id = one(data.aws_savingsplans_offerings.purchase_4.offerings[*].offering_id)
  commitment               = "100.001"

  lifecycle {
    prevent_destroy = true
  }
}

# 5 of 7: 1 x Standard Reserved Instance, m5.large Ubuntu Pro in us-east-1, 1 year, No Upfront
# Cannot be returned; it may be sold in the Reserved Instance Marketplace.
# The AWS provider has no resource that buys one for EC2: `purchases.sh` does.

# 6 of 7: 2 x Standard Reserved Instance, r5.large Linux in us-east-1 (zone us-east-1a, 444455556666), 1 year, No Upfront
# Cannot be returned; it may be sold in the Reserved Instance Marketplace.
# The AWS provider has no resource that buys one for EC2: `purchases.sh` does.

# 7 of 7: 2 x Dedicated Host Reservation, m5 hosts of 444455556666 in us-east-1, 1 year, All Upfront
# Cannot be changed, cancelled or sold.
# The AWS provider has no resource that buys one: `purchases.sh` does.

//! Terraform plans.

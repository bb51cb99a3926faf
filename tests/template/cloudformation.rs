//! CloudFormation templates.

//! Terraform plans: modules, indexes, what is known only afterwards, regions, images.

use serde_json::{Value, json};

use super::{estate, lines, paid, told};

/// A network in a module, an Auto Scaling group and an endpoint in another that get its subnets, and the rest at
/// the root. Everything that refers to something new is known only afterwards.
pub(super) const WHOLE: &str = r#"{
"format_version": "1.2", "terraform_version": "1.9.5",
"variables": {"region": {"value": "eu-west-1"}},
"planned_values": {"root_module": {
  "resources": [
    {"address": "aws_instance.web[0]", "mode": "managed", "type": "aws_instance", "name": "web", "index": 0,
     "values": {"ami": "ami-win", "instance_type": "m7i.large", "tenancy": "default", "host_id": "",
       "associate_public_ip_address": true, "monitoring": false,
       "root_block_device": [{"volume_size": 50, "volume_type": "gp3", "iops": 3000, "throughput": 125}],
       "ebs_block_device": [{"device_name": "/dev/sdf", "volume_size": 100, "volume_type": "io2", "iops": 5000}],
       "tags": {"team": "web"}}},
    {"address": "aws_spot_instance_request.worker", "mode": "managed", "type": "aws_spot_instance_request",
     "name": "worker", "values": {"ami": null, "instance_type": "c7g.xlarge"}},
    {"address": "aws_eip.nat[\"a.b\"]", "mode": "managed", "type": "aws_eip", "name": "nat", "index": "a.b", "values": {"domain": "vpc"}},
    {"address": "aws_ecs_task_definition.app", "mode": "managed", "type": "aws_ecs_task_definition", "name": "app",
     "values": {"cpu": "256", "memory": "512", "requires_compatibilities": ["FARGATE"], "runtime_platform": []}},
    {"address": "aws_ecs_service.app", "mode": "managed", "type": "aws_ecs_service", "name": "app",
     "values": {"desired_count": 2, "launch_type": "FARGATE", "network_configuration": [{"assign_public_ip": true}]}},
    {"address": "random_id.x", "mode": "managed", "type": "random_id", "name": "x", "values": {}},
    {"address": "aws_sqs_queue.q", "mode": "managed", "type": "aws_sqs_queue", "name": "q", "values": {}},
    {"address": "data.aws_ami.late", "mode": "data", "type": "aws_ami", "name": "late", "values": {}}
  ],
  "child_modules": [
    {"address": "module.net", "resources": [
      {"address": "module.net.aws_subnet.private[0]", "mode": "managed", "type": "aws_subnet", "name": "private", "index": 0, "values": {}},
      {"address": "module.net.aws_subnet.private[1]", "mode": "managed", "type": "aws_subnet", "name": "private", "index": 1, "values": {}},
      {"address": "module.net.aws_nat_gateway.this", "mode": "managed", "type": "aws_nat_gateway", "name": "this",
       "values": {"connectivity_type": "public"}}]},
    {"address": "module.app[\"x\"]", "resources": [
      {"address": "module.app[\"x\"].aws_launch_template.lt", "mode": "managed", "type": "aws_launch_template", "name": "lt",
       "values": {"instance_type": "m7g.large", "image_id": null, "ebs_optimized": "true",
         "block_device_mappings": [{"device_name": "/dev/xvda", "ebs": [{"volume_size": 30, "volume_type": "gp3"}]}]}},
      {"address": "module.app[\"x\"].aws_autoscaling_group.asg", "mode": "managed", "type": "aws_autoscaling_group", "name": "asg",
       "values": {"min_size": 0, "max_size": 6, "launch_template": [{"version": "$Latest"}]}},
      {"address": "module.app[\"x\"].aws_vpc_endpoint.sqs", "mode": "managed", "type": "aws_vpc_endpoint", "name": "sqs",
       "values": {"vpc_endpoint_type": "Interface"}},
      {"address": "module.app[\"x\"].aws_lb.lb", "mode": "managed", "type": "aws_lb", "name": "lb",
       "values": {"load_balancer_type": "network", "internal": false}}]}
  ]}},
"resource_changes": [
  {"address": "aws_spot_instance_request.worker", "change": {"actions": ["create"], "after_unknown": {"ami": true}}},
  {"address": "aws_ecs_service.app", "change": {"actions": ["create"], "after_unknown": {"task_definition": true}}},
  {"address": "module.net.aws_nat_gateway.this", "change": {"actions": ["create"], "after_unknown": {"allocation_id": true}}},
  {"address": "module.app[\"x\"].aws_autoscaling_group.asg",
   "change": {"actions": ["create"], "after_unknown": {"desired_capacity": true, "launch_template": [{"id": true}], "vpc_zone_identifier": true}}},
  {"address": "module.app[\"x\"].aws_vpc_endpoint.sqs", "change": {"actions": ["create"], "after_unknown": {"subnet_ids": true}}},
  {"address": "module.app[\"x\"].aws_lb.lb", "change": {"actions": ["create"], "after_unknown": {"subnets": true}}},
  {"address": "aws_instance.gone", "change": {"actions": ["delete"], "before": {"instance_type": "m5.large"}, "after": null, "after_unknown": {}}}
],
"prior_state": {"format_version": "1.0", "values": {"root_module": {"resources": [
  {"address": "data.aws_ami.windows", "mode": "data", "type": "aws_ami", "name": "windows",
   "values": {"id": "ami-win", "platform": "windows", "usage_operation": "RunInstances:0006"}}]}}},
"configuration": {
  "provider_config": {"aws": {"name": "aws", "expressions": {"region": {"references": ["var.region"]}}},
    "aws.us": {"name": "aws", "alias": "us", "expressions": {"region": {"constant_value": "us-east-1"}}}},
  "root_module": {
    "resources": [
      {"address": "aws_instance.web", "mode": "managed", "type": "aws_instance", "name": "web", "provider_config_key": "aws.us",
       "expressions": {"ami": {"references": ["data.aws_ami.windows.id", "data.aws_ami.windows"]}}},
      {"address": "aws_spot_instance_request.worker", "mode": "managed", "type": "aws_spot_instance_request", "name": "worker",
       "provider_config_key": "aws", "expressions": {"ami": {"references": ["data.aws_ami.late.id", "data.aws_ami.late"]}}},
      {"address": "aws_ecs_service.app", "mode": "managed", "type": "aws_ecs_service", "name": "app", "provider_config_key": "aws",
       "expressions": {"task_definition": {"references": ["aws_ecs_task_definition.app.arn", "aws_ecs_task_definition.app"]}}},
      {"address": "data.aws_ami.late", "mode": "data", "type": "aws_ami", "name": "late", "provider_config_key": "aws",
       "expressions": {"filter": [{"name": {"constant_value": "name"}, "values": {"constant_value": ["suse-sles-15-sp5-*"]}}]}}
    ],
    "module_calls": {
      "net": {"expressions": {"eip": {"references": ["aws_eip.nat"]}}, "module": {
        "outputs": {"private": {"expression": {"references": ["aws_subnet.private"]}}},
        "resources": [
          {"address": "aws_nat_gateway.this", "mode": "managed", "type": "aws_nat_gateway", "name": "this", "provider_config_key": "aws",
           "expressions": {"allocation_id": {"references": ["var.eip"]}}}]}},
      "app": {"expressions": {"subnets": {"references": ["module.net.private", "module.net"]}}, "module": {
        "resources": [
          {"address": "aws_autoscaling_group.asg", "mode": "managed", "type": "aws_autoscaling_group", "name": "asg", "provider_config_key": "aws",
           "expressions": {"launch_template": [{"id": {"references": ["aws_launch_template.lt.id", "aws_launch_template.lt"]}}],
             "vpc_zone_identifier": {"references": ["var.subnets"]}}},
          {"address": "aws_vpc_endpoint.sqs", "mode": "managed", "type": "aws_vpc_endpoint", "name": "sqs", "provider_config_key": "aws",
           "expressions": {"subnet_ids": {"references": ["var.subnets"]}}},
          {"address": "aws_lb.lb", "mode": "managed", "type": "aws_lb", "name": "lb", "provider_config_key": "aws",
           "expressions": {"subnets": {"references": ["var.subnets"]}}}]}}
    }}}
}"#;

#[test]
fn a_plan_with_modules_is_read_whole() {
    let estate = estate(WHOLE);
    assert_eq!(
        lines(&estate),
        [
            // `usage_operation` 0006 of the image is Windows with SQL Server Standard.
            "aws_instance.web[0]: m7i.large Windows with SQL Std, On-Demand 730 hours",
            "aws_instance.web[0]: Public IPv4 address 730 hours",
            "aws_instance.web[0]: Storage (gp3) 50 GB-months",
            "aws_instance.web[0]: Storage (io2) 100 GB-months",
            "aws_instance.web[0]: Provisioned IOPS 5000 IOPS-months",
            // Its image is looked up later, by a name of SUSE's; the size of its root volume is the image's.
            "aws_spot_instance_request.worker: c7g.xlarge SUSE, Spot 730 hours",
            "aws_spot_instance_request.worker: Storage (gp2) ?8 GB-months",
            // The NAT gateway refers to it, through a variable of its module.
            "aws_eip.nat[\"a.b\"]: Public IPv4 address 730 hours",
            "aws_ecs_task_definition.app: free: a cluster or task definition costs nothing; its tasks do",
            // Two tasks of 0.25 vCPU and 0.5 GB: 2 x 730 x 0.25, 2 x 730 x 0.5.
            "aws_ecs_service.app: vCPUs 365 vCPU-hours",
            "aws_ecs_service.app: Memory 730 GB-hours",
            "aws_ecs_service.app: Public IPv4 address 1460 hours",
            "random_id.x: free: it is nothing in AWS: a helper of Terraform",
            "aws_sqs_queue.q: not covered: bursar has no prices for the type aws_sqs_queue",
            "module.net.aws_subnet.private[0]: free: part of a VPC, which costs nothing",
            "module.net.aws_subnet.private[1]: free: part of a VPC, which costs nothing",
            "module.net.aws_nat_gateway.this: NAT gateway 730 hours",
            "module.net.aws_nat_gateway.this: Data processed ? GB",
            "module.app[\"x\"].aws_launch_template.lt: free: it says what instances are started with; what is started is paid",
            // 0 to 6 instances, and nothing says how many: it depends on use.
            "module.app[\"x\"].aws_autoscaling_group.asg: m7g.large Linux, On-Demand ? hours",
            "module.app[\"x\"].aws_autoscaling_group.asg: Storage (gp3) ? GB-months",
            // Two private subnets, by way of an output and a variable.
            "module.app[\"x\"].aws_vpc_endpoint.sqs: Interface endpoint, by zone 1460 hours",
            "module.app[\"x\"].aws_vpc_endpoint.sqs: Data processed ? GB",
            "module.app[\"x\"].aws_lb.lb: Network Load Balancer 730 hours",
            "module.app[\"x\"].aws_lb.lb: Capacity units ? LCU-hours",
            "module.app[\"x\"].aws_lb.lb: Public IPv4 address 1460 hours",
        ]
    );
    let region = |at: usize| estate.resources[at].region.as_str();
    assert_eq!((region(0), region(1)), ("us-east-1", "eu-west-1"));
    assert_eq!(estate.resources[0].tags["team"], "web");
}

#[test]
fn every_managed_resource_is_there_once() {
    let managed = WHOLE.matches("\"mode\": \"managed\"").count();
    let configured = 4 - 1 + 1 + 3;
    assert_eq!(estate(WHOLE).resources.len(), managed - configured);
}

#[test]
fn other_module_names_give_the_same_prices() {
    let renamed = WHOLE
        .replace("module.net", "module.ground")
        .replace("\"net\":", "\"ground\":")
        .replace("asg", "workers");
    assert_ne!(renamed, WHOLE);
    assert_eq!(paid(&estate(&renamed)), paid(&estate(WHOLE)));
}

#[test]
fn one_more_module_around_everything_changes_no_price() {
    let mut plan: Value = serde_json::from_str(WHOLE).unwrap();
    for path in ["/planned_values", "/prior_state/values"] {
        let values = plan.pointer_mut(path).unwrap();
        let mut inner = values["root_module"].take();
        rename(&mut inner);
        inner["address"] = "module.outer".into();
        *values = json!({"root_module": {"child_modules": [inner]}});
    }
    rename(&mut plan["resource_changes"]);
    let configuration = &mut plan["configuration"];
    let inner = configuration["root_module"].take();
    configuration["root_module"] = json!({"module_calls": {"outer": {"module": inner}}});
    let nested = estate(&plan.to_string());
    assert!(
        nested
            .resources
            .iter()
            .all(|resource| resource.address.starts_with("module.outer."))
    );
    assert_eq!(paid(&nested), paid(&estate(WHOLE)));
}

/// Puts `module.outer.` in front of every address.
fn rename(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(rename),
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(text) if key == "address" => {
                        *text = format!("module.outer.{text}");
                    }
                    other => rename(other),
                }
            }
        }
        _ => {}
    }
}

#[test]
fn a_state_is_read_as_a_plan_is() {
    let state = r#"{"format_version": "1.0", "values": {"root_module": {"resources": [
        {"address": "aws_instance.a", "mode": "managed", "type": "aws_instance", "name": "a", "values":
         {"arn": "arn:aws:ec2:ap-northeast-2:1:instance/i-1", "instance_type": "t3.small", "tenancy": "default",
          "availability_zone": "ap-northeast-2a", "instance_lifecycle": "", "host_id": "",
          "credit_specification": [{"cpu_credits": "unlimited"}],
          "root_block_device": [{"volume_size": 8, "volume_type": "gp3", "iops": 3000, "throughput": 125, "tags": {}}]}}]}}}"#;
    let estate = estate(state);
    assert_eq!(
        lines(&estate),
        [
            "aws_instance.a: t3.small Linux, On-Demand 730 hours",
            "aws_instance.a: not covered: what is used beyond the baseline costs by the vCPU-hour and depends on use",
            "aws_instance.a: Storage (gp3) 8 GB-months",
        ]
    );
    assert_eq!(estate.resources[0].region.as_str(), "ap-northeast-2");
}

#[test]
fn what_is_no_plan_is_told() {
    for (text, expected) in [
        (
            r#"{"format_version": "2.0", "planned_values": {}}"#,
            "the plan has the format version `2.0`\n  --> t:1",
        ),
        (
            r#"{"format_version": "1.0"}"#,
            "the plan has no `planned_values`\n  --> t",
        ),
        (
            r#"{"version": 4, "resources": []}"#,
            "this is a state file of Terraform as it keeps it",
        ),
        (
            r#"{"format_version": "1.0", "planned_values": {"root_module": {"resources": [
           {"address": "aws_eip.a", "type": "aws_eip", "name": "a", "values": {"region": "us-est-1"}}]}}}"#,
            "unknown region `us-est-1`\n  --> t:2",
        ),
        (
            r#"{"format_version": "1.0", "planned_values": {"root_module": {"resources": [{"address": "x"}]}}}"#,
            "a resource has no `address` or no `type`",
        ),
    ] {
        let told = told(text);
        assert!(told.starts_with(expected), "{told}");
    }
}

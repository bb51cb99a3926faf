//! CloudFormation templates: functions, parameters, conditions, and every spelling of the same thing.

use std::borrow::Cow;
use std::fmt::Write;

use saphyr_parser::{Event, Parser, StrInput, Tag};
use serde_json::{Value, json};

use super::{estate, estate_with, lines, paid, told};

/// One resource of each kind that is priced, and what goes with it.
pub(super) const WHOLE: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Size: {Type: String, Default: large, AllowedValues: [large, xlarge]}
  Image:
    Type: AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>
    Default: /aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base
  Zones: {Type: CommaDelimitedList, Default: "us-east-1a, us-east-1b"}
  Key: {Type: AWS::EC2::KeyPair::KeyName}
Mappings:
  ByRegion:
    us-east-1: {Family: m7i}
    eu-west-1: {Family: m6i}
Conditions:
  IsLarge: !Equals [!Ref Size, large]
  IsSmall: !Not [!Condition IsLarge]
  Both: !And [!Condition IsLarge, !Or [!Condition IsSmall, !Equals [!Ref AWS::Partition, aws]]]
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Public:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, MapPublicIpOnLaunch: true}
  Web:
    Type: AWS::EC2::Instance
    Properties:
      KeyName: !Ref Key
      ImageId: !Ref Image
      InstanceType: !Join [".", [!FindInMap [ByRegion, !Ref AWS::Region, Family], !Ref Size]]
      AvailabilityZone: !Select [1, !Ref Zones]
      SubnetId: !Ref Public
      Tenancy: !If [Both, dedicated, !Ref AWS::NoValue]
      BlockDeviceMappings:
        - {DeviceName: /dev/sda1, Ebs: {VolumeSize: 100, VolumeType: gp3, Iops: 4000}}
        - {DeviceName: /dev/sdb, VirtualName: ephemeral0}
      Tags: [{Key: team, Value: !Sub "web-${Size}"}]
  NotMade:
    Type: AWS::EC2::Instance
    Condition: IsSmall
    Properties: {InstanceType: m7i.metal-48xl}
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties:
      LaunchTemplateData:
        InstanceType: !Sub ["${F}.xlarge", {F: c7g}]
        ImageId: ami-1
        Monitoring: {Enabled: true}
        BlockDeviceMappings: [{DeviceName: /dev/xvda, Ebs: {VolumeSize: 20, VolumeType: gp3}}]
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: "2"
      MaxSize: "10"
      DesiredCapacity: 4
      MixedInstancesPolicy:
        InstancesDistribution: {OnDemandBaseCapacity: 1, OnDemandPercentageAboveBaseCapacity: 25}
        LaunchTemplate:
          LaunchTemplateSpecification: {LaunchTemplateId: !Ref Template, Version: !GetAtt Template.LatestVersionNumber}
  Address: {Type: AWS::EC2::EIP}
  Spare: {Type: AWS::EC2::EIP}
  Nat:
    Type: AWS::EC2::NatGateway
    Properties: {SubnetId: !Ref Public, AllocationId: !GetAtt Address.AllocationId}
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Subnets: [!Ref Public, subnet-2], Scheme: internet-facing}
  Inner:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: {Type: network, Subnets: [!Ref Public], Scheme: internal}
  ToS3:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcId: !Ref Vpc, ServiceName: !Sub "com.amazonaws.${AWS::Region}.s3"}
  ToSqs:
    Type: AWS::EC2::VPCEndpoint
    Properties: {VpcEndpointType: Interface, SubnetIds: [!Ref Public, subnet-2, subnet-3]}
  Tunnel:
    Type: AWS::EC2::VPNConnection
    Properties: {TransitGatewayId: !ImportValue hub}
  Task:
    Type: AWS::ECS::TaskDefinition
    Properties:
      Cpu: 1 vCPU
      Memory: "3072"
      RuntimePlatform: {CpuArchitecture: ARM64}
      EphemeralStorage: {SizeInGiB: 30}
  Service:
    Type: AWS::ECS::Service
    Properties:
      TaskDefinition: !Ref Task
      DesiredCount: 3
      CapacityProviderStrategy: [{CapacityProvider: FARGATE, Weight: 1}, {CapacityProvider: FARGATE_SPOT, Weight: 2}]
  Function:
    Type: AWS::Lambda::Function
    Properties: {MemorySize: 512, Architectures: [arm64]}
  Store: {Type: AWS::EC2::Volume, Properties: {Size: 500, VolumeType: st1}}
  Host: {Type: AWS::EC2::Host, Properties: {InstanceType: m5.large, AvailabilityZone: us-east-1a}}
  Reserve:
    Type: AWS::EC2::CapacityReservation
    Properties: {InstanceType: m7i.large, InstancePlatform: Windows, InstanceCount: 2}
  Kept:
    Type: AWS::EC2::CapacityReservation
    Properties: {InstanceType: p4d.24xlarge, InstanceCount: 2}
  Other: {Type: AWS::EC2::Instance, Properties: {InstanceType: m7i.large, ImageId: "{{resolve:ssm:/aws/service/suse/sles/15-sp5/x86_64/latest}}"}}
  Table: {Type: AWS::DynamoDB::Table}
  Maker: {Type: "Custom::Thing", Properties: {ServiceToken: !GetAtt Function.Arn}}
"#;

#[test]
fn every_resource_is_priced_free_or_said_not_to_be() {
    let estate = estate(WHOLE);
    assert_eq!(
        lines(&estate),
        [
            "Vpc: free: part of a VPC, which costs nothing",
            "Public: free: part of a VPC, which costs nothing",
            "Web: m7i.large Windows, On-Demand, Dedicated Instance 730 hours",
            "Web: Public IPv4 address 730 hours",
            "Web: Storage (gp3) 100 GB-months",
            // 4,000 IOPS, of which 3,000 come with the volume.
            "Web: Provisioned IOPS 1000 IOPS-months",
            "Template: free: it says what instances are started with; what is started is paid",
            // 4 instances: 1 + a quarter of the other 3 On-Demand, three quarters of 3 Spot. 730 x 1.75, 730 x 2.25.
            "Group: c7g.xlarge Linux, On-Demand 1277.5 hours",
            "Group: c7g.xlarge Linux, Spot 1642.5 hours",
            "Group: not covered: the price book has no prices of CloudWatch",
            "Group: Storage (gp3) 80 GB-months",
            "Address: Public IPv4 address 730 hours",
            "Spare: Idle public IPv4 address 730 hours",
            "Nat: NAT gateway 730 hours",
            "Nat: Data processed ? GB",
            "Balancer: Application Load Balancer 730 hours",
            "Balancer: Capacity units ? LCU-hours",
            // Two subnets, an address in each.
            "Balancer: Public IPv4 address 1460 hours",
            "Inner: Network Load Balancer 730 hours",
            "Inner: Capacity units ? LCU-hours",
            "ToS3: free: gateway endpoints (S3, DynamoDB) are free",
            // Three subnets.
            "ToSqs: Interface endpoint, by zone 2190 hours",
            "ToSqs: Data processed ? GB",
            "Tunnel: VPN connection 730 hours",
            "Tunnel: Data out ? GB",
            "Tunnel/attachment: Transit Gateway attachment 730 hours",
            "Tunnel/attachment: Data processed ? GB",
            "Task: free: a cluster or task definition costs nothing; its tasks do",
            // 3 tasks x 730 h, a third of them not on Spot: 730 task-hours of 1 vCPU, 3 GB, 10 GB beyond the free 20.
            "Service: vCPUs 730 vCPU-hours",
            "Service: Memory 2190 GB-hours",
            "Service: Ephemeral storage beyond 20 GB 7300 GB-hours",
            "Service: not covered: the price book has no prices of Fargate Spot",
            "Function: Requests ? requests",
            "Function: Duration ? GB-seconds",
            "Store: Storage (st1) 500 GB-months",
            "Host: Dedicated Host (m5) 730 hours",
            "Reserve: Unused slots, m7i.large Windows, On-Demand ? hours",
            "Kept: Unused slots, p4d.24xlarge Linux, On-Demand 1460 hours",
            "Other: m7i.large SUSE, On-Demand 730 hours",
            "Other: Storage (gp2) ?8 GB-months",
            "Table: not covered: bursar has no prices for the type AWS::DynamoDB::Table",
            "Maker: not covered: a custom resource is whatever its function makes",
        ]
    );
}

#[test]
fn what_was_assumed_is_told() {
    let estate = estate(WHOLE);
    let web = &estate.resources[2];
    assert_eq!(web.zone.unwrap().as_str(), "us-east-1b");
    assert_eq!(web.tags["team"], "web-large");
    let doubts: Vec<String> = estate.doubts.iter().map(ToString::to_string).collect();
    assert_eq!(
        doubts,
        [
            "not made, because their condition does not hold: NotMade",
            "no image says its operating system; counted as Linux: Group",
            "the group scales; it is counted at its desired or smallest size (a usage file states another `count`): Group",
            "the size of a root volume is its image's; typical is 8 GB (Windows: 30 GB): Other",
        ]
    );
}

#[test]
fn the_long_functions_and_json_give_the_same() {
    let yaml = long_form(WHOLE);
    let json = serde_json::to_string_pretty(&yaml).unwrap();
    let one_line = yaml.to_string();
    // The JSON of a test has its keys in the order of the alphabet.
    let sorted = |text: &str| {
        let mut lines = lines(&estate(text));
        lines.sort();
        lines
    };
    assert_eq!(sorted(&json), sorted(WHOLE));
    assert_eq!(sorted(&one_line), sorted(WHOLE));
}

/// The same template with long functions, as JSON; made by other means than the reader that is tried.
fn long_form(text: &str) -> Value {
    let mut parser = Parser::new_from_str(text);
    loop {
        let event = parser.next_event().unwrap().unwrap().0;
        if matches!(event, Event::MappingStart(..)) {
            return value(&mut parser, event);
        }
    }
}

fn value<'a>(parser: &mut Parser<'a, StrInput<'a>>, event: Event<'a>) -> Value {
    let name = |tag: Option<Cow<'_, Tag>>| tag.map(|tag| tag.suffix.clone());
    match event {
        Event::Scalar(text, _, _, tag) => {
            let number = text.parse::<i64>().map(Value::from);
            long(
                name(tag),
                number.unwrap_or_else(|_| text.into_owned().into()),
            )
        }
        Event::SequenceStart(_, tag) => {
            let mut items = Vec::new();
            loop {
                match parser.next_event().unwrap().unwrap().0 {
                    Event::SequenceEnd => return long(name(tag), items.into()),
                    event => items.push(value(parser, event)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = serde_json::Map::new();
            loop {
                match parser.next_event().unwrap().unwrap().0 {
                    Event::MappingEnd => return map.into(),
                    key => {
                        let key = value(parser, key).as_str().unwrap().to_owned();
                        let event = parser.next_event().unwrap().unwrap().0;
                        map.insert(key, value(parser, event));
                    }
                }
            }
        }
        other => panic!("{other:?}"),
    }
}

/// The long function of a short one's name.
fn long(name: Option<String>, value: Value) -> Value {
    match name {
        None => value,
        Some(name) if name == "Ref" || name == "Condition" => json!({ name: value }),
        Some(name) if name == "GetAtt" => {
            let (resource, attribute) = value.as_str().unwrap().split_once('.').unwrap();
            json!({"Fn::GetAtt": [resource, attribute]})
        }
        Some(name) => json!({ format!("Fn::{name}"): value }),
    }
}

#[test]
fn other_names_give_the_same_prices() {
    let mut renamed = WHOLE.to_owned();
    for name in [
        "Web", "Template", "Group", "Address", "Nat", "Task", "Public", "IsLarge", "Size",
    ] {
        for (before, behind) in [
            ("\n  ", ":"),
            ("!Ref ", ","),
            ("!Ref ", "}"),
            ("!Ref ", "]"),
            ("!Ref ", "\n"),
            ("!GetAtt ", "."),
            ("!Condition ", "]"),
            ("!Condition ", ","),
            ("-${", "}"),
        ] {
            let new = format!("{before}Other{name}{behind}");
            renamed = renamed.replace(&format!("{before}{name}{behind}"), &new);
        }
    }
    assert!(renamed.contains("OtherWeb"));
    assert_eq!(paid(&estate(&renamed)), paid(&estate(WHOLE)));
}

#[test]
fn a_parameter_changes_what_depends_on_it() {
    let large = estate_with(WHOLE, &[("Size", "xlarge")]);
    let lines = lines(&large);
    assert!(
        lines.contains(&"Web: m7i.xlarge Windows, On-Demand 730 hours".to_owned()),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("NotMade: m7i.metal-48xl"))
    );
}

#[test]
fn a_service_runs_where_it_its_cluster_or_its_tasks_say() {
    let text = r"
Resources:
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Cpu: 256, Memory: 512, RequiresCompatibilities: [FARGATE, EC2]}}
  Only: {Type: AWS::ECS::TaskDefinition, Properties: {Cpu: 256, Memory: 512, RequiresCompatibilities: [FARGATE]}}
  Cluster: {Type: AWS::ECS::Cluster}
  Default:
    Type: AWS::ECS::ClusterCapacityProviderAssociations
    Properties:
      Cluster: !Ref Cluster
      DefaultCapacityProviderStrategy:
        - {CapacityProvider: FARGATE, Base: 2}
        - {CapacityProvider: FARGATE_SPOT, Weight: 1}
  ByCluster: {Type: AWS::ECS::Service, Properties: {Cluster: !Ref Cluster, TaskDefinition: !Ref Task, DesiredCount: 8}}
  ByTask: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Only}}
  Unsaid: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Task}}
  OnEc2: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Task, LaunchType: EC2}}
";
    assert_eq!(
        lines(&estate(text))[4..],
        [
            // Of 8 tasks the 2 of the base are On-Demand: 2 x 730 x 0.25.
            "ByCluster: vCPUs 365 vCPU-hours",
            "ByCluster: Memory 730 GB-hours",
            "ByCluster: not covered: the price book has no prices of Fargate Spot",
            "ByTask: vCPUs 182.5 vCPU-hours",
            "ByTask: Memory 365 GB-hours",
            "Unsaid: not covered: whether its tasks run on Fargate or on instances is not said",
            "OnEc2: free: its tasks run on instances, which are paid as such",
        ]
    );
}

#[test]
fn capacity_in_weights_is_instances() {
    let text = r"
Resources:
  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateData: {ImageId: ami-1}}}
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: 10
      MaxSize: 10
      MixedInstancesPolicy:
        LaunchTemplate:
          LaunchTemplateSpecification: {LaunchTemplateId: !Ref Template}
          Overrides: [{InstanceType: c7g.xlarge, WeightedCapacity: 4}, {InstanceType: c7g.large, WeightedCapacity: 2}]
";
    // 10 units of 4 each are 3 instances: 3 x 730.
    assert_eq!(
        lines(&estate(text))[1],
        "Group: c7g.xlarge Linux, On-Demand 2190 hours"
    );
}

#[test]
fn a_node_group_is_instances() {
    let text = r"
Resources:
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties: {InstanceTypes: [m7g.large, m6g.large], CapacityType: SPOT, AmiType: AL2023_ARM_64_STANDARD,
      ScalingConfig: {MinSize: 1, DesiredSize: 3, MaxSize: 3}}
  Usual: {Type: AWS::EKS::Nodegroup, Properties: {ScalingConfig: {MinSize: 2, DesiredSize: 2, MaxSize: 2}}}
  Plane: {Type: AWS::EKS::Cluster}
";
    assert_eq!(
        lines(&estate(text)),
        [
            "Nodes: m7g.large Linux, Spot 2190 hours",
            "Nodes: Storage (gp3) 60 GB-months",
            "Usual: t3.medium Linux, On-Demand 1460 hours",
            "Usual: Storage (gp3) 40 GB-months",
            "Plane: not covered: the control plane of EKS has no price here; node groups are priced as instances",
        ]
    );
}

#[test]
fn what_only_aws_knows_leaves_one_resource_out_and_no_more() {
    let text = r#"
Resources:
  Imported: {Type: AWS::EC2::Instance, Properties: {InstanceType: !ImportValue size}}
  Transformed: {Type: AWS::EC2::Instance, Properties: {InstanceType: {"Fn::Transform": {Name: x}}}}
  Unheard: {Type: AWS::EC2::Instance, Properties: {InstanceType: !Guess size}}
  Stored: {Type: AWS::EC2::Instance, Properties: {InstanceType: "{{resolve:ssm:/size}}"}}
  Named: {Type: AWS::EC2::Volume, Properties: {Size: 10, AvailabilityZone: !Select [0, !GetAZs ""]}}
  "Fn::ForEach::Tables": [Name, [a, b], {}]
  Api: {Type: AWS::Serverless::Function}
  Perhaps: {Type: AWS::EC2::EIP, Condition: Odd}
Conditions:
  Odd: !Contains [[a], a]
"#;
    assert_eq!(
        lines(&estate(text)),
        [
            "Imported: not covered: `InstanceType` is not known: what another stack exports (`Fn::ImportValue`) is known to AWS only",
            "Transformed: not covered: `InstanceType` is not known: what `Fn::Transform` gives is known to AWS only",
            "Unheard: not covered: `InstanceType` is not known: `Fn::Guess` is no function that bursar carries out",
            "Stored: not covered: `InstanceType` is kept elsewhere, as {{resolve:ssm:/size}}",
            "Named: Storage (gp2) 10 GB-months",
            "Fn::ForEach::Tables: not covered: what `Fn::ForEach` makes is known to AWS only",
            "Api: not covered: AWS's transform turns it into other resources; `sam package` and the processed template show them",
            "Perhaps: not covered: whether it is made is not known: `Fn::Contains` is no condition that bursar carries out",
        ]
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, expected) in [
        (
            "Resources:\n  A: {Type: AWS::EC2::EIP, Properties: {InstanceId: !Ref B}}\n  B: {Type: AWS::EC2::Instance, Properties: {SubnetId: !GetAtt A.X}}",
            "the resources refer to each other in a circle: A -> B -> A\n  --> t:3",
        ),
        (
            "Resources:\n  Web: {Type: AWS::EC2::Instance, Properties: {InstanceType: !Ref Sise}}\nParameters: {Size: {Type: String}}",
            "`Ref` of `Sise`: the template has no parameter or resource of this name\n  --> t:2",
        ),
        (
            "Parameters: {Size: {Type: String}}\nResources:\n  Web: {Type: AWS::EC2::Instance, Properties: {InstanceType: !Ref Size}}",
            "the parameter `Size` has neither a value nor a default\n  --> t:3",
        ),
        (
            "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources: {}",
            "the condition `A` needs itself, by way of `A`, `B`\n  --> t:3",
        ),
        (
            "Resources:\n  Web: {Type: AWS::EC2::Instance, Properties: {InstanceType: large}}",
            "`large` is not an instance type\n  --> t:2",
        ),
        (
            "Resources:\n  V: {Type: AWS::EC2::Volume, Properties: {VolumeType: gp9}}",
            "`VolumeType` cannot be `gp9`\n  --> t:2",
        ),
        (
            "Resources:\n  V: {Type: AWS::EC2::Volume, Properties: {Size: -5}}",
            "`Size` is `-5`\n  --> t:2",
        ),
        (
            "Resources:\n  V: {Properties: {Size: 5}}",
            "the resource `V` has no `Type`\n  --> t:2",
        ),
        (
            "Resources:\n  V:\n    Type: AWS::EC2::Volume\n    Type: AWS::EC2::EIP",
            "`Type` is there twice\n  --> t:4",
        ),
        (
            "Mappings: {M: {a: {b: c}}}\nResources:\n  V: {Type: AWS::EC2::Volume, Properties: {VolumeType: !FindInMap [M, a, d]}}",
            "`Fn::FindInMap`: the mapping has no `d`\n  --> t:3",
        ),
        (
            "Resources:\n  V: {Type: AWS::EC2::Volume, Properties: {Size: !Select [2, [1, 2]]}}",
            "`Fn::Select` takes item 2 of a list of 2\n  --> t:2",
        ),
        ("Resources: [a", "this is no YAML"),
        (
            "{\"Resources\": {\"A\": {\"Type\" \"AWS::EC2::EIP\"}}}",
            "a colon is missing behind the key\n  --> t:1",
        ),
        ("", "the file is empty"),
        (
            "resource \"aws_instance\" \"web\" {\n}",
            "this is Terraform's own language",
        ),
        ("hello: world", "this is neither a CloudFormation template"),
    ] {
        let told = told(text);
        assert!(told.starts_with(expected), "{text}\n{told}");
    }
}

#[test]
fn parameters_are_checked_as_aws_does() {
    let text = "Parameters:\n  N: {Type: Number, Default: 1, MaxValue: 5}\n  S: {Type: String, Default: a, AllowedValues: [a, b]}\nResources: {}";
    let told = |given: &[(&str, &str)]| {
        super::all(&bursar::template::read(text, "t", &super::options(given)).unwrap_err())
    };
    assert!(told(&[("N", "9")]).starts_with("the parameter `N` is at most 5, and `9` is given"));
    assert!(told(&[("N", "x")]).starts_with("the parameter `N` is a number, and `x` is none"));
    assert!(told(&[("S", "c")]).starts_with("the parameter `S` does not allow `c`"));
    assert!(told(&[("M", "1")]).starts_with("the template has no parameter `M`"));
    assert!(lines(&estate_with(text, &[("N", "5"), ("S", "b")])).is_empty());
    let compared = bursar::template::Options {
        passes_over_parameters: true,
        ..super::options(&[("M", "1")])
    };
    assert!(bursar::template::read(text, "t", &compared).is_ok());
}

#[test]
fn a_big_template_is_read_in_a_moment() {
    let mut text = "Resources:\n".to_owned();
    for number in 0..500 {
        let last = if number == 0 {
            "x".to_owned()
        } else {
            format!("!Ref V{}", number - 1)
        };
        writeln!(
            text,
            "  V{number}:\n    Type: AWS::EC2::Volume\n    Properties: {{Size: 8, Note: {last}}}"
        )
        .unwrap();
    }
    assert_eq!(estate(&text).resources.len(), 500);
}

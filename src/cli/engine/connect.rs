//! A session on a Spark Connect server: its settings, what the columns of data are, and what is asked of it.

use std::collections::HashMap;
use std::sync::Arc;

use spark_connect_core::{ChannelBuilder, RetryPolicy, SparkConnectClient, block_on};
use spark_connect_proto::analyze_plan_request::{Analyze, Schema};
use spark_connect_proto::command::CommandType;
use spark_connect_proto::data_type::Kind;
use spark_connect_proto::plan::OpType;
use spark_connect_proto::read::{DataSource, NamedTable, ReadType};
use spark_connect_proto::relation::RelType;
use spark_connect_proto::{
    AnalyzePlanRequest, Command, CreateDataFrameViewCommand, DataType, ExecutePlanRequest, Plan,
    Read, Relation, Sql, UserContext, analyze_plan_response,
};

use super::answer::{Answer, Broken};
use crate::demand::import::{ColumnKind, EngineColumn};

/// How long something is tried that a server is too busy for, or cannot be reached for, and how often.
pub(super) fn patience() -> RetryPolicy {
    RetryPolicy {
        max_retries: None,
        initial_backoff_ms: 250,
        max_backoff_ms: Some(5_000),
        max_retry_exception_elapsed_time_ms: Some(40_000),
        ..RetryPolicy::default()
    }
}

/// A session, and the channel to its server with what lets one in.
pub(super) struct Session {
    client: Arc<SparkConnectClient>,
}

impl Session {
    /// A session at the server of a URL, which has all secrets; nothing is sent yet.
    pub(super) fn open(url: &str) -> Result<Self, Broken> {
        let address = ChannelBuilder::parse(url)?;
        let mut client = block_on(SparkConnectClient::connect(&address))?;
        client.set_retry_policy(patience());
        Ok(Self {
            client: Arc::new(client),
        })
    }

    /// Sets a setting of the session.
    pub(super) fn set(&self, key: &str, value: &str) -> Result<(), Broken> {
        Ok(block_on(self.client.set_config(key, value))?)
    }

    /// The columns of data, in their order.
    pub(super) fn columns(&self, data: &Relation) -> Result<Vec<EngineColumn>, Broken> {
        let plan = Some(plan(OpType::Root(data.clone())));
        let request = AnalyzePlanRequest {
            session_id: self.client.session_id().to_owned(),
            user_context: Some(self.user()),
            analyze: Some(Analyze::Schema(Schema { plan })),
            ..AnalyzePlanRequest::default()
        };
        let answer = block_on(self.client.analyze_plan(request))?;
        let schema = match answer.result {
            Some(analyze_plan_response::Result::Schema(found)) => found.schema,
            _ => None,
        };
        match schema.and_then(|schema| schema.kind) {
            Some(Kind::Struct(row)) => Ok(row.fields.into_iter().map(column).collect()),
            _ => Err(Broken::answer("it does not say what the columns are")),
        }
    }

    /// Gives data a name in the session.
    pub(super) fn name(&self, data: Relation, name: &str) -> Result<(), Broken> {
        let view = CreateDataFrameViewCommand {
            input: Some(data),
            name: name.to_owned(),
            is_global: false,
            replace: true,
        };
        let command = Command {
            command_type: Some(CommandType::CreateDataframeView(view)),
        };
        let mut answer = self.run(OpType::Command(command));
        while answer.next()?.is_some() {}
        Ok(())
    }

    /// Asks for all of data.
    pub(super) fn all_of(&self, data: Relation) -> Answer {
        self.run(OpType::Root(data))
    }

    fn run(&self, what: OpType) -> Answer {
        let request = ExecutePlanRequest {
            session_id: self.client.session_id().to_owned(),
            user_context: Some(self.user()),
            plan: Some(plan(what)),
            ..ExecutePlanRequest::default()
        };
        Answer::to(Arc::clone(&self.client), request)
    }

    fn user(&self) -> UserContext {
        UserContext {
            user_id: self.client.user_id().unwrap_or_default().to_owned(),
            ..UserContext::default()
        }
    }
}

fn plan(what: OpType) -> Plan {
    Plan {
        op_type: Some(what),
    }
}

/// The result of a query.
pub(super) fn query(sql: &str) -> Relation {
    relation(RelType::Sql(Sql {
        query: sql.to_owned(),
        ..Sql::default()
    }))
}

/// A table that the server knows.
pub(super) fn table(name: &str) -> Relation {
    read(ReadType::NamedTable(NamedTable {
        unparsed_identifier: name.to_owned(),
        ..NamedTable::default()
    }))
}

/// Files that the server sees.
pub(super) fn files(path: &str, format: &str, options: &[(&str, &str)]) -> Relation {
    let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
    let options: HashMap<String, String> = options.iter().map(owned).collect();
    read(ReadType::DataSource(DataSource {
        format: Some(format.to_owned()),
        options,
        paths: vec![path.to_owned()],
        ..DataSource::default()
    }))
}

fn read(what: ReadType) -> Relation {
    relation(RelType::Read(Read {
        is_streaming: false,
        read_type: Some(what),
    }))
}

fn relation(what: RelType) -> Relation {
    Relation {
        common: None,
        rel_type: Some(what),
    }
}

fn column(field: spark_connect_proto::data_type::StructField) -> EngineColumn {
    EngineColumn {
        name: field.name,
        kind: kind(field.data_type),
    }
}

fn kind(data_type: Option<DataType>) -> ColumnKind {
    match data_type.and_then(|data_type| data_type.kind) {
        Some(Kind::Map(_)) => ColumnKind::Map,
        Some(Kind::Struct(row)) => {
            ColumnKind::Struct(row.fields.into_iter().map(|field| field.name).collect())
        }
        Some(
            Kind::Integer(_) | Kind::Long(_) | Kind::Float(_) | Kind::Double(_) | Kind::Decimal(_),
        ) => ColumnKind::Number,
        _ => ColumnKind::Plain,
    }
}

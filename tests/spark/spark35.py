#!/usr/bin/env python3
"""A server with the protocol and the engine of Spark 3.5, for the checks of check.py.

Spark's own Connect server of 3.5 is a jar that PyPI's pyspark 3.5 lacks. What it has is the protocol's definition and
the engine: this serves the one with the other, for the few messages that bursar sends. A message with a field that 3.5
does not know is refused, because 3.5 would pass over it.

    python3 -m venv spark35
    spark35/bin/pip install setuptools wheel
    spark35/bin/pip install pyspark==3.5.5 'pandas<2.3' 'numpy<2' 'pyarrow<19' 'protobuf<5' grpcio grpcio-status
    spark35/bin/python tests/spark/spark35.py 15035
    python3 tests/spark/check.py target/debug/bursar sc://127.0.0.1:15035
"""

import sys
from concurrent import futures

import grpc
import pyarrow as pa
from google.protobuf.unknown_fields import UnknownFieldSet
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql.connect.proto import base_pb2, base_pb2_grpc
from pyspark.sql.connect.types import pyspark_types_to_proto_types


class Refused(Exception):
    """Something that 3.5 would not understand, or that this does not serve."""


def known(message):
    """Refuses a message with a field, at any depth, that the definition of 3.5 lacks."""
    strange = [field.field_number for field in UnknownFieldSet(message)]
    if strange:
        raise Refused(f"{message.DESCRIPTOR.full_name} of Spark 3.5 has no field {strange}")
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for part in value if field.label == field.LABEL_REPEATED else [value]:
            known(part)


class Server(base_pb2_grpc.SparkConnectServiceServicer):
    def __init__(self, spark):
        self.spark = spark
        # Answers by operation, for who asks for the rest of them.
        self.answers = {}

    def frame(self, relation):
        """The data of a relation: a table, files, or a query."""
        kind = relation.WhichOneof("rel_type")
        if kind == "sql":
            return self.spark.sql(relation.sql.query)
        if kind == "read" and relation.read.HasField("named_table"):
            return self.spark.table(relation.read.named_table.unparsed_identifier)
        if kind == "read":
            source = relation.read.data_source
            return self.spark.read.format(source.format).options(**source.options).load(list(source.paths))
        raise Refused(f"relation {kind}")

    def answered(self, request, context, answer):
        try:
            known(request)
            return answer()
        except PySparkException as error:
            context.abort(grpc.StatusCode.INTERNAL, f"[{error.getErrorClass()}] {error}")
        except Refused as error:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, str(error))

    def Config(self, request, context):
        def answer():
            if request.operation.WhichOneof("op_type") != "set":
                raise Refused("only settings that are set")
            for pair in request.operation.set.pairs:
                self.spark.conf.set(pair.key, pair.value)
            return base_pb2.ConfigResponse(session_id=request.session_id)

        return self.answered(request, context, answer)

    def AnalyzePlan(self, request, context):
        def answer():
            made = base_pb2.AnalyzePlanResponse(session_id=request.session_id)
            if request.WhichOneof("analyze") == "spark_version":
                made.spark_version.version = self.spark.version
            elif request.WhichOneof("analyze") == "schema":
                schema = self.frame(request.schema.plan.root).schema
                made.schema.schema.CopyFrom(pyspark_types_to_proto_types(schema))
            else:
                raise Refused(request.WhichOneof("analyze"))
            return made

        return self.answered(request, context, answer)

    def ExecutePlan(self, request, context):
        self.answers[request.operation_id] = self.answered(request, context, lambda: list(self.executed(request)))
        yield from self.answers[request.operation_id]

    def ReattachExecute(self, request, context):
        def rest():
            if request.operation_id not in self.answers:
                raise Refused("[INVALID_HANDLE.OPERATION_NOT_FOUND]")
            answers = self.answers[request.operation_id]
            came = [number for number, answer in enumerate(answers) if answer.response_id == request.last_response_id]
            return answers[came[0] + 1 if came else 0:]

        yield from self.answered(request, context, rest)

    def executed(self, request):
        said = {"session_id": request.session_id, "operation_id": request.operation_id}
        plan = request.plan
        if plan.WhichOneof("op_type") == "root":
            found = self.frame(plan.root)
            schema = pyspark_types_to_proto_types(found.schema)
            yield base_pb2.ExecutePlanResponse(**said, response_id="schema", schema=schema)
            for number, batch in enumerate(found._collect_as_arrow()):
                packed = base_pb2.ExecutePlanResponse.ArrowBatch(row_count=batch.num_rows, data=stream(batch))
                yield base_pb2.ExecutePlanResponse(**said, response_id=str(number), arrow_batch=packed)
        elif plan.command.WhichOneof("command_type") == "create_dataframe_view":
            view = plan.command.create_dataframe_view
            self.frame(view.input).createOrReplaceTempView(view.name)
        elif plan.command.WhichOneof("command_type") == "sql_command":
            made = base_pb2.ExecutePlanResponse(**said, response_id="sql")
            made.sql_command_result.relation.sql.query = plan.command.sql_command.sql
            yield made
        else:
            raise Refused(plan.command.WhichOneof("command_type"))
        complete = base_pb2.ExecutePlanResponse.ResultComplete()
        yield base_pb2.ExecutePlanResponse(**said, response_id="complete", result_complete=complete)

    def ReleaseExecute(self, request, context):
        self.answers.pop(request.operation_id, None)
        return base_pb2.ReleaseExecuteResponse(session_id=request.session_id)


def stream(batch):
    """A batch as Arrow's stream format, which the protocol carries."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def main():
    spark = (SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
             .config("spark.sql.shuffle.partitions", "4").config("spark.driver.bindAddress", "127.0.0.1").getOrCreate())
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4),
                         options=[("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)])
    base_pb2_grpc.add_SparkConnectServiceServicer_to_server(Server(spark), server)
    server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
    server.start()
    print(f"Spark {spark.version} on port {sys.argv[1]}", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()

"""A door in front of a Spark Connect server on this machine: TLS, and only for who brings the token."""

import subprocess
from concurrent import futures

import grpc

SERVICE = "spark.connect.SparkConnectService"
# What streams in which direction: request, response.
METHODS = {"ExecutePlan": (False, True), "AnalyzePlan": (False, False), "Config": (False, False),
           "AddArtifacts": (True, False), "ArtifactStatus": (False, False), "Interrupt": (False, False),
           "ReattachExecute": (False, True), "ReleaseExecute": (False, False), "ReleaseSession": (False, False),
           "FetchErrorDetails": (False, False), "CloneSession": (False, False)}


class Door(grpc.GenericRpcHandler):
    """Hands calls on, byte by byte, to the server behind it."""

    def __init__(self, target, token):
        self.channel = grpc.insecure_channel(target)
        self.token = token
        self.refused = 0

    def service(self, details):
        service, method = details.method.strip("/").split("/")
        if service != SERVICE or method not in METHODS:
            return None
        many_in, many_out = METHODS[method]
        maker = {(False, False): self.channel.unary_unary, (False, True): self.channel.unary_stream,
                 (True, False): self.channel.stream_unary}[(many_in, many_out)]
        call = maker(details.method)

        def handle(request, context):
            if ("authorization", f"Bearer {self.token}") not in [tuple(pair) for pair in context.invocation_metadata()]:
                self.refused += 1
                context.abort(grpc.StatusCode.UNAUTHENTICATED, "no such token")
            try:
                return call(request)
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        make = {(False, False): grpc.unary_unary_rpc_method_handler, (False, True): grpc.unary_stream_rpc_method_handler,
                (True, False): grpc.stream_unary_rpc_method_handler}[(many_in, many_out)]
        return make(handle)


def open_door(target, token, folder):
    """Starts the door; its port, the file of its certificate, and the door itself."""
    key, cert = f"{folder}/key.pem", f"{folder}/cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    with open(key, "rb") as k, open(cert, "rb") as c:
        credentials = grpc.ssl_server_credentials([(k.read(), c.read())])
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    door = Door(target, token)
    server.add_generic_rpc_handlers((door,))
    port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    door.server = server
    return port, cert, door

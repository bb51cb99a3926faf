"""A door in front of a Spark Connect server on this machine: TLS, and only for who brings the token.

It can also do what servers and connections do to long answers: end them before their end, lose a part, break.
"""

import socket
import subprocess
import threading
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
        # After so many messages a stream of answers ends as if that were all.
        self.ends_after = None
        # Whether the rest of an answer can be had.
        self.continues = True
        # Whether the first message with rows gets lost.
        self.loses_rows = False
        # Whether the server numbers its rows, and how often it was asked for the rest of an answer.
        self.numbered = False
        self.asked_on = 0

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

        if many_out:
            handle = self.streaming(handle, method)
        make = {(False, False): grpc.unary_unary_rpc_method_handler, (False, True): grpc.unary_stream_rpc_method_handler,
                (True, False): grpc.stream_unary_rpc_method_handler}[(many_in, many_out)]
        return make(handle)

    def streaming(self, handle, method):
        """A stream of answers, with what happens to it here."""
        def answers(request, context):
            if method == "ReattachExecute":
                self.asked_on += 1
                if not self.continues:
                    context.abort(grpc.StatusCode.INTERNAL, "[INVALID_HANDLE.OPERATION_NOT_FOUND] forgotten")
            stream = handle(request, context)
            try:
                for number, message in enumerate(stream):
                    if number == self.ends_after:
                        stream.cancel()
                        return
                    batch = fields(message).get(ARROW_BATCH)
                    self.numbered |= batch is not None and START_OFFSET in fields(batch)
                    if batch is not None and self.loses_rows:
                        self.loses_rows = False
                    else:
                        yield message
            except grpc.RpcError as error:
                context.abort(error.code(), error.details())

        return answers


# Fields of ExecutePlanResponse, and of its ArrowBatch.
ARROW_BATCH, START_OFFSET = 2, 3


def fields(message):
    """The fields of a message of protocol buffers, by number."""
    found, at = {}, 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        key = number()
        if key & 7 == 0:
            found[key >> 3] = number()
            continue
        size = {1: 8, 5: 4}.get(key & 7) or number()
        found[key >> 3] = message[at:at + size]
        at += size
    return found


class Wire:
    """A connection to a server that breaks, `times` times, when it has carried so many bytes of answers."""

    def __init__(self, target, after, times):
        host, port = target.split(":")
        self.target, self.after, self.left, self.broken = (host, int(port)), after, times, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"sc://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(self.target)
            for source, sink, counts in [(near, far, False), (far, near, True)]:
                threading.Thread(target=self.carry, args=(source, sink, counts), daemon=True).start()

    def carry(self, source, sink, counts):
        carried = 0
        try:
            while data := source.recv(4096):
                carried += len(data)
                if counts and self.left and carried > self.after:
                    self.left -= 1
                    self.broken += 1
                    break
                sink.sendall(data)
        except OSError:
            pass
        for side in (source, sink):
            try:
                side.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


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

"""What lies between a client and a service, made to fail where a test says so."""

import contextlib
import http.server
import json
import socket
import struct
import threading
import unittest.mock

import assay_client


class Script:
    """A server that answers one after the other what it is told, and keeps what it was asked. An answer is (status, headers, body), or 'reset'."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []
        script = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                script.asked.append((self.command, self.path, dict(self.headers), self.body()))
                told = script.answers.pop(0)
                if told == "reset":
                    return reset(self.connection)
                status, headers, body = told
                body = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = answer

            def body(self):
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length", 0)))
                pieces = []
                while True:
                    size = int(self.rfile.readline(), 16)
                    pieces.append(self.rfile.read(size))
                    self.rfile.readline()
                    if size == 0:
                        return b"".join(pieces)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Wire:
    """A wire to a service. Each connection takes the next plan: ('up', n) tears it after n bytes to the service, ('down', n) after n bytes of its answers, None never."""

    def __init__(self, url, *plans):
        host, port = url.rsplit("/", 1)[1].split(":")
        self.service = (host, int(port))
        self.plans = list(plans)
        self.torn = 0
        self.ends = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            plan = self.plans.pop(0) if self.plans else None
            service = socket.create_connection(self.service)
            self.ends += [client, service]
            way, after = plan or (None, 0)
            threading.Thread(target=self.pump, args=(client, service, after if way == "up" else None), daemon=True).start()
            threading.Thread(target=self.pump, args=(service, client, after if way == "down" else None), daemon=True).start()

    def pump(self, source, sink, after):
        passed = 0
        with contextlib.suppress(OSError):
            while True:
                piece = source.recv(16384)
                if not piece:
                    break
                if after is not None and passed + len(piece) > after:
                    sink.sendall(piece[:after - passed])
                    self.torn += 1
                    reset(source)
                    # What was sent is to arrive before the end does.
                    sink.shutdown(socket.SHUT_RDWR)
                    return
                sink.sendall(piece)
                passed += len(piece)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        for end in [self.listener, *self.ends]:
            end.close()


def reset(connection):
    """Ends a connection without a goodbye."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
    connection.close()


@contextlib.contextmanager
def waits(really=None):
    """The seconds that the client would wait, which are not waited for, but for so many where told."""
    told = []
    slept = assay_client.time.sleep

    def sleep(seconds):
        told.append(seconds)
        if really:
            slept(really)

    with unittest.mock.patch.object(assay_client, "_sleep", sleep):
        yield told

#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
faultserver: an HTTP server for ranges of files that misbehaves exactly as told

  faultserver.py [--port N] [--port-file F] [--host A] [--start-after S]
                 [--cert F --key F] [--azure] [--rules FILE] PATH=FILE ...

Serves each FILE at /PATH ('=FILE' or plain FILE: at /). Threaded, HTTP/1.1 with
keep-alive. The file is read at request time, so a test may change it underneath.

  --port N         port to listen on; 0 (default) takes a free one
  --port-file F    write the port there, atomically, once the control API answers
  --host A         address, default 127.0.0.1
  --start-after S  refuse connections for the first S seconds (see 'listen' below)
  --cert, --key    serve HTTPS
  --azure          answer as Azure does: x-ms-blob-type, x-ms-request-id, page-list,
                   and XML error bodies with x-ms-error-code
  --control-port N control API on this port of the same host, always plain HTTP;
                   without it, the control API is on the main port, below /_control/.
                   With --start-after or listen=0 a control port is needed.
  --rules FILE     JSON list of rules to begin with
  --pid-file F     write the process id there

Without faults: GET and HEAD with Range or x-ms-range (bytes=A-B, bytes=A-), 206 with
Content-Range, strong ETag (from content length, mtime and the number of 'etag' changes),
Last-Modified, Accept-Ranges; If-Match gives 412 and If-None-Match 304; 416 past the end.
PUT /PATH?comp=page (x-ms-page-write: update or clear, x-ms-range) writes into the file,
changes the ETag, and honours If-Match; --azure only.

CONTROL API (JSON in, JSON out; GET may be used for everything, with query arguments)

  POST /_control/rules     a list of rules: replaces all of them; resets their counters
  POST /_control/rule      one rule: appended
  POST /_control/clear     no rules any more
  GET  /_control/state     {"requests": n, "bytes": n, "listening": bool, "connections": n,
                            "in_flight": n, "etag_serial": n,
                            "rules": [...with "seen", "fired"]}
  GET  /_control/log       [{"n","t","method","path","query","range":[a,b]|null,"status",
                            "sent","fault","headers":{...}}], oldest first; a request still
                            being served has status 0. POST /_control/log/clear empties it
  POST /_control/listen    {"listen": 0|1, "after": S}: stop or start accepting connections,
                            now or S seconds from now. While stopped, connects are refused
                            and open connections are closed.
  POST /_control/etag      the ETag of every file changes from now on
  POST /_control/release   lets all stalled requests go on
  POST /_control/quit      ends the server

RULE: {"fault": NAME, ...match, ...argument}. The first rule that matches a request and
still has fires left is applied; a request that no rule matches is served properly.

  match (all optional)
    "path": "/a.img"      exactly this path       "method": "GET"
    "comp": "page"        value of the query's comp   "min_off": N, "max_off": N   range start
    "skip": N             let the first N matching requests pass
    "count": N            fire N times, then pass (default: for ever)
    "every": N            fire on every Nth matching request only
    "until": S            fire only in the first S seconds after the rule was set

  fault and its arguments
    status         "status": 503, "retry_after": "2"|2 (seconds or HTTP date), "code":
                   "ServerBusy" (x-ms-error-code and XML body), "headers": {...}, "body": "..."
    500 503 404 403 401 409 412 416 429   short for status; 403 takes code
                   AuthorizationFailure, 404 BlobNotFound, 503 ServerBusy by default
    reset          proper headers, then "after" bytes of body (default half), then TCP reset
    reset-early    TCP reset before any answer
    close          connection closed before any answer
    short          fewer bytes than Content-Length ("after", default half), then orderly close
    wrong-length   Content-Length and body both shorter than Content-Range says ("by": N, 1)
    wrong-range    Content-Range shifted by "by" bytes (default 512), body as asked
    wrong-total    Content-Range with a total length that is "by" larger
    garbage        right headers, body of the right length with bits flipped
    no-range       200 with the whole file instead of 206
    etag           from this request on (this one included) the ETag is another one
    no-etag        answer without ETag
    stall          wait "seconds" (default: until release), then serve properly; "where":
                   "headers" (default) or "body" (after "after" bytes, default half)
    trickle        body at "rate" bytes per second
    delay          wait "seconds", then serve properly
    late-write     PUT only: answer 500 at once, apply the write "seconds" later
    truncated-headers   half a status line, then close

Example: fail the first three reads, then heal:
  curl -d '[{"fault":"503","retry_after":1,"method":"GET","count":3}]' URL/_control/rules

Exit status: 0 after quit or SIGTERM, 2 on wrong usage.
Uses: Python's standard library.
"""

import argparse
import email.utils
import hashlib
import json
import os
import random
import signal
import socket
import ssl
import struct
import sys
import threading
import time
import urllib.parse
import xml.sax.saxutils

DEFAULT_CODE = {401: "NoAuthenticationInformation", 403: "AuthorizationFailure",
                404: "BlobNotFound", 409: "Conflict", 412: "ConditionNotMet",
                416: "InvalidRange", 429: "TooManyRequests", 500: "InternalError",
                503: "ServerBusy"}
REASON = {200: "OK", 201: "Created", 206: "Partial Content", 304: "Not Modified",
          400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
          405: "Method Not Allowed", 409: "Conflict", 412: "Precondition Failed",
          416: "Range Not Satisfiable", 429: "Too Many Requests",
          500: "Internal Server Error", 503: "Service Unavailable"}
FAULTS = ("status", "reset", "reset-early", "close", "short", "wrong-length", "wrong-range",
          "wrong-total", "garbage", "no-range", "etag", "no-etag", "stall", "trickle", "delay",
          "late-write", "truncated-headers")
PIECE = 256 * 1024
HEADER_LIMIT = 64 * 1024
LOG_LIMIT = 200000


class Drop(Exception):
    """The connection ends here; reset: with RST instead of FIN."""

    def __init__(self, reset=False):
        super().__init__()
        self.reset = reset


class State:
    """Everything that requests and the control API share; one lock for all of it."""

    def __init__(self, files, azure):
        self.lock = threading.Lock()
        self.released = threading.Condition(self.lock)
        self.files = files
        self.azure = azure
        self.rules = []
        self.log = []
        self.bytes = 0
        self.requests = 0
        self.in_flight = 0
        self.etag_serial = 0
        self.release_serial = 0
        self.write_locks = {f: threading.Lock() for f in files.values()}
        self.writes = dict.fromkeys(files.values(), 0)

    def set_rules(self, rules, append=False):
        for r in rules:
            if not isinstance(r, dict) or "fault" not in r:
                raise ValueError("a rule is an object with a fault")
            if str(r["fault"]) not in FAULTS and not str(r["fault"]).isdigit():
                raise ValueError(f"unknown fault '{r['fault']}'")
        now = time.monotonic()
        fresh = [dict(r, seen=0, fired=0, since=now) for r in rules]
        with self.lock:
            self.rules = (self.rules if append else []) + fresh

    def pick(self, method, path, comp, off):
        """The rule for this request, or None."""
        with self.lock:
            for r in self.rules:
                if r.get("method", method) != method or r.get("path", path) != path:
                    continue
                if "comp" in r and r["comp"] != comp:
                    continue
                if off < r.get("min_off", 0) or off > r.get("max_off", off):
                    continue
                r["seen"] += 1
                if r["seen"] <= r.get("skip", 0) or r["fired"] >= r.get("count", 1 << 62):
                    continue
                if (r["seen"] - r.get("skip", 0)) % r.get("every", 1):
                    continue
                if time.monotonic() - r["since"] > r.get("until", 1e18):
                    continue
                r["fired"] += 1
                if r["fault"] == "etag":
                    self.etag_serial += 1
                return r
        return None

    def wait_release(self, seconds):
        with self.lock:
            serial = self.release_serial
            self.released.wait_for(lambda: self.release_serial != serial, seconds)

    def release(self):
        with self.lock:
            self.release_serial += 1
            self.released.notify_all()

    def etag(self, file):
        st = os.stat(file)
        text = f"{st.st_size} {st.st_mtime_ns} {self.etag_serial} {self.writes[file]}"
        return '"0x8' + hashlib.sha256(text.encode()).hexdigest()[:14].upper() + '"'


class Request:
    """One request on one connection: parsed, matched with a rule, answered."""

    def __init__(self, conn, state):
        self.conn, self.state = conn, state
        self.entry = None
        self.keep = True

    # reading

    def read(self, rfile):
        """False when the peer has closed the connection."""
        line = rfile.readline(HEADER_LIMIT)
        if not line.strip():
            return False
        self.method, target, version = line.decode("latin-1").split()
        self.headers = {}
        while True:
            line = rfile.readline(HEADER_LIMIT)
            if not line:
                return False
            if line in (b"\r\n", b"\n"):
                break
            k, _, v = line.decode("latin-1").partition(":")
            self.headers[k.strip().lower()] = v.strip()
        self.keep = version == "HTTP/1.1" and self.headers.get("connection", "").lower() != "close"
        if self.headers.get("expect", "").lower() == "100-continue":
            self.conn.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.body = rfile.read(int(self.headers.get("content-length", 0)))
        url = urllib.parse.urlsplit(target)
        self.path = urllib.parse.unquote(url.path)
        self.query = url.query
        self.args = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        return True

    # writing

    def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} {REASON.get(status, 'Status')}",
                 f"Date: {email.utils.formatdate(usegmt=True)}", "Server: faultserver"]
        if self.state.azure:
            lines.append(f"x-ms-request-id: {random.getrandbits(64):016x}")
            lines.append("x-ms-version: " + self.headers.get("x-ms-version", "2009-09-19"))
        lines += [f"{k}: {v}" for k, v in headers.items()]
        if not self.keep:
            lines.append("Connection: close")
        self.entry["status"] = status
        self.conn.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def send(self, data):
        self.conn.sendall(data)
        self.entry["sent"] += len(data)
        with self.state.lock:
            self.state.bytes += len(data)

    def answer(self, status, headers=None, body=b""):
        self.head(status, {"Content-Length": len(body), **(headers or {})})
        if self.method != "HEAD":
            self.send(body)

    def error(self, status, code=None, headers=None, body=None):
        code = code or DEFAULT_CODE.get(status, "Error")
        headers = dict(headers or {})
        headers.setdefault("x-ms-error-code", code)
        if body is None:
            esc = xml.sax.saxutils.escape(code)
            body = (f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{esc}</Code>'
                    f"<Message>{esc} was asked for by the test.</Message></Error>")
            headers.setdefault("Content-Type", "application/xml")
        self.answer(status, headers, body.encode())

    # serving

    def parse_range(self, size):
        """(first, last) of the range asked for, None without one; ValueError if unsatisfiable."""
        text = self.headers.get("x-ms-range") or self.headers.get("range")
        if not text or not text.startswith("bytes="):
            return None
        a, _, b = text[6:].partition("-")
        if "," in b:
            return None
        if not a:
            a, b = str(max(0, size - int(b))), ""
        first, last = int(a), min(int(b), size - 1) if b else size - 1
        if first >= size or last < first:
            raise ValueError
        return first, last

    def serve(self):
        file = self.state.files.get(self.path)
        off = 0
        text = self.headers.get("x-ms-range") or self.headers.get("range") or ""
        if text.startswith("bytes=") and text[6:].partition("-")[0].isdigit():
            a, _, b = text[6:].partition("-")
            off = int(a)
            self.entry["range"] = [off, int(b) if b.isdigit() else None]
        rule = self.state.pick(self.method, self.path, self.args.get("comp"), off)
        fault = str(rule["fault"]) if rule else ""
        self.entry["fault"] = fault
        if fault.isdigit() or fault == "status":
            return self.status_fault(int(rule.get("status", 500) if fault == "status" else fault),
                                     rule)
        if fault == "delay":
            time.sleep(float(rule.get("seconds", 1)))
        if fault == "reset-early":
            raise Drop(reset=True)
        if fault == "close":
            raise Drop()
        if fault == "truncated-headers":
            self.conn.sendall(b"HTTP/1.1 20")
            raise Drop()
        if file is None or not os.path.exists(file):
            return self.error(404)
        if self.method == "PUT":
            return self.put(file, rule)
        if self.method not in ("GET", "HEAD"):
            return self.error(405)
        if self.args.get("comp") == "pagelist" and self.state.azure:
            return self.page_list(file)
        return self.get(file, rule)

    def get(self, file, rule):
        fault = rule["fault"] if rule else ""
        size = os.stat(file).st_size
        etag = self.state.etag(file)
        if self.headers.get("if-match", "*") not in ("*", etag):
            return self.error(412)
        if self.headers.get("if-none-match") == etag:
            return self.answer(304, {"ETag": etag})
        try:
            r = self.parse_range(size)
        except ValueError:
            return self.error(416, headers={"Content-Range": f"bytes */{size}"})
        if fault == "no-range":
            r = None
        if fault == "stall" and rule.get("where", "headers") == "headers":
            self.state.wait_release(rule.get("seconds"))
        first, last = r or (0, size - 1)
        length = last - first + 1
        shift = int(rule.get("by", 512)) if fault == "wrong-range" else 0
        more = int(rule.get("by", 512)) if fault == "wrong-total" else 0
        if fault == "wrong-length":
            length -= int(rule.get("by", 1))
        headers = {"Content-Length": length, "Content-Type": "application/octet-stream",
                   "Accept-Ranges": "bytes", "ETag": etag,
                   "Last-Modified": email.utils.formatdate(os.stat(file).st_mtime, usegmt=True)}
        if fault == "no-etag":
            del headers["ETag"]
        if self.state.azure:
            headers["x-ms-blob-type"] = "PageBlob"
            headers["x-ms-blob-sequence-number"] = "0"
        if r:
            headers["Content-Range"] = f"bytes {first + shift}-{last + shift}/{size + more}"
        self.head(206 if r else 200, headers)
        if self.method == "HEAD":
            return None
        return self.body_out(file, first, length, rule, fault)

    def body_out(self, file, first, length, rule, fault):
        stop = length
        if fault in ("reset", "short", "stall"):
            stop = min(int(rule.get("after", length // 2)), length)
        sent = 0
        piece = PIECE
        rate = float(rule.get("rate", 1024)) if fault == "trickle" else 0
        if rate:
            piece = max(1, int(rate / 20))
        with open(file, "rb") as f:
            f.seek(first)
            while sent < length:
                limit = stop if sent < stop else length
                data = f.read(min(piece, limit - sent))
                if not data:
                    raise Drop()
                if fault == "garbage":
                    data = bytes(b ^ 0x55 for b in data)
                self.send(data)
                sent += len(data)
                if rate:
                    time.sleep(len(data) / rate)
                if sent == stop and sent < length:
                    if fault == "stall" and rule.get("where", "headers") == "body":
                        self.state.wait_release(rule.get("seconds"))
                    elif fault == "reset":
                        time.sleep(0.05)  # let the peer read what came before the reset
                        raise Drop(reset=True)
                    elif fault == "short":
                        raise Drop()
        if fault in ("reset", "short"):
            raise Drop(reset=fault == "reset")

    def page_list(self, file):
        """Ranges that hold anything but zeros, at the granularity of 4 KiB."""
        runs, start, pos = [], None, 0
        with open(file, "rb") as f:
            while True:
                data = f.read(4096)
                if data.strip(b"\0"):
                    start = pos if start is None else start
                elif start is not None:
                    runs.append((start, pos - 1))
                    start = None
                if not data:
                    break
                pos += len(data)
        rows = "".join(f"<PageRange><Start>{a}</Start><End>{b}</End></PageRange>" for a, b in runs)
        body = f'<?xml version="1.0" encoding="utf-8"?><PageList>{rows}</PageList>'.encode()
        self.answer(200, {"Content-Type": "application/xml", "ETag": self.state.etag(file),
                          "x-ms-blob-content-length": os.stat(file).st_size}, body)

    def put(self, file, rule):
        if not self.state.azure or self.args.get("comp") != "page":
            return self.error(405)
        size = os.stat(file).st_size
        a, _, b = self.headers.get("x-ms-range", "").removeprefix("bytes=").partition("-")
        if not (a.isdigit() and b.isdigit()):
            return self.error(400, "InvalidHeaderValue")
        first, end = int(a), int(b) + 1
        clear = self.headers.get("x-ms-page-write", "").lower() == "clear"
        if first % 512 or end % 512 or end > size or end <= first:
            return self.error(416, "InvalidPageRange")
        if not clear and len(self.body) != end - first:
            return self.error(400, "InvalidHeaderValue")
        if not clear and len(self.body) > 4 << 20:
            return self.error(413, "RequestBodyTooLarge")

        def apply():
            with self.state.write_locks[file]:
                if self.headers.get("if-match", "*") not in ("*", self.state.etag(file)):
                    return False
                with open(file, "r+b") as f:
                    f.seek(first)
                    f.write(bytes(end - first) if clear else self.body)
                self.state.writes[file] += 1
            return True

        if rule and rule["fault"] == "late-write":
            threading.Timer(float(rule.get("seconds", 1)), apply).start()
            return self.error(500)
        if not apply():
            return self.error(412)
        return self.answer(201, {"ETag": self.state.etag(file), "x-ms-blob-sequence-number": "0"})

    def status_fault(self, status, rule):
        headers = {str(k): str(v) for k, v in rule.get("headers", {}).items()}
        if "retry_after" in rule:
            headers["Retry-After"] = str(rule["retry_after"])
        self.error(status, rule.get("code"), headers, rule.get("body"))


class Server:
    """Listening sockets, which come and go, and the connections made through them."""

    def __init__(self, args, state):
        self.args, self.state = args, state
        self.lock = threading.Lock()
        self.listener = None
        self.port = args.port
        self.connections = set()
        self.done = threading.Event()
        self.tls = None
        if args.cert:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(args.cert, args.key)

    def start(self):
        with self.lock:
            if self.listener:
                return
            self.listener = s = socket.create_server((self.args.host, self.port), backlog=512,
                                                     reuse_port=False)
            self.port = s.getsockname()[1]
        threading.Thread(target=self.accept, args=(s, False), daemon=True).start()

    def reserve(self):
        """Fix the port number without listening."""
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((self.args.host, self.port))
        self.port = s.getsockname()[1]
        s.close()

    def stop(self):
        with self.lock:
            s, self.listener = self.listener, None
            conns = list(self.connections)
        if s:
            s.shutdown(socket.SHUT_RDWR)
            s.close()
        for c in conns:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def accept(self, listener, control):
        while True:
            try:
                conn, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(conn, control), daemon=True).start()

    def talk(self, conn, control):
        conn.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not control:
            with self.lock:
                self.connections.add(conn)
        raw = conn
        try:
            if self.tls and not control:
                conn = self.tls.wrap_socket(conn, server_side=True)
                with self.lock:
                    self.connections.discard(raw)
                    self.connections.add(conn)
            rfile = conn.makefile("rb", 1 << 16)
            while True:
                req = Request(conn, self.state)
                if not req.read(rfile):
                    break
                if req.path.startswith("/_control/") and (control or not self.args.control_port):
                    req.entry = {"sent": 0}
                    self.control(req)
                else:
                    self.one(req)
                if not req.keep:
                    break
        except Drop as d:
            if d.reset:
                conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (OSError, ValueError):
            pass
        finally:
            with self.lock:
                self.connections.discard(raw)
                self.connections.discard(conn)
            try:
                rfile.close()
            except (OSError, UnboundLocalError):
                pass
            conn.close()

    def one(self, req):
        st = self.state
        with st.lock:
            st.requests += 1
            st.in_flight += 1
            req.entry = {"n": st.requests, "t": round(time.monotonic(), 4), "method": req.method,
                         "path": req.path, "query": req.query, "range": None, "status": 0,
                         "sent": 0, "fault": "", "headers": req.headers}
            st.log.append(req.entry)
            del st.log[:-LOG_LIMIT]
        try:
            req.serve()
        finally:
            with st.lock:
                st.in_flight -= 1

    def control(self, req):
        verb = req.path.removeprefix("/_control/")
        try:
            arg = json.loads(req.body) if req.body else dict(req.args)
            out = self.verb(verb, arg)
            status = 200
        except (ValueError, TypeError, KeyError) as e:
            out, status = {"error": str(e)}, 400
        req.answer(status, {"Content-Type": "application/json"}, json.dumps(out).encode() + b"\n")
        if verb == "quit":
            self.done.set()

    def verb(self, verb, arg):
        st = self.state
        if verb in ("rules", "rule"):
            st.set_rules(arg if isinstance(arg, list) else [arg], append=verb == "rule")
        elif verb == "clear":
            st.set_rules([])
        elif verb == "release":
            st.release()
        elif verb == "etag":
            with st.lock:
                st.etag_serial += 1
        elif verb == "listen":
            act = self.start if int(arg.get("listen", 1)) else self.stop
            if float(arg.get("after", 0)):
                t = threading.Timer(float(arg["after"]), act)
                t.daemon = True
                t.start()
            else:
                act()
        elif verb == "log":
            with st.lock:
                return list(st.log)
        elif verb == "log/clear":
            with st.lock:
                st.log.clear()
        elif verb not in ("state", "quit"):
            raise ValueError(f"unknown control verb '{verb}'")
        with self.lock:
            listening, n = self.listener is not None, len(self.connections)
        with st.lock:
            return {"requests": st.requests, "bytes": st.bytes, "in_flight": st.in_flight,
                    "listening": listening, "connections": n, "port": self.port,
                    "etag_serial": st.etag_serial, "rules": st.rules}


def atomic_write(path, text):
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.rename(path + ".new", path)


def main():
    ap = argparse.ArgumentParser(description=__doc__.split("\n")[1])
    ap.add_argument("--host", default="127.0.0.1")
    ap.add_argument("--port", type=int, default=0)
    ap.add_argument("--control-port", type=int)
    ap.add_argument("--port-file")
    ap.add_argument("--pid-file")
    ap.add_argument("--start-after", type=float, default=0)
    ap.add_argument("--cert")
    ap.add_argument("--key")
    ap.add_argument("--azure", action="store_true")
    ap.add_argument("--rules")
    ap.add_argument("files", nargs="*", metavar="PATH=FILE")
    args = ap.parse_args()

    files = {}
    for f in args.files:
        path, eq, name = f.partition("=")
        if not eq:
            path, name = "", f
        files["/" + path.lstrip("/")] = os.path.abspath(name)
    state = State(files, args.azure)
    if args.rules:
        with open(args.rules, encoding="utf-8") as f:
            state.set_rules(json.load(f))

    server = Server(args, state)
    if args.start_after:
        server.reserve()
        server.verb("listen", {"listen": 1, "after": args.start_after})
    else:
        server.start()
    if args.control_port is not None:
        s = socket.create_server((args.host, args.control_port))
        args.control_port = s.getsockname()[1]
        threading.Thread(target=server.accept, args=(s, True), daemon=True).start()
    if args.pid_file:
        atomic_write(args.pid_file, f"{os.getpid()}\n")
    if args.port_file:
        atomic_write(args.port_file, f"{server.port}\n")
    signal.signal(signal.SIGTERM, lambda *_: server.done.set())
    signal.signal(signal.SIGINT, lambda *_: server.done.set())
    server.done.wait()
    time.sleep(0.05)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Clients that mean no good, on loopback: flood.py KIND PORT COUNT [PATH]

They come from 127.0.1.1, 127.0.1.2, ..., 200 connections each. "ready" is printed when all of them are there; they go on until standard
input ends. Connections that the server closes are opened again. At the end: how many there were, and how many were closed.
"""

import resource
import selectors
import socket
import ssl
import sys
import threading
import time

KIND, PORT, COUNT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
PATH = sys.argv[4] if len(sys.argv) > 4 else "/current-user"
REQUESTS = f"GET {PATH} HTTP/1.1\r\nHost: x\r\n\r\n".encode() * 200
resource.setrlimit(resource.RLIMIT_NOFILE, (COUNT + 500, max(COUNT + 500, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
ended = threading.Event()
opened = closed = answers = 0


def connect(number):
    sock = socket.socket()
    sock.settimeout(5)
    sock.bind((f"127.0.1.{1 + number // 200}", 0))
    sock.connect(("127.0.0.1", PORT))
    return sock


def head():
    return b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


def half_open(sock):
    """Not even a handshake."""


def slow_head(sock):
    sock = context.wrap_socket(sock)
    sock.send(head())
    return sock


def slow_body(sock):
    sock = context.wrap_socket(sock)
    sock.send(head() + b"Content-Length: 5000\r\n\r\n{")
    return sock


def never_read(sock):
    """Asks for all it can, and reads nothing."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock = context.wrap_socket(sock)
    sock.settimeout(0.2)
    try:
        for _ in range(50):
            sock.send(REQUESTS)
    except OSError:
        pass
    return sock


class Pipeline:
    """Sends requests without end, and reads the answers, so that there is always a next one."""

    def __init__(self, sock):
        self.sock = context.wrap_socket(sock)
        self.sock.setblocking(False)
        self.left = b""

    def go_on(self):
        global answers
        try:
            while piece := self.sock.recv(1 << 16):
                answers += piece.count(b"HTTP/1.1 ")
            raise OSError("closed")
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        try:
            while True:
                self.left = self.left or REQUESTS
                self.left = self.left[self.sock.send(self.left):]
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass


def pipelines(start, step):
    """A thread's part of the pipelines."""
    global opened, closed
    selector, here = selectors.DefaultSelector(), []
    for number in range(start, COUNT, step):
        pipe = Pipeline(connect(number))
        selector.register(pipe.sock, selectors.EVENT_READ, pipe)
        here.append(pipe)
        opened += 1
    for pipe in here:
        pipe.go_on()
    barrier.wait()
    while not ended.is_set():
        for key, _ in selector.select(0.2):
            try:
                key.data.go_on()
            except OSError:
                selector.unregister(key.fileobj)
                key.fileobj.close()
                closed += 1


def keep(start, step):
    """Holds every step-th connection."""
    global opened, closed
    make = {"half-open": half_open, "slow-head": slow_head, "slow-body": slow_body, "never-read": never_read}[KIND]
    held = {}
    for number in range(start, COUNT, step):
        held[number] = None
    first = True
    while not ended.is_set():
        for number, sock in list(held.items()):
            if ended.is_set():
                break
            if sock is None:
                try:
                    sock = connect(number)
                    sock = make(sock) or sock
                    sock.setblocking(False)
                    held[number] = sock
                    opened += 1
                except OSError:
                    held[number] = None
                    if sock:
                        sock.close()
                    closed += 1
                continue
            try:
                if KIND.startswith("slow"):
                    sock.send(b"x")
                if KIND == "half-open" and sock.recv(1) == b"":
                    raise OSError("closed")
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except OSError:
                sock.close()
                held[number] = None
                closed += 1
        if first:
            barrier.wait()
            first = False
        ended.wait(0.5)


WORKERS = 8
barrier = threading.Barrier(WORKERS + 1)
threads = [threading.Thread(target=pipelines if KIND == "pipeline" else keep, args=(number, WORKERS), daemon=True) for number in range(WORKERS)]
for thread in threads:
    thread.start()
barrier.wait()
print("ready", flush=True)
sys.stdin.read()
ended.set()
print(f"opened {opened} closed {closed} answers {answers}", flush=True)

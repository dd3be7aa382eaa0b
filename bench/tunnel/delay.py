#!/usr/bin/env python3
"""A path between two interfaces: holds each frame for a time, and drops some. For kernels without netem.

    delay.py path IF1 IF2 ONE_WAY_MS LOSS_PERCENT   carries frames, in the namespace of both interfaces
    delay.py plain IF                               has the kernel send frames of the MTU, with their checksums
"""
import array
import collections
import fcntl
import random
import select
import socket
import struct
import sys
import time

SIOCETHTOOL = 0x8946
# ETHTOOL_SRXCSUM, STXCSUM, SSG, STSO, SGSO, SGRO
OFFLOADS = (0x15, 0x17, 0x19, 0x1F, 0x24, 0x2C)
ALL_PROTOCOLS = 3
OUTGOING = 4
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
BUFFER = 32 << 20
QUEUED = 60_000


def plain(interface):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as request:
        for offload in OFFLOADS:
            value = array.array("I", [offload, 0])
            address, _length = value.buffer_info()
            try:
                fcntl.ioctl(request, SIOCETHTOOL, struct.pack("16sP16x", interface.encode(), address))
            except OSError:
                pass  # this kernel does not have it


def opened(interface):
    plain(interface)
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL_PROTOCOLS))
    raw.bind((interface, 0))
    raw.setblocking(False)
    for option in (SO_SNDBUFFORCE, SO_RCVBUFFORCE):
        raw.setsockopt(socket.SOL_SOCKET, option, BUFFER)
    return raw


def carry(names, one_way_ms, loss_percent):
    sockets = [opened(name) for name in names]
    to = {sockets[0]: sockets[1].send, sockets[1]: sockets[0].send}
    seconds, loss = one_way_ms / 1000, loss_percent / 100
    queue = collections.deque()
    chance = random.Random(1).random
    print("carrying", flush=True)
    while True:
        wait = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        for readable in select.select(sockets, [], [], wait)[0]:
            send = to[readable]
            receive = readable.recvfrom
            due = time.monotonic() + seconds
            for _ in range(64):
                try:
                    frame, address = receive(65_535)
                except OSError:
                    break
                if address[2] == OUTGOING or (loss and chance() < loss) or len(queue) >= QUEUED:
                    continue
                queue.append((due, send, frame))
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            _due, send, frame = queue.popleft()
            try:
                send(frame)
            except OSError:
                pass  # its queue is full, so the frame is lost


if sys.argv[1] == "plain":
    plain(sys.argv[2])
else:
    carry(sys.argv[2:4], float(sys.argv[4]), float(sys.argv[5]))

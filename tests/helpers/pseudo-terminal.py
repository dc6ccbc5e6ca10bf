"""Runs a program at a pseudo-terminal: pseudo-terminal.py ROWS COLUMNS PROGRAM WORD…

Standard output is what the program shows. Lines of standard input are JSON: {"send": TEXT}, {"resize": [ROWS, COLUMNS]}, {"signal": NUMBER} and
{"hangup": true}, which closes the terminal. The status is the program's, 128 and the signal that ended it.
"""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios

rows, columns = int(sys.argv[1]), int(sys.argv[2])
child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[3], sys.argv[3:])


def resize(rows, columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


resize(rows, columns)
orders = b""
open_ends = [terminal, 0]
while terminal in open_ends:
    ready, _, _ = select.select(open_ends, [], [])
    if terminal in ready:
        try:
            shown = os.read(terminal, 65536)
        except OSError:
            shown = b""
        if shown == b"":
            break
        os.write(1, shown)
    if 0 in ready:
        more = os.read(0, 65536)
        if more == b"":
            open_ends.remove(0)
        orders += more
        *lines, orders = orders.split(b"\n")
        for line in lines:
            order = json.loads(line)
            if "send" in order:
                data = order["send"].encode()
                while data:
                    # What is shown meanwhile is taken, so that nobody waits for the other.
                    ready, free, _ = select.select([terminal], [terminal], [])
                    if ready:
                        os.write(1, os.read(terminal, 65536))
                    if free:
                        data = data[os.write(terminal, data[:512]) :]
            elif "resize" in order:
                resize(*order["resize"])
            elif "signal" in order:
                os.kill(child, order["signal"])
            elif "hangup" in order:
                os.close(terminal)
                open_ends.remove(terminal)
                break
_, status = os.waitpid(child, 0)
sys.exit(128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))

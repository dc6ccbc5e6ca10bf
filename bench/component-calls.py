"""What calls of the component and of the core library cost under wasmtime in Python: microseconds each as JSON, the fastest of many batches.

    python component-calls.py COMPONENT LIBRARY FOLDER     (FOLDER has a file calls.db, by bench/component.ts)
"""

import json
import sys
import time
from pathlib import Path

examples = Path(__file__).parents[1] / "examples"
sys.path[:0] = [str(examples / "component-python"), str(examples / "python-host")]

import quire_component
import quire_host

component_path, library_path, folder = sys.argv[1:4]
ROWS = 5000
BATCHES = 20


def fastest(count, work):
    """Microseconds of a call of `work`, of the fastest batch."""
    best = float("inf")
    for _ in range(BATCHES):
        start = time.perf_counter()
        for i in range(count):
            work(i)
        best = min(best, time.perf_counter() - start)
    return best / count * 1e6


def request(key):
    return '{"op":"get","table":"t","key":%d}' % key


def of_component():
    connection = quire_component.Quire(component_path, folder).open("data/calls.db", durability="checkpoint")
    table = connection.table("t")
    text = quire_component.text
    number = lambda value: quire_component.Variant("uint32", value)
    found = {
        "smallest": fastest(200, lambda i: connection.in_transaction()),
        "get": fastest(50, lambda i: table.get(number(1 + i * 7 % ROWS))),
        "request": fastest(200, lambda i: connection.request(request(1 + i * 7 % ROWS))),
        "insert": fastest(50, lambda i: table.insert(["name"], [[text("a name")]])),
        "scan": fastest(1, lambda i: len(list(quire_component.rows(table.scan(quire_component.span(limit=200)))))) / 200,
    }
    connection.close()
    connection.drop()
    return found


def of_core():
    quire = quire_host.Quire(library_path, folder)
    with quire.open("data/calls.db", durability="checkpoint") as store:
        table = store.table("t")
        key = lambda value: value.to_bytes(4, "little")
        name = quire_host.text("a name")
        row = (1 + len(name)).to_bytes(4, "little") + bytes([0b10]) + name

        def got(i):
            quire.call("get", key(1 + i * 7 % ROWS), table)
            return quire.reply()

        def asked(i):
            quire.call("request", request(1 + i * 7 % ROWS).encode(), store._handle)
            return quire.reply()

        def scanned(i):
            quire.call("scan", b'{"op":"scan","table":"t","limit":200}', store._handle)
            return quire.reply()

        return {
            "smallest": fastest(200, lambda i: quire._call("abi_version")),
            "get": fastest(200, got),
            "request": fastest(200, asked),
            "insert": fastest(100, lambda i: quire.call("insert", row, table)),
            "scan": fastest(5, scanned) / 200,
        }


found = {"core": of_core(), "component, types looked up": of_component()}
quire_component.remember_types()
found["component"] = of_component()
print(json.dumps(found))

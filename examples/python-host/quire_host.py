"""A host for Quire's library module in Python, written from docs/abi.md alone.

    pip install wasmtime
    python quire_host.py build/quire-lib.wasm data

keeps a table of cities in data/cities.db and shows it by every way that the module has.
"""

import json
import struct
import sys
from contextlib import contextmanager
from pathlib import Path

from wasmtime import Engine, Linker, Module, Store, WasiConfig

ABI_VERSION = 2


class QuireError(Exception):
    """A failed call: a stable code, and a message for people."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code = code


class StaleTable(Exception):
    """The tables have changed since the table was opened."""


class Quire:
    """One instance of the module, which reaches `folder` and nothing else, by the name `data`."""

    def __init__(self, module_path, folder):
        engine = Engine()
        self._store = Store(engine)
        wasi = WasiConfig()
        wasi.preopen_dir(str(folder), "data")
        self._store.set_wasi(wasi)
        linker = Linker(engine)
        linker.define_wasi()
        instance = linker.instantiate(self._store, Module.from_file(engine, str(module_path)))
        self._exports = instance.exports(self._store)
        self._memory = self._exports["memory"]
        self._call("_initialize")
        version = self._call("abi_version")
        if version != ABI_VERSION:
            raise RuntimeError(f"the module's calls are of version {version}, not {ABI_VERSION}")
        self._result = self._call("result")

    def _call(self, name, *arguments):
        return self._exports[name](self._store, *arguments)

    @contextmanager
    def _passed(self, data):
        """Memory that is ours for one call, with `data` in it."""
        ptr = self._call("alloc", len(data))
        if ptr == 0:
            raise MemoryError(f"no room for {len(data)} bytes")
        try:
            self._memory.write(self._store, data, ptr)
            yield ptr, len(data)
        finally:
            self._call("free", ptr)

    def reply(self):
        """The last call's reply."""
        ptr, length = struct.unpack("<II", self._memory.read(self._store, self._result, self._result + 8))
        return bytes(self._memory.read(self._store, ptr, ptr + length))

    def call(self, name, data, *handle):
        """Makes a call with `data`; raises what it fails with, else returns its result. The reply is to be read at once."""
        with self._passed(data) as (ptr, length):
            return self._checked(self._call(name, *handle, ptr, length))

    def call_plain(self, name, *arguments):
        """The same for a call without data."""
        return self._checked(self._call(name, *arguments))

    def _checked(self, status):
        if status == -2:
            raise StaleTable
        if status < 0:
            error = json.loads(self.reply())["error"]
            raise QuireError(error["code"], error["message"])
        return status

    def open(self, path, **options):
        return Database(self, self.call("open", json.dumps({"path": path, **options}).encode()))

    def close(self, handle):
        self.call_plain("close", handle)


class Database:
    """An open store."""

    def __init__(self, quire, handle):
        self.quire = quire
        self._handle = handle

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.quire.close(self._handle)

    def request(self, op, **fields):
        """A request of docs/protocol.md: what its reply has in `ok`."""
        self.quire.call("request", json.dumps({"op": op, **fields}).encode(), self._handle)
        return json.loads(self.quire.reply())["ok"]

    def table(self, name):
        """The handle of a table, for calls with records."""
        return self.quire.call("open_table", name.encode(), self._handle)

    def prepare(self, sql):
        """A statement of SQL, to be run as often as it is wanted."""
        return Statement(self.quire, self._handle, sql)

    def scan(self, **fields):
        """Rows as records, all of them, page by page."""
        after = None
        while True:
            request = {"op": "scan", **fields, **({} if after is None else {"after": after})}
            self.quire.call("scan", json.dumps(request).encode(), self._handle)
            reply = self.quire.reply()
            count, token = struct.unpack_from("<II", reply)
            at = 8
            for _ in range(count):
                (length,) = struct.unpack_from("<I", reply, at)
                yield reply[at + 4 : at + 4 + length]
                at += 4 + length
            after = reply[token:].decode()
            if after == "":
                return


class Statement:
    """A prepared statement. `run` gives it values and yields its rows as tuples; `changes` tells then how many rows it changed."""

    def __init__(self, quire, store, sql):
        self._quire = quire
        self._handle = quire.call("prepare", sql.encode(), store)
        self.changes = 0
        self._read_description(quire.reply())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._quire.call_plain("finalize", self._handle)

    def _read_description(self, reply):
        self._version, _, parameters, columns = struct.unpack_from("<4I", reply)
        at = 16

        def name():
            nonlocal at
            (length,) = struct.unpack_from("<H", reply, at)
            at += 2 + length
            return reply[at - length : at].decode()

        self.parameters = [name() for _ in range(parameters)]
        self.columns = []
        for _ in range(columns):
            code, size = struct.unpack_from("<BH", reply, at)
            at += 3
            self.columns.append((name(), code, size))
            name()  # a custom type's tag

    def run(self, *values):
        self._quire.call("bind", b"".join(cell(value) for value in values), self._handle)
        more = True
        while more:
            more = self._quire.call_plain("step", self._handle, 0) == 1
            reply = self._quire.reply()
            count, version, self.changes, _ = struct.unpack_from("<IIQI", reply)
            if version != self._version:
                self._quire.call_plain("describe", self._handle)
                self._read_description(self._quire.reply())
            at = 20
            for _ in range(count):
                (length,) = struct.unpack_from("<I", reply, at)
                yield read_row(reply[at + 4 : at + 4 + length], self.columns)
                at += 4 + length


# Values of parameters, and of results: integers, texts, booleans and blobs as Python has them, all else as the bytes of a record.

INT64, BOOLEAN, BLOB, TEXT, CUSTOM = 4, 0x30, 0x50, 0x51, 0xF0
LONG = 0xFFFF  # before the length of what is longer than any value of a table
INTEGERS = {1: "<b", 2: "<h", 3: "<i", INT64: "<q", 0x10: "<B", 0x11: "<H", 0x12: "<I", 0x13: "<Q"}
SIZES = {BOOLEAN: 1, 0x22: 16, 0x40: 4, 0x41: 13, 0x52: 16}


def cell(value):
    if value is None:
        return b"\0"
    if isinstance(value, bool):
        return bytes([BOOLEAN, value])
    if isinstance(value, int):
        return struct.pack("<Bq", INT64, value)
    code, data = (BLOB, value) if isinstance(value, bytes) else (TEXT, str(value).encode())
    head = struct.pack("<H", len(data)) if len(data) < LONG else struct.pack("<HI", LONG, len(data))
    return bytes([code]) + head + data


def read_row(record, columns):
    row, at = [], 0
    for _, code, size in columns:
        at += 1
        if record[at - 1] == 0:
            row.append(None)
            continue
        if code in INTEGERS:
            (value,) = struct.unpack_from(INTEGERS[code], record, at)
            at += struct.calcsize(INTEGERS[code])
        else:
            length = size if code == CUSTOM else SIZES.get(code, 0)
            if length == 0:
                (length,) = struct.unpack_from("<H", record, at)
                at += 2
                if length == LONG:
                    (length,) = struct.unpack_from("<I", record, at)
                    at += 4
            value = record[at : at + length]
            at += length
            value = value.decode() if code == TEXT else value == b"\1" if code == BOOLEAN else value
        row.append(value)
    return tuple(row)


# A city in the record encoding of docs/format.md: name text (the key), people uint32, and height int16 or null.


def text(value):
    data = value.encode()
    return struct.pack("<H", len(data)) + data


def city_row(name, people, height):
    """The row as `insert` takes it: its length, which columns are given (all three), and these."""
    body = text(name) + struct.pack("<I", people)
    body += b"\0" if height is None else b"\1" + struct.pack("<h", height)
    row = bytes([0b111]) + body
    return struct.pack("<I", len(row)) + row


def read_city(record):
    (length,) = struct.unpack_from("<H", record)
    name = record[2 : 2 + length].decode()
    people, known = struct.unpack_from("<IB", record, 2 + length)
    height = struct.unpack_from("<h", record, 2 + length + 5)[0] if known else None
    return name, people, height


def main(module_path, folder):
    Path(folder).mkdir(exist_ok=True)
    quire = Quire(module_path, folder)
    with quire.open("data/cities.db", create=True) as db:
        is_new = not db.request("tables")["tables"]
        if is_new:
            db.request("create", table="cities", columns=["name:text:pk", "people:uint32:index", "height:int16:null"])
        cities = db.table("cities")
        rows = [("Zürich", 447082, 408), ("La Paz", 755732, 3640), ("Amsterdam", 931298, -2), ("東京", 14178000, None)]
        if is_new:
            quire.call("insert", b"".join(city_row(*row) for row in rows), cities)
        quire.call("get", text("東京"), cities)
        print("get:", *read_city(quire.reply()))
        print("get, none:", quire.call("get", text("Atlantis"), cities))
        for record in db.scan(table="cities", index="people", limit=3):
            print("scan:", *read_city(record))
        with db.prepare("SELECT name, people, height > ? AS high FROM cities WHERE people > ? ORDER BY people") as select:
            for high, people in [(500, 500_000), (None, 1_000_000)]:
                print("sql:", *select.run(high, people))
        print("request:", db.request("scan", table="cities", to="La Paz", columns=["name", "height"])["rows"])
        try:
            quire.call("insert", city_row("Oslo", 1, 1) + city_row("La Paz", 2, 2), cities)
        except QuireError as error:
            print("error:", error)
        db.request("begin")
        db.request("drop", table="cities")
        db.request("rollback")
        try:
            quire.call("get", text("La Paz"), cities)
        except StaleTable:
            print("stale:", db.request("tables")["tables"])
        print("check:", db.request("check")["faults"])


if __name__ == "__main__":
    main(*sys.argv[1:3])

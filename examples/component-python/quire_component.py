"""Quire's component in Python, by the package wasmtime.

    pip install wasmtime
    python quire_component.py build/quire-component.wasm data

keeps a table of cities in data/cities.db. What the calls take and give is in wit/.
"""

import sys
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker, Record, Variant, _types

INTERFACE = "quire:db/database@0.1.0"


class QuireError(Exception):
    """An `error` of wit/types.wit."""

    def __init__(self, error):
        super().__init__(f"{error.code}: {error.message}")
        self.kind = error.kind
        self.code = error.code
        self.message = error.message


def remember_types():
    """Makes wasmtime look up the types of a function once. Else it looks all of them up, down to the cases of a value, at every call,
    which takes fifteen times as long. It is done by names inside of wasmtime 50: where they are others it is slow, and nothing else.
    """
    parts = {
        "FuncType": ["params", "result"],
        "VariantType": ["cases"],
        "RecordType": ["fields"],
        "ListType": ["element"],
        "TupleType": ["elements"],
        "OptionType": ["payload"],
        "ResultType": ["ok", "err"],
        "EnumType": ["names"],
    }
    for type_name, names in parts.items():
        of = getattr(_types, type_name, None)
        for name in names:
            getter = getattr(of, name, None)
            if isinstance(getter, property):
                remembered = cached_property(getter.fget)
                remembered.__set_name__(of, name)
                setattr(of, name, remembered)
    variants = getattr(_types, "VariantLikeType", None)
    if hasattr(variants, "_tagged"):
        asked = variants._tagged

        def tagged(self):
            if not hasattr(self, "_is_tagged"):
                self._is_tagged = asked(self)
            return self._is_tagged

        variants._tagged = tagged


class Quire:
    """One instance of the component, which reaches `folder` and nothing else, by the name `data`."""

    def __init__(self, component_path, folder):
        engine = Engine()
        self.store = Store(engine)
        wasi = WasiConfig()
        wasi.preopen_dir(str(folder), "data")
        self.store.set_wasi(wasi)
        linker = Linker(engine)
        linker.add_wasip2()
        self._instance = linker.instantiate(self.store, Component.from_file(engine, str(component_path)))
        self._interface = self._instance.get_export_index(self.store, INTERFACE)
        self._functions = {}

    def _function(self, name):
        found = self._functions.get(name)
        if found is None:
            index = self._instance.get_export_index(self.store, name, self._interface)
            found = self._instance.get_func(self.store, index)
            types = found.type(self.store)
            found.type = lambda _: types
            self._functions[name] = found
        return found

    def call(self, name, *arguments):
        """Calls a function of the interface: what `ok` holds. Raises what `err` holds."""
        function = self._function(name)
        result = function(self.store, *arguments)
        function.post_return(self.store)
        if isinstance(result, Variant) and result.tag in ("ok", "err"):
            if result.tag == "err":
                raise QuireError(result.payload)
            return result.payload
        # Where the classes of both cases differ there is no tag.
        if isinstance(result, Record) and hasattr(result, "code"):
            raise QuireError(result)
        return result

    def open(self, path, create=False, read_only=False, durability="commit", cache_bytes=None, layout=None):
        options = record(
            create=create, read_only=read_only, durability=durability, cache_bytes=cache_bytes, layout=layout
        )
        return Resource(self, "connection", self.call("[static]connection.open", path, options))


class Resource:
    """A connection, transaction, table or cursor: its functions are methods, with underscores for the hyphens."""

    def __init__(self, quire, kind, handle):
        self._quire = quire
        self._kind = kind
        self._handle = handle

    def __getattr__(self, name):
        function = f"[method]{self._kind}.{name.replace('_', '-')}"
        made = {"table": "table", "scan": "cursor", "begin_transaction": "transaction"}.get(name)

        def method(*arguments):
            result = self._quire.call(function, self._handle, *arguments)
            return result if made is None else Resource(self._quire, made, result)

        return method

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.drop()

    def drop(self):
        """Closes a connection, rolls a transaction back."""
        self._handle.drop(self._quire.store)


def record(**fields):
    made = Record()
    for name, field in fields.items():
        setattr(made, name.replace("_", "-"), field)
    return made


def span(index=(), lower=None, upper=None, reverse=False, columns=(), offset=0, limit=None):
    """A `range`; a bound is a list of values that are included."""

    def bound(values):
        return Variant("unbounded") if values is None else Variant("included", values)

    return record(
        index=list(index),
        lower=bound(lower),
        upper=bound(upper),
        reverse=reverse,
        columns=list(columns),
        offset=offset,
        limit=limit,
    )


def rows(cursor):
    """All rows of a cursor."""
    while page := cursor.next(1000):
        yield from page


def shown(row):
    """A row's values as text."""
    if row is None:
        return "none"
    return " ".join("none" if value.tag == "null" else str(value.payload) for value in row)


def text(value):
    return Variant("text", value)


NULL = Variant("null")


def main(component_path, folder):
    Path(folder).mkdir(exist_ok=True)
    remember_types()
    quire = Quire(component_path, folder)
    with quire.open("data/cities.db", create=True) as db:
        if "cities" not in db.tables():
            db.request('{"op": "create", "table": "cities", "columns": ["name:text:pk", "people:uint32:index", "height:int16:null"]}')
            cities = [("Zürich", 447082, 408), ("La Paz", 755732, 3640), ("Amsterdam", 931298, -2), ("東京", 14178000, None)]
            made = [
                [text(name), Variant("uint32", people), NULL if height is None else Variant("int16", height)]
                for name, people, height in cities
            ]
            db.table("cities").insert(["name", "people", "height"], made)
        cities = db.table("cities")
        print("get:", shown(cities.get(text("東京"))))
        print("get, none:", shown(cities.get(text("Atlantis"))))
        for row in rows(cities.scan(span(index=["people"], limit=3))):
            print("scan:", shown(row))
        low = cities.scan(span(upper=[text("La Paz")], columns=["name", "height"]))
        print("range:", ", ".join(map(shown, rows(low))))
        try:
            cities.insert(["name", "people"], [[text("Oslo"), Variant("uint8", 1)], [text("La Paz"), Variant("uint8", 2)]])
        except QuireError as error:
            print("error:", error.kind, error)
        with db.begin_transaction():
            cities.delete(text("La Paz"), "by-schema")
        print("dropped:", shown(cities.get(text("La Paz"))))
        print("check:", db.request('{"op": "check"}'))


if __name__ == "__main__":
    main(*sys.argv[1:3])

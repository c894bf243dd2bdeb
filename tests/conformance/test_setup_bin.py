"""MeshCentral reads what we write, and we read what MeshCentral writes, field by field."""

import hashlib

import pytest

from amt.protocol import setup_bin, setup_variables
from amt.protocol.setup_bin import Record, SetupFile
from amt.protocol.setup_variables import VARIABLES, Kind

from . import peers

DIGEST = hashlib.sha256(b"root").digest()
SHA1 = hashlib.sha1(b"root").digest()
VALUES = {
    (1, 1): "admin",
    (1, 2): "P@ssw0rd-1",
    (1, 3): 1,
    (1, 4): 2,
    (1, 5): 2,
    (1, 6): "46732273-dc23-2f43-a98a-13d37982d855",
    (2, 1): "0000037M",
    (2, 2): "NKLDG5DCRRNQE9YZZIJL7LFLVJED69XJ",
    (2, 3): "example.org",
    (2, 4): "amt.example.org",
    (2, 5): 1,
    (2, 6): 0,
    (2, 7): 1,
    (2, 10): 3,
    (2, 11): "pc-1",
    (2, 12): "example.org",
    (2, 13): 2,
    (2, 14): 1,
    (2, 16): 1,
    (2, 18): 9971,
    (2, 23): 1,
    (2, 24): 0,
    (2, 25): 1,
    (2, 26): 255,
    (2, 27): 1,
    (2, 28): 1,
    (2, 29): 0,
    (2, 30): 4711,
    (2, 31): "Support",
    (2, 32): "A-1",
    (2, 33): "code",
    (2, 34): 2,
}


def entries(version):
    chosen = [key for key in VALUES if VARIABLES[key].since <= version]
    found = [setup_variables.entry(key, VALUES[key]) for key in chosen]
    found.append(setup_variables.entry((2, 17), setup_variables.address_bytes("192.0.2.1")))
    if version >= (3, 0):
        found.append(setup_variables.hash_entry("sha256", DIGEST, "Zone root"))
    else:
        found.append(setup_variables.hash_entry("sha1", SHA1, "Zone root"))
    return setup_variables.in_order(found)


def parsed(path):
    return peers.node("setupbin.js", "parse", str(path)).document


@pytest.mark.parametrize("version", [(2, 0), (2, 1), (3, 0), (4, 0)])
@pytest.mark.parametrize("scrambled", [True, False])
def test_what_we_write_is_read_by_meshcentral(tmp_path, version, scrambled):
    flags = setup_bin.VALID | (setup_bin.SCRAMBLED if scrambled else 0)
    wanted = entries(version)
    half = len(wanted) // 2  # all of them need more than one record
    rows = (Record(wanted[:half], flags=flags), Record(wanted[half:], number=2, flags=flags))
    path = tmp_path / "setup.bin"
    path.write_bytes(setup_bin.write(SetupFile(rows, version=version, flags=0)))

    found = parsed(path)
    assert (found["majorVersion"], found["minorVersion"]) == version
    assert (found["flags"], found["dataRecordsConsumed"]) == (0, 0)
    assert len(found["records"]) == 2
    read = [variable for row in found["records"] for variable in row["variables"]]
    assert [(one["moduleid"], one["varid"]) for one in read] == [one.key for one in wanted]
    for one, variable in zip(wanted, read, strict=True):
        assert variable["length"] == len(one.value)
        if one.key == (2, 8):
            assert variable["value"] == "hex:" + one.value.hex()
        elif one.key == (1, 6):
            assert variable["value"].lower() == VALUES[one.key]
        elif one.key in VALUES:
            assert variable["value"] == VALUES[one.key]


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("scramble", [0, 1])
def test_what_meshcentral_writes_is_read_by_us(tmp_path, version, scramble):
    names = {
        (one["module"], one["variable"]): one["name"]
        for one in map(listed, peers.node("setupbin.js", "list").text.strip().splitlines())
    }
    texts = [key for key in VALUES if VARIABLES[key].kind is Kind.TEXT]
    path = tmp_path / "setup.bin"
    given = [f"{names[key]}={VALUES[key]}" for key in texts]
    peers.node(
        "setupbin.js", "create", str(path), f"version={version}", f"scramble={scramble}", *given
    )
    (record,) = setup_bin.read(path.read_bytes()).records

    assert record.is_scrambled is bool(scramble)
    assert {one.key: one.value.decode() for one in record.entries} == {
        key: VALUES[key] for key in texts
    }
    assert setup_bin.write(setup_bin.read(path.read_bytes())) == path.read_bytes()


def listed(line):
    module, variable, *rest = line.split(" ")
    kinds = {"binary/string": 1, "byte": 1, "short": 1, "int": 1, "guid": 1}
    rest = rest[kinds[rest[0]] :]
    name = " ".join(rest).partition(" {")[0].strip()
    return {"module": int(module), "variable": int(variable), "name": name}

"""How firmware compares the name of a server's certificate with its trusted DNS suffix (7.2)."""

# Below these top-level domains firmware compares so many labels from the right.
LABELS = {
    2: "com net org gov edu de ch dk cz cl ua",
    3: "arpa fr cn nl br mx uk pl tw ca fi be ru se ar es no at in tr ro hu nz pt il gr co ie za"
    " th sg hk lt id hr ee bg",
}
LABELS_OF = {top: count for count, tops in LABELS.items() for top in tops.split()}
FIRST_WITH_WILDCARDS = (3, 2)
FIRST_WITH_LABELS = (2, 6)


def ends_as_trusted(name: str, suffix: str, firmware: tuple[int, int]) -> bool:
    """Return whether a certificate's common name lies within the trusted suffix."""
    name, suffix = name.lower().rstrip("."), suffix.lower().strip(".")
    if name.startswith("*."):
        if firmware < FIRST_WITH_WILDCARDS:
            return False
        name = name[2:]
    if name == suffix or name.endswith(f".{suffix}"):
        return True
    count = LABELS_OF.get(suffix.rpartition(".")[2], 0) if firmware >= FIRST_WITH_LABELS else 0
    return count > 0 and _last(name, count) == _last(suffix, count) != []


def _last(name: str, count: int) -> list[str]:
    labels = name.split(".")
    return labels[-count:] if len(labels) >= count else []

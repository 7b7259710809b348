"""The assignment of units to versions, written a second time from docs/assignment.md, in another language, and the choice of
decisions for a mirror (src/mirror/mirror.ts).

Reads one JSON array from standard input, one object a model:
  {"model", "shares": {version: fraction}, "units": [..], "mirror": {"version", "share"}, "decisions": [..]}
and prints, in the same order, {"versions": [one a unit], "mirrored": [one boolean a decision]}.
"""

import json
import math
import sys

SLOTS = 10_000
NAME_SEED = 0x5107
MIRROR_SEED = 0x51AD0
MASK = 0xFFFFFFFF


def finalize(h: int) -> int:
    h ^= h >> 16
    h = h * 0x85EBCA6B & MASK
    h ^= h >> 13
    h = h * 0xC2B2AE35 & MASK
    return h ^ h >> 16


def rotate(value: int, bits: int) -> int:
    return (value << bits | value >> 32 - bits) & MASK


def murmur3(data: bytes, seed: int) -> int:
    """murmur3_x86_32 (Appleby)."""
    h, whole = seed, len(data) // 4 * 4
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], "little")
        h ^= rotate(k * 0xCC9E2D51 & MASK, 15) * 0x1B873593 & MASK
        h = (rotate(h, 13) * 5 + 0xE6546B64) & MASK
    if whole < len(data):
        k = int.from_bytes(data[whole:], "little")
        h ^= rotate(k * 0xCC9E2D51 & MASK, 15) * 0x1B873593 & MASK
    return finalize(h ^ len(data))


def quotas(shares: dict[str, float]) -> dict[str, int]:
    """Whole slots by largest remainder; ties go to the name that sorts first."""
    exact = {name: share * SLOTS for name, share in shares.items()}
    counts = {name: math.floor(value + 1e-9) for name, value in exact.items()}
    by_rest = sorted(exact, key=lambda name: (-round(exact[name] - counts[name], 9), name))
    for name in by_rest[: SLOTS - sum(counts.values())]:
        counts[name] += 1
    return counts


def allocation(shares: dict[str, float]) -> list[str]:
    """Owner of each slot: weighted rendezvous hashing, then the slots of least regret moved until the counts are exact."""
    counts = quotas(shares)
    names = sorted(name for name in shares if counts[name] > 0)
    seeds = {name: murmur3(name.encode(), NAME_SEED) for name in names}

    def cost(name: str, slot: int) -> float:
        mixed = seeds[name] ^ (slot + 1) * 0x9E3779B1 & MASK
        return -math.log((finalize(mixed) + 0.5) / 2**32) / shares[name]

    owners = [min(names, key=lambda name: cost(name, slot)) for slot in range(SLOTS)]
    surplus = {name: owners.count(name) - counts[name] for name in names}
    for taker in names:
        offers = [slot for slot in range(SLOTS) if surplus[owners[slot]] > 0] if surplus[taker] < 0 else []
        for slot in sorted(offers, key=lambda slot: (cost(taker, slot) - cost(owners[slot], slot), slot)):
            if surplus[taker] == 0:
                break
            if surplus[owners[slot]] > 0:
                surplus[owners[slot]] -= 1
                surplus[taker] += 1
                owners[slot] = taker
    return owners


def answer(question: dict) -> dict:
    owners = allocation(question["shares"])
    mirror = question["mirror"]

    def slot(unit: str) -> int:
        return murmur3(f"{question['model']}:{unit}".encode(), 0) * SLOTS >> 32

    def mirrored(decision: str) -> bool:
        return murmur3(f"{mirror['version']}:{decision}".encode(), MIRROR_SEED) < mirror["share"] * 2**32

    return {
        "versions": [owners[slot(unit)] for unit in question["units"]],
        "mirrored": [mirrored(decision) for decision in question["decisions"]],
    }


if __name__ == "__main__":
    json.dump([answer(question) for question in json.load(sys.stdin)], sys.stdout)

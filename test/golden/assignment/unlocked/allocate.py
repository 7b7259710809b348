"""Writes allocations.json: who owns which slot without a lock (docs/assignment.md, section 4), sharing no code with Headgate.

Run: python3 test/golden/assignment/unlocked/allocate.py > test/golden/assignment/unlocked/allocations.json
"""

import hashlib
import json
import math

SLOTS = 10_000
MASK = 0xFFFFFFFF
NEAR = 1e-9


def rotl(value, bits):
    return ((value << bits) | (value >> (32 - bits))) & MASK


def fmix32(h):
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def murmur3(data, seed):
    """murmur3_x86_32 (Austin Appleby, public domain)."""
    h = seed
    blocks = len(data) // 4
    for i in range(blocks):
        k = int.from_bytes(data[4 * i : 4 * i + 4], "little")
        k = rotl((k * 0xCC9E2D51) & MASK, 15) * 0x1B873593 & MASK
        h = (rotl(h ^ k, 13) * 5 + 0xE6546B64) & MASK
    tail = data[4 * blocks :]
    if tail:
        k = int.from_bytes(tail, "little")
        h ^= rotl((k * 0xCC9E2D51) & MASK, 15) * 0x1B873593 & MASK
    return fmix32(h ^ len(data))


def by_units(name):
    """Names sort by their UTF-16 code units."""
    return name.encode("utf-16-be")


def counts_of(names, shares):
    """Whole slots by largest remainder; ties to the name that sorts first."""
    exact = [shares[name] * SLOTS for name in names]
    counts = [math.floor(value + NEAR) for value in exact]
    left = list(range(len(names)))
    for _ in range(SLOTS - sum(counts)):
        most = max(exact[at] - counts[at] for at in left)
        first = next(at for at in left if exact[at] - counts[at] >= most - NEAR)
        counts[first] += 1
        left.remove(first)
    return counts


def owners_of(shares):
    names = sorted(shares, key=by_units)
    quotas = dict(zip(names, counts_of(names, shares)))
    names = [name for name in names if quotas[name] > 0]
    costs = []
    for name in names:
        seed = murmur3(name.encode(), 0x5107)
        draws = (-math.log((fmix32(seed ^ ((slot + 1) * 0x9E3779B1 & MASK)) + 0.5) / 2**32) for slot in range(SLOTS))
        costs.append([draw / shares[name] for draw in draws])
    # The least cost wins; of equal ones the first name.
    owners = [min(range(len(names)), key=lambda at: costs[at][slot]) for slot in range(SLOTS)]
    surplus = [owners.count(at) - quotas[name] for at, name in enumerate(names)]
    for taker in range(len(names)):
        while surplus[taker] < 0:
            offers = [slot for slot in range(SLOTS) if surplus[owners[slot]] > 0]
            offers.sort(key=lambda slot: (costs[taker][slot] - costs[owners[slot]][slot], slot))
            for slot in offers[: -surplus[taker]]:
                donor = owners[slot]
                if surplus[donor] > 0:
                    owners[slot] = taker
                    surplus[donor] -= 1
                    surplus[taker] += 1
    return names, owners


def share_of(weights):
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


POOL = ["old", "new", "logistic", "boosted", "forest", "Zoë", "Zoe\u0308", "李小龙", "モデル", "😀", "𝒳", "\uffee", "a b", "é", "z", ""]
CASES = [
    *[{"old": 100 - new, "new": new} for new in (1, 2, 5, 10, 20, 33, 50, 90, 99)],
    {"champion": 9999, "challenger": 1},
    {"only": 1},
    {"a": 1, "b": 1, "c": 1},
    {"a": 0.1, "b": 0.2, "c": 0.7},
    # In a layer: what is left over has no name.
    {"basket": 0.45, "coupon": 0.35, "": 0.2},
    # Astral names sort before those from U+E000 on.
    {"😀": 1, "\uffee": 1, "𝒳": 1},
    *[{name: 1 for name in POOL[:count]} for count in range(4, len(POOL) + 1)],
    *[{name: 1 + (at * at * 37 + count * 11) % 97 for at, name in enumerate(POOL[:count])} for count in range(3, len(POOL) + 1)],
    # One with nearly all, and many small ones: donors run dry.
    {**{f"s{at:02}": 10.5 for at in range(40)}, "x": 9580},
    {f"v{at}": 1 + at % 7 for at in range(60)},
]


def main():
    told = []
    for weights in CASES:
        shares = share_of(weights)
        names, owners = owners_of(shares)
        digest = hashlib.sha256(bytes(owners)).hexdigest()
        told.append({"shares": shares, "names": names, "counts": [owners.count(at) for at in range(len(names))], "sha256": digest})
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in told)
    print(f"[\n{lines}\n]")


main()

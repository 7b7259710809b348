"""Writes slots.json: slots of units by an implementation that shares no code with Headgate.

Run: python3 test/golden/assignment/slots.py > test/golden/assignment/slots.json
"""

import json

SLOTS = 10_000
MASK = 0xFFFFFFFF


def rotl(value, bits):
    return ((value << bits) | (value >> (32 - bits))) & MASK


def murmur3(data, seed=0):
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
    h ^= len(data)
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def slot(salt, unit):
    return murmur3(f"{salt}:{unit}".encode("utf-8")) * SLOTS >> 32


UNITS = (
    [str(i) for i in range(0, 100)]
    + [f"acct-{i}" for i in range(0, 100)]
    + [f"user{i}@example.com" for i in range(0, 50)]
    + ["a", "ab", "abc", "abcd", "abcde", " ", "a b", "x" * 255, "0", "-1", "1e3", "00"]
    + ["Zoë", "Zoe\u0308", "Ångström", "naïve", "José", "Łukasz", "Ñandú", "Öztürk", "Þór", "ß", "ﬁ"]
    + ["李小龙", "王芳", "山田太郎", "佐藤さくら", "김민준", "이서연", "Иван", "Ольга", "Γιώργος", "محمد", "שרה", "हिन्दी", "ไทย", "தமிழ்"]
    + ["😀", "👩‍👩‍👧‍👦", "🇨🇭", "𝒳", "𠮷野家", "e\u0301", "\u200bzero", "a\u00a0b", "\ufeffbom"]
)

SALTS = ["credit-default", "m", "card-fraud", "模型", "épargne"]

print(
    json.dumps(
        [{"salt": salt, "unit": unit, "slot": slot(salt, unit)} for salt in SALTS for unit in UNITS],
        ensure_ascii=False,
        indent=0,
    )
)

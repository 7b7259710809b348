"""Writes assignments.json: who gets what under allocations.lock.json, by an implementation that shares no code with Headgate.

Run: python3 test/golden/assignment/locked/assign.py > test/golden/assignment/locked/assignments.json
"""

import json
import os
import sys

SLOTS = 10_000
MASK = 0xFFFFFFFF
SEEDS = {"split": 0, "eligible": 0x656C6967, "holdout": 0x686F6C64, "layer": 0x6C617965}

# Which rule a request of credit-default matches, by its region; all else stands in the lock.
RULES = {"EU": '{"header":{"region":"EU"}}', "日本": '{"header":{"region":"日本"}}'}


def rotl(value, bits):
    return ((value << bits) | (value >> (32 - bits))) & MASK


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
    h ^= len(data)
    h = ((h ^ (h >> 16)) * 0x85EBCA6B) & MASK
    h = ((h ^ (h >> 13)) * 0xC2B2AE35) & MASK
    return h ^ (h >> 16)


def slot_of(salt, unit, question="split"):
    return murmur3(salt.encode() + b":" + unit, SEEDS[question]) * SLOTS >> 32


def owners_of(slots, owners=None):
    """Owner of each slot, from texts like `0-41,57`, or `rest`: all that nobody else has."""
    rest = next((name for name, text in slots.items() if text == "rest"), None)
    owners = list(owners) if owners else [rest] * SLOTS
    for name, text in slots.items():
        if text == "rest":
            continue
        for part in text.split(",") if text else []:
            first, _, last = part.partition("-")
            for slot in range(int(first), int(last or first) + 1):
                owners[slot] = name
    return owners


def tables_of(entry):
    """[(epoch, salt, {key: owners})], newest first: a past split may hold only what the epoch after it changed."""
    tables = {key: owners_of(split["slots"]) for key, split in entry["splits"].items()}
    epochs = [(entry, tables)]
    for past in entry["past"]:
        tables = {
            key: owners_of(split["slots"]) if "slots" in split else owners_of(split["moved"], epochs[-1][1][key])
            for key, split in past["splits"].items()
        }
        epochs.append((past, tables))
    return epochs


def assign(lock, tables, model, unit, region):
    entry = lock["models"][model]
    slot = slot_of(entry["salt"], unit)
    for name, version in entry.get("overrides", {}).items():
        if name.encode() == unit:
            return {"slot": slot, "version": version, "reason": "override", "owned": SLOTS}
    key = next((key for key in entry.get("rules", []) if key == RULES.get(region)), "split")
    # A rule that leaves the champion nothing takes everyone.
    if key == "split" or entry["champion"] in entry["splits"][key]["shares"]:
        reason = None
        if slot_of("holdout", unit, "holdout") < round(entry["holdout"] * SLOTS):
            reason = "holdout"
        elif entry["layer"] is not None:
            parts = tables["layer " + entry["layer"]][0][1]["split"]
            if parts[slot_of(entry["layer"], unit, "layer")] != model:
                reason = "ineligible"
        elif slot_of(entry["salt"], unit, "eligible") >= round(entry["eligible"] * SLOTS):
            reason = "ineligible"
        if reason:
            return {"slot": slot, "version": entry["champion"], "reason": reason, "owned": SLOTS}
    owners = tables["model " + model][0][1][key]
    reason = "split" if key == "split" else "rule"
    return {"slot": slot, "version": owners[slot], "reason": reason, "owned": owners.count(owners[slot])}


def earlier(tables, model, unit):
    """What the model's own split gave in the epochs before, newest first."""
    return [owned["split"][slot_of(past["salt"], unit)] for past, owned in tables["model " + model][1:]]


UNITS = [
    *[f"acct-{i}" for i in range(40)],
    *[f"user{i}@example.com" for i in range(10)],
    *["0", "-1", "1e3", "1.0", "00", "a", "ab", "abc", "abcd", "abcde", " ", "a b", "x" * 1024],
    *["Zoë", "Zoe\u0308", "Ångström", "naïve", "José", "Łukasz", "Ñandú", "Öztürk", "Þór", "ß", "ﬁ", "ǅ", "İstanbul"],
    *["李小龙", "王芳", "山田太郎", "佐藤さくら", "ｶﾀｶﾅ", "김민준", "이서연", "Иван", "Ольга", "Γιώργος", "محمد", "שרה", "हिन्दी", "ไทย", "தமிழ்"],
    *["😀", "👩‍👩‍👧‍👦", "🇨🇭", "𝒳", "𠮷野家", "e\u0301", "\u200bzero", "a\u00a0b", "\ufeffbom", "\u0000", "\ufffd", "\U0010ffff"],
    *[f"{family}{given}" for family in "王李张刘陈" for given in ("伟", "秀英", "娜")],
    *[f"Ω-{i}" for i in range(10)],
]
# Bytes that are no UTF-8 are units too, as they came.
RAW = [bytes.fromhex(text) for text in ("ff", "c3", "c328", "eda080", "f4908080", "80", "61ff62")]


def main():
    folder = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(folder, "allocations.lock.json"), encoding="utf-8") as file:
        lock = json.load(file)
    tables = {f"{kind} {name}": tables_of(entry) for kind in ("model", "layer") for name, entry in lock[kind + "s"].items()}
    vectors = []
    for model in ["credit-default", "card-fraud", "basket", "coupon"]:
        for unit in [text.encode() for text in UNITS] + RAW:
            for region in ["", "EU", "日本"] if model == "credit-default" else [""]:
                answer = assign(lock, tables, model, unit, region)
                epoch = lock["models"][model]["epoch"]
                vectors.append({"model": model, "unit": unit.hex(), "region": region, "epoch": epoch, **answer, "earlier": earlier(tables, model, unit)})
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    sys.stdout.write(f"[\n{lines}\n]\n")


main()

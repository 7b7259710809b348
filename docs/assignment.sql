-- Assignments recomputed in DuckDB, in plain SQL: no extension, no function of another language. See assignment.md.
-- The tests run it: every slot and every assignment of test/golden/assignment. About 30 microseconds a unit on one core.

-- Unsigned 32-bit arithmetic in 64 bits.
CREATE OR REPLACE MACRO u32(x) AS (x & 4294967295::UBIGINT);
CREATE OR REPLACE MACRO mul32(a, b) AS (((a >> 16) * b % 65536 * 65536 + (a & 65535) * b) & 4294967295::UBIGINT);
CREATE OR REPLACE MACRO rotl32(x, n) AS (((x << n) | (x >> (32 - n))) & 4294967295::UBIGINT);

-- Byte i of bytes that are written as hex digits.
CREATE OR REPLACE MACRO byte_at(hex, i) AS
  ((strpos('0123456789ABCDEF', substr(hex, 2 * i + 1, 1)) - 1) * 16
    + strpos('0123456789ABCDEF', substr(hex, 2 * i + 2, 1)) - 1)::UBIGINT;
CREATE OR REPLACE MACRO mix_k(k) AS mul32(rotl32(mul32(k, 3432918353::UBIGINT), 15), 461845907::UBIGINT);

-- The last step of murmur3.
CREATE OR REPLACE MACRO fmix32(h) AS
  list_reduce([[h], [16, 2246822507], [13, 3266489909], [16, 1]]::UBIGINT[][],
    lambda a, s: [mul32(xor(a[1], a[1] >> s[1]), s[2])])[1];

-- murmur3_x86_32: blocks of four bytes, the last one short.
CREATE OR REPLACE MACRO murmur3_hex(hex, seed) AS fmix32(xor(
  list_reduce(
    list_prepend([seed::UBIGINT, 0::UBIGINT], list_transform(range((length(hex) + 7) // 8), lambda b: [
      CASE WHEN 8 * b + 8 <= length(hex)
        THEN byte_at(hex, 4 * b) | (byte_at(hex, 4 * b + 1) << 8) | (byte_at(hex, 4 * b + 2) << 16) | (byte_at(hex, 4 * b + 3) << 24)
        ELSE byte_at(hex, 4 * b)
          | (CASE WHEN 8 * b + 4 <= length(hex) THEN byte_at(hex, 4 * b + 1) << 8 ELSE 0 END)
          | (CASE WHEN 8 * b + 6 <= length(hex) THEN byte_at(hex, 4 * b + 2) << 16 ELSE 0 END)
      END::UBIGINT,
      (8 * b + 8 <= length(hex))::UBIGINT])),
    lambda a, k: [CASE WHEN k[2] = 1
      THEN u32(rotl32(xor(a[1], mix_k(k[1])), 13) * 5 + 3864292196::UBIGINT)
      ELSE xor(a[1], mix_k(k[1])) END, 0::UBIGINT])[1],
  (length(hex) // 2)::UBIGINT));

-- seed: 0 for the split, 1701603687 eligible, 1752132708 holdout, 1818327397 layer.
-- The unit as the hex digits of its bytes, for units that may be no UTF-8.
CREATE OR REPLACE MACRO headgate_slot_hex(salt, unit_hex, seed := 0) AS
  (murmur3_hex(hex(encode(salt || ':')) || upper(unit_hex), seed) * 10000) >> 32;

CREATE OR REPLACE MACRO headgate_slot(salt, unit, seed := 0) AS headgate_slot_hex(salt, hex(encode(unit)), seed := seed);

-- Owners of the slots, as the lock has them: one row per slot of a model's split. kind: models or layers. `rest` stands for the
-- slots that nobody else has.
CREATE OR REPLACE MACRO headgate_owners(lock_file, kind, name, split := 'split') AS TABLE
  WITH entries AS (
    SELECT entry.key AS owner, entry.value AS ranges
    FROM (
      SELECT unnest(map_entries((content::JSON->kind->name->'splits'->split->'slots')::MAP(VARCHAR, VARCHAR))) AS entry
      FROM read_text(lock_file)
    )
  ), written AS (
    SELECT owner, unnest(range(lower_end, upper_end + 1)) AS slot
    FROM (
      SELECT owner, split_part(part, '-', 1)::INTEGER AS lower_end,
        split_part(part, '-', CASE WHEN contains(part, '-') THEN 2 ELSE 1 END)::INTEGER AS upper_end
      FROM (SELECT owner, unnest(string_split(ranges, ',')) AS part FROM entries WHERE ranges <> 'rest')
      WHERE part <> ''
    )
  )
  SELECT coalesce(written.owner, (SELECT owner FROM entries WHERE ranges = 'rest')) AS owner, every.slot
  FROM range(10000) AS every(slot) LEFT JOIN written ON written.slot = every.slot;

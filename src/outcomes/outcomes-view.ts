// Outcomes as SQL reads them: one row per key, the one that came first. A number is in `value`, and a truth is 1 or 0 there; what
// was said, whatever it was, is in `label`.

const COLUMNS = `{key: 'VARCHAR', decision_id: 'VARCHAR', model: 'VARCHAR', unit: 'VARCHAR', name: 'VARCHAR', value: 'JSON', "at": 'DOUBLE'}`;

/** @param files absolute paths of logs, the earliest first @returns SQL of all outcomes */
export function outcomesSelect(files: readonly string[]): string {
  const from = files.map(
    (file, i) =>
      `SELECT *, ${i} AS file, row_number() OVER () AS line FROM read_json('${file.replaceAll("'", "''")}', format = 'newline_delimited', columns = ${COLUMNS}, ignore_errors = true)`,
  );
  const rows =
    from.length > 0
      ? from.join(' UNION ALL ')
      : `SELECT NULL::VARCHAR AS key, NULL::VARCHAR AS decision_id, NULL::VARCHAR AS model, NULL::VARCHAR AS unit, NULL::VARCHAR AS name, NULL::JSON AS value, NULL::DOUBLE AS "at", 0 AS file, 0 AS line WHERE false`;
  const number = `CASE json_type(value) WHEN 'BOOLEAN' THEN CAST(CAST(value AS BOOLEAN) AS DOUBLE) WHEN 'VARCHAR' THEN NULL ELSE TRY_CAST(value AS DOUBLE) END`;
  const time = `make_timestamp(CAST(round("at" * 1000) AS BIGINT)) AT TIME ZONE 'UTC'`;
  const columns = `decision_id, model, unit, name, ${number} AS value, value ->> '$' AS label, ${time} AS "at", key`;
  return `SELECT ${columns} FROM (${rows}) QUALIFY row_number() OVER (PARTITION BY key ORDER BY file, line) = 1`;
}

// The ways in which `headgate query` writes its rows; query-result.ts does. Apart, since help needs their names alone.

export const QUERY_FORMATS = ['table', 'json', 'csv', 'parquet'] as const;
export type QueryFormat = (typeof QUERY_FORMATS)[number];

// Where the real data sets lie (the card holders of credit-default.csv, the market of electricity.csv) and their rows. They are not
// part of the package: a test that needs them is skipped where they are absent, and says so loudly.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readCsv } from '../../src/protocols/csv.ts';
import type { Table } from '../../src/protocols/protocol.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { HEADGATE_REAL_DATA: named } = process.env;

/** The folder of the file that HEADGATE_REAL_DATA names, else beside the checkout or the folder of checkouts. */
const FOLDERS = [
  ...(named === undefined ? [] : [dirname(named)]),
  join(ROOT, '../shared/data'),
  join(ROOT, '../../shared/data'),
];

export type DataSet = 'credit-default.csv' | 'electricity.csv';

/** @returns its path, or null where it is absent: skip, having said so */
export function findData(name: DataSet): string | null {
  const path = FOLDERS.map((folder) => join(folder, name)).find(existsSync);
  if (path !== undefined) return path;
  const text = `${name} is in none of ${FOLDERS.join(', ')}; set HEADGATE_REAL_DATA to the path of credit-default.csv`;
  process.stderr.write(`\n######## SKIPPED, nothing was tested: ${text}\n`);
  return null;
}

export function readData(path: string): Table {
  return readCsv(readFileSync(path, 'utf8'));
}

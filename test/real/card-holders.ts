// The 30,000 card holders (UCI "default of credit card clients", Yeh and Lien 2009) as rows of named numbers. The column ID
// is the unit; the last column, what became of them, is no feature.

import { readFileSync } from 'node:fs';

const UNIT = 'ID';
const OUTCOME = 'default.payment.next.month';

export interface CardHolder {
  readonly row: number;
  readonly unit: string;
  readonly features: Readonly<Record<string, number>>;
}

export function readCardHolders(csv: string): CardHolder[] {
  const [head, ...lines] = readFileSync(csv, 'utf8').trim().split(/\r?\n/);
  const names = (head ?? '').split(',').map((name) => name.replaceAll('"', ''));
  return lines.map((line, row) => {
    const cells = line.split(',');
    const pairs = names.map((name, column) => [name, Number(cells[column])] as const);
    const unit = pairs.find(([name]) => name === UNIT)?.[1];
    if (unit === undefined || pairs.some(([, value]) => Number.isNaN(value)))
      throw new Error(`line ${row + 2} of ${csv} is not a card holder`);
    return {
      row,
      unit: String(unit),
      features: Object.fromEntries(pairs.filter(([name]) => name !== UNIT && name !== OUTCOME)),
    };
  });
}

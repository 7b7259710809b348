// What those may see who show values to people: drift puts categories on its labels, which the admin API and the metrics repeat.
// A column that redaction changes is kept from them as a whole. Where a body cannot be redacted, so is all that is in it.

import type { ModelPlan } from '../config/plan.ts';
import type { ExchangeRecord } from '../model.ts';
import type { Column, Table } from '../protocols/protocol.ts';
import { type Decoded, readRedacted } from './keep.ts';
import { masksOf } from './masks.ts';

/** Names come from callers; beyond this many, a redacted column may be seen in rows where it is null anyway. */
const NAMES_MAX = 10_000;

/** Columns of a model that were once seen to be redacted: a later null in one of them is no missing value. */
const hiddenOf = new WeakMap<ModelPlan, Set<string>>();

/** @param decoded what the protocol read from the bodies as they came */
export function watchable(record: ExchangeRecord, model: ModelPlan, decoded: Decoded): Decoded {
  const masks = masksOf(model.capture);
  if (masks === null || masks.pointers.length === 0) return decoded;
  const hidden = hiddenOf.get(model) ?? new Set<string>();
  hiddenOf.set(model, hidden);
  const { features, predictions } = readRedacted(record, model, masks);
  return {
    features: withoutHidden(decoded.features, features, hidden),
    predictions: withoutHidden(decoded.predictions, predictions, hidden),
  };
}

/** null where no column is left. */
function withoutHidden(original: Table | null, redacted: Table | null, hidden: Set<string>): Table | null {
  if (original === null || redacted === null) return null;
  const before = new Map(original.columns.map((column) => [column.name, column]));
  const columns = redacted.columns.filter((column) => {
    const isSame = isEqual(before.get(column.name), column);
    if (!isSame && hidden.size < NAMES_MAX) hidden.add(column.name);
    return isSame && !hidden.has(column.name);
  });
  return columns.length === 0 ? null : { ...redacted, columns };
}

function isEqual(before: Column | undefined, { values }: Column): boolean {
  return before !== undefined && values.every((value, row) => before.values[row] === value);
}

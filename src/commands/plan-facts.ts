// What `headgate plan` says of changes beside the shares: salt, sticky key, enrolment, champion, pins, rules that change places.
// Each with how many units it concerns.

import { percent } from '../split/differences.ts';
import type { EntryChange } from '../split/entry-change.ts';
import type { Pin } from '../split/terms.ts';
import { columns } from './plan-table.ts';

type Facts = NonNullable<EntryChange['before']>;

/** Pins and rules beyond these are only counted; --json has them all. */
const SHOWN_MAX = 10;

export function factLines(change: EntryChange): string[] {
  const { before, after, takingPart, pins } = change;
  if (before === null || after === null) return [];
  const lines = hashLines(before, after);
  if (before.enrolment !== null && after.enrolment !== null && takingPart !== null) {
    lines.push(...enrolmentLines(before.enrolment, after.enrolment));
    const { before: then, after: now, both } = takingPart;
    const [came, went] = [now - both, then - both];
    if (came > SAME || went > SAME) {
      const moves = `${percent(came)} come in, ${percent(went)} leave for the champion`;
      lines.push(`  taking part ${percent(then)} -> ${percent(now)} of the units: ${moves}`);
    }
    if (before.terms !== null && after.terms !== null && before.terms.champion !== after.terms.champion) {
      const out = 1 - then - now + both;
      const means = out > SAME ? `the ${percent(out)} who take no part go with it` : 'every unit takes part';
      lines.push(`  champion ${before.terms.champion} -> ${after.terms.champion}: ${means}`);
    }
  }
  if (pins.length > 0) lines.push(`  overrides: ${pins.length === 1 ? '1 unit' : `${pins.length} units`} by name`);
  const rows = pins.slice(0, SHOWN_MAX).map(pinRow);
  lines.push(...columns([...(rows.length > 0 ? [['UNIT', 'FROM', 'TO']] : []), ...rows], '    '));
  if (pins.length > SHOWN_MAX) lines.push(`    and ${pins.length - SHOWN_MAX} more`);
  return lines;
}

/** Sums of binary fractions leave less than this. */
const SAME = 1e-9;

function hashLines(before: Facts, after: Facts): string[] {
  const lines: string[] = [];
  if (before.salt !== after.salt) {
    lines.push(
      `  salt ${before.salt} -> ${after.salt}: every unit is drawn anew (salt: ${before.salt} would keep them)`,
    );
  }
  const [then, now] = [before.terms, after.terms];
  if (then !== null && now !== null && then.sticky !== now.sticky) {
    const means = now.sticky === null ? 'each decision is drawn by chance' : 'every unit is drawn anew';
    lines.push(`  sticky ${then.sticky ?? 'none'} -> ${now.sticky ?? 'none'}: ${means}`);
  }
  return lines;
}

function enrolmentLines(then: NonNullable<Facts['enrolment']>, now: NonNullable<Facts['enrolment']>): string[] {
  const lines: string[] = [];
  const told = (key: string, values: readonly (string | number | null)[], means: string): void => {
    const [a, b] = values.map((value) => (typeof value === 'number' ? percent(value) : (value ?? 'none')));
    lines.push(`  ${key} ${a} -> ${b}: ${means}`);
  };
  if (then.layer !== now.layer) told('layer', [then.layer, now.layer], 'who takes part is drawn anew');
  if (then.eligible !== now.eligible) {
    const goes = 'the units that came in last go to the champion';
    const comes = 'more units take part, and none of those who do moves';
    const means = then.layer !== now.layer ? 'the part that is drawn' : now.eligible < then.eligible ? goes : comes;
    told('eligible', [then.eligible, now.eligible], means);
  }
  if (then.holdout !== now.holdout) {
    const back = 'units come back to what the split says';
    told('holdout', [then.holdout, now.holdout], now.holdout > then.holdout ? 'more units go to the champion' : back);
  }
  return lines;
}

function pinRow({ unit, from, to }: Pin): string[] {
  const text = JSON.stringify(unit);
  const shown = text.length > UNIT_SHOWN_MAX ? `${text.slice(0, UNIT_SHOWN_MAX)}...` : text;
  return [shown, from ?? '(by hash)', to ?? '(by hash)'];
}

const UNIT_SHOWN_MAX = 60;

/** Units that match two rules of which another one decides now. */
export function turnLines({ turns }: EntryChange): string[] {
  const lines = turns
    .slice(0, SHOWN_MAX)
    .flatMap(({ from, to, units: { moved, moves } }) => [
      `  where the rules ${to} and ${from} both hold, the first decides now, the second did: ${percent(moved)} of those units move`,
      ...columns([['FROM', 'TO', 'UNITS'], ...moves.map((move) => [move.from, move.to, percent(move.share)])], '    '),
    ]);
  return turns.length > SHOWN_MAX ? [...lines, `  and ${turns.length - SHOWN_MAX} more pairs of rules`] : lines;
}

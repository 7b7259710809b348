// What `headgate plan` shows: per model the shares before and after with a bar for each version, and who moves from where to
// where. The bars of a split are as long together as its units.

import { basename } from 'node:path';
import { SLOTS } from '../model.ts';
import { type EntryChange, percent, type SplitChange, titleOf } from '../split/plan-lock.ts';

interface Written {
  readonly path: string;
  readonly written: boolean;
}

const BAR_WIDTH = 50;
const [KEPT, CAME, WENT] = ['█', '▓', '░'];

export function changesText(changes: readonly EntryChange[], { path, written }: Written): string {
  const file = basename(path);
  if (changes.length === 0)
    return written ? `${file} written, with no model\n` : `${file} is up to date: nobody moves\n`;
  const moving = changes.some(({ splits }) => splits.some(({ moved }) => moved > 0));
  const legend = moving ? `${KEPT} stay  ${CAME} come  ${WENT} go\n\n` : '';
  const end = written ? `${file} written: commit it with the configuration\n` : `${file} left as it is\n`;
  return `${changes.map(entryText).join('\n')}\n${legend}${end}`;
}

/** One object: `written`, `lock`, and `changes` with every move. */
export function changesJson(changes: readonly EntryChange[], { path, written }: Written): string {
  const plain = changes.map(({ kind, name, oldName, before, after, renamed, splits }) => ({
    kind,
    name,
    oldName,
    before: before === null ? null : { epoch: before.epoch, salt: before.salt, ...before.enrolment },
    after: after === null ? null : { epoch: after.epoch, salt: after.salt, ...after.enrolment },
    renamed: Object.fromEntries(renamed),
    splits: splits.map((split) => ({
      ...split,
      before: Object.fromEntries(split.before),
      after: Object.fromEntries(split.after),
    })),
  }));
  return `${JSON.stringify({ lock: path, written, changes: plain }, null, 2)}\n`;
}

function entryText(change: EntryChange): string {
  const { kind, name, before, after, renamed, oldName, splits } = change;
  const title = kind === 'model' ? name : `layer ${name}`;
  if (after === null) return `${title}: no longer there, its entry is dropped\n`;
  const head = before === null ? `new, epoch ${after.epoch}` : `epoch ${before.epoch} -> ${after.epoch}`;
  const lines = [`${title}: ${head}`];
  if (oldName !== null) lines.push(`  was called ${oldName}`);
  for (const [from, to] of renamed) lines.push(`  ${from} is now called ${to}: its units stay`);
  if (before !== null) lines.push(...factLines(before, after));
  const whose =
    (after.enrolment?.eligible ?? 1) < 1 || (after.enrolment?.holdout ?? 0) > 0 ? 'units that take part' : 'units';
  for (const split of splits) lines.push(...splitLines(split, whose));
  return `${lines.join('\n')}\n`;
}

type Facts = NonNullable<EntryChange['before']>;

function factLines(before: Facts, after: Facts): string[] {
  const lines: string[] = [];
  if (before.salt !== after.salt) {
    lines.push(
      `  salt ${before.salt} -> ${after.salt}: every unit is drawn anew (salt: ${before.salt} would keep them)`,
    );
  }
  const [then, now] = [before.enrolment, after.enrolment];
  if (then === null || now === null) return lines;
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

/** @param whose the units that the split concerns */
function splitLines(split: SplitChange, whose: string): string[] {
  const { key, kind, before, after, moves, moved } = split;
  const heads = {
    new: 'first allocation',
    added: `new; ${percent(moved)} of the units it takes move`,
    changed: moved === 0 ? 'nobody moves' : `${percent(moved)} of the ${whose} move`,
    removed: 'no longer there; its units go by the rules after it, or by the split',
  };
  const lines = [`  ${titleOf(key)}: ${heads[kind]}`];
  if (kind === 'removed') return lines;
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  lines.push(
    ...table(
      names.map((name) => versionRow(name, split)),
      '    ',
    ),
  );
  if (moves.length === 0) return lines;
  const rows = moves.map(({ from, to, slots }) => [title(from), title(to), percent(slots / SLOTS)]);
  return [...lines, ...table([['FROM', 'TO', 'UNITS'], ...rows], '    ')];
}

function versionRow(name: string, { kind, before, after, moves }: SplitChange): string[] {
  const [then, now] = [before.get(name) ?? 0, after.get(name) ?? 0];
  const sum = (end: 'from' | 'to'): number =>
    moves.filter((move) => move[end] === name).reduce((slots, move) => slots + move.slots, 0) / SLOTS;
  const [went, came] = [sum('from'), sum('to')];
  const bar = cells(kind === 'new' ? now : then - went, KEPT) + cells(came, CAME) + cells(went, WENT);
  const shares = kind === 'new' ? percent(now) : `${percent(then)} -> ${percent(now)}`;
  return [title(name), shares, bar];
}

function title(name: string): string {
  return name === '' ? '(nobody)' : name;
}

/** What is there shows: at least one cell. */
function cells(share: number, cell = ''): string {
  return share <= 1e-9 ? '' : cell.repeat(Math.max(1, Math.round(share * BAR_WIDTH)));
}

function table(rows: readonly (readonly string[])[], indent: string): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `${indent}${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd());
}

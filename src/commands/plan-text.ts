// What `headgate plan` shows: per model what changes beside the shares (plan-facts.ts), the shares before and after with a bar
// for each version, and who moves from where to where. The bars of a split are as long together as its units that take part.

import { basename } from 'node:path';
import { SLOTS } from '../model.ts';
import { percent } from '../split/differences.ts';
import type { EntryChange, SplitChange } from '../split/entry-change.ts';
import { titleOf } from '../split/split-keys.ts';
import { factLines, turnLines } from './plan-facts.ts';
import { columns } from './plan-table.ts';

interface Written {
  readonly path: string;
  readonly written: boolean;
  /** Whether an older format of the lock is brought up to date. */
  readonly upgraded: boolean;
}

const BAR_WIDTH = 50;
const [KEPT, CAME, WENT] = ['█', '▓', '░'];

export function changesText(changes: readonly EntryChange[], { path, written, upgraded }: Written): string {
  const file = basename(path);
  if (changes.length === 0 && upgraded) return `${UPGRADED}\n${file} ${written ? 'written' : 'left as it is'}\n`;
  if (changes.length === 0)
    return written ? `${file} written, with no model\n` : `${file} is up to date: nobody moves\n`;
  const moving = changes.some(({ splits }) => splits.some(({ moves }) => moves.length > 0));
  const legend = moving ? `${KEPT} stay  ${CAME} come  ${WENT} go\n\n` : '';
  const end = written ? `${file} written: commit it with the configuration\n` : `${file} left as it is\n`;
  const note = upgraded ? `${UPGRADED}\n\n` : '';
  return `${changes.map(entryText).join('\n')}\n${legend}${note}${end}`;
}

const UPGRADED = `The lock had format 1, without champions, sticky keys, pins and the order of rules. It takes those of the configuration as
they stand: whether they have changed since it was written is not on record.`;

/** One object: `written`, `lock`, and `changes` with every move. */
export function changesJson(changes: readonly EntryChange[], { path, written, upgraded }: Written): string {
  const plain = changes.map(({ before, after, renamed, splits, ...more }) => ({
    ...more,
    before: before === null ? null : plainFacts(before),
    after: after === null ? null : plainFacts(after),
    renamed: Object.fromEntries(renamed),
    splits: splits.map((split) => ({
      ...split,
      before: Object.fromEntries(split.before),
      after: Object.fromEntries(split.after),
    })),
  }));
  return `${JSON.stringify({ lock: path, written, upgraded, changes: plain }, null, 2)}\n`;
}

function plainFacts({ epoch, salt, enrolment, terms }: NonNullable<EntryChange['before']>) {
  const told = terms === null ? {} : { champion: terms.champion, sticky: terms.sticky, rules: terms.rules };
  return { epoch, salt, ...enrolment, ...told };
}

function entryText(change: EntryChange): string {
  const { kind, name, before, after, renamed, oldName, splits } = change;
  const title = kind === 'model' ? name : `layer ${name}`;
  if (after === null) return `${title}: no longer there, its entry is dropped\n`;
  const head = before === null ? `new, epoch ${after.epoch}` : `epoch ${before.epoch} -> ${after.epoch}`;
  const lines = [`${title}: ${head}`];
  if (oldName !== null) lines.push(`  was called ${oldName}`);
  for (const [from, to] of renamed) lines.push(`  ${from} is now called ${to}: its units stay`);
  lines.push(...factLines(change));
  const whose =
    (after.enrolment?.eligible ?? 1) < 1 || (after.enrolment?.holdout ?? 0) > 0 ? 'units that take part' : 'units';
  for (const split of splits) lines.push(...splitLines(split, whose));
  lines.push(...turnLines(change));
  return `${lines.join('\n')}\n`;
}

/** @param whose the units that the split concerns */
function splitLines(split: SplitChange, whose: string): string[] {
  const { key, kind, before, after, moved, units } = split;
  const heads = {
    new: 'first allocation',
    added: `new; ${percent(units.moved)} of the units it takes move, where the split had them`,
    changed: moved === 0 && units.moved === 0 ? 'nobody moves' : `${percent(moved)} of the ${whose} move`,
    kept: `its slots stay; ${percent(units.moved)} of the units move`,
    removed: `no longer there; ${percent(units.moved)} of its units move, where the split takes them`,
  };
  const lines = [`  ${titleOf(key)}: ${heads[kind]}`];
  if (kind !== 'removed' && kind !== 'kept') {
    const names = [...new Set([...before.keys(), ...after.keys()])].sort();
    lines.push(
      ...columns(
        names.map((name) => versionRow(name, split)),
        '    ',
      ),
    );
  }
  if (kind === 'changed' && Math.abs(units.moved - moved) > SAME) {
    lines.push(`    of all units ${percent(units.moved)} move, with those who come to take part, or no longer do`);
  }
  if (units.moves.length === 0) return lines;
  const rows = units.moves.map(({ from, to, share }) => [title(from), title(to), percent(share)]);
  return [...lines, ...columns([['FROM', 'TO', 'UNITS'], ...rows], '    ')];
}

/** Sums of shares that are less apart are one number to people. */
const SAME = 1e-9;

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

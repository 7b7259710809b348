// The terms of a model: what decides versions beside shares, enrolment and slots - the champion, the sticky key, the order of
// the rules, the pins. They stand in the lock, so that a change of one is found, planned and begins an epoch.

import type { ModelPlan, StickyPlan } from '../config/plan.ts';
import { bothMayHold } from './rule-overlap.ts';
import { ruleKeys, titleOf } from './split-keys.ts';
import type { Terms } from './tables.ts';

export function termsOf(model: ModelPlan): Terms {
  const nameOf = (version: number): string => model.versions[version]?.name ?? '';
  const pins = [...model.overrides].map(([unit, version]): [string, string] => [unit, nameOf(version)]);
  return {
    champion: nameOf(model.champion),
    sticky: stickyText(model.sticky),
    rules: ruleKeys(model),
    overrides: new Map(pins.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Where the unit stands, as the lock names it: `header account-id`, `body ["a","b"]`. */
export function stickyText(sticky: StickyPlan | null): string | null {
  if (sticky === null) return null;
  const { source } = sticky;
  if (source.kind === 'body') return `body ${JSON.stringify(source.tokens)}`;
  return `${source.kind} ${source.kind === 'header' ? source.name.toLowerCase() : source.name}`;
}

export interface Pin {
  readonly unit: string;
  /** null: none, the unit is hashed. */
  readonly from: string | null;
  readonly to: string | null;
}

/** Pins that came, went or name another version, by unit. */
export function pinChanges(then: Terms, now: Terms): Pin[] {
  const units = [...new Set([...then.overrides.keys(), ...now.overrides.keys()])].sort();
  return units
    .map((unit) => ({ unit, from: then.overrides.get(unit) ?? null, to: now.overrides.get(unit) ?? null }))
    .filter(({ from, to }) => from !== to);
}

/** Two rules that may hold for one request, of which another one decides now. */
export interface Turn {
  /** Key of the one that decided. */
  readonly from: string;
  readonly to: string;
}

/** Every pair of rules of which one decided, and now the other does; rules that came or went in front of another included. */
export function turnsOf(then: Terms, now: Terms): Turn[] {
  const decides = (rules: readonly string[], key: string, other: string): boolean => {
    const [at, of] = [rules.indexOf(key), rules.indexOf(other)];
    return at >= 0 && (of < 0 || at < of);
  };
  return now.rules.flatMap((to) =>
    then.rules
      .filter((from) => from !== to && decides(then.rules, from, to) && decides(now.rules, to, from))
      .filter((from) => bothMayHold(from, to))
      .map((from) => ({ from, to })),
  );
}

/** How terms differ: short sentences without an end. Rules that are new or gone are told with their splits. */
export function termDifferences(then: Terms, now: Terms): string[] {
  const found: string[] = [];
  if (then.champion !== now.champion) found.push(`the champion is ${now.champion}, in the lock ${then.champion}`);
  if (then.sticky !== now.sticky) {
    found.push(`the sticky key is ${now.sticky ?? 'none'}, in the lock ${then.sticky ?? 'none'}`);
  }
  const pins = pinChanges(then, now);
  if (pins.length > 0) {
    const [{ unit, from, to } = { unit: '', from: null, to: null }] = pins;
    const more = pins.length > 1 ? `, and ${pins.length - 1} more` : '';
    found.push(`overrides pins ${unit} to ${to ?? 'nothing'}, in the lock to ${from ?? 'nothing'}${more}`);
  }
  for (const { from, to } of turnsOf(then, now)) {
    if (!now.rules.includes(from) || !then.rules.includes(to)) continue;
    found.push(`${titleOf(to)} stands before ${titleOf(from)}, in the lock after it, and both may hold`);
  }
  return found;
}

export function sameTerms(a: Terms | null, b: Terms | null): boolean {
  if (a === null || b === null) return a === b;
  const text = ({ overrides, ...more }: Terms): string => JSON.stringify({ ...more, overrides: [...overrides] });
  return text(a) === text(b);
}

/** @param renames old name -> new name, of versions */
export function renameTerms(terms: Terms, renames: ReadonlyMap<string, string>): Terms {
  const nameOf = (name: string): string => renames.get(name) ?? name;
  const overrides = new Map([...terms.overrides].map(([unit, version]) => [unit, nameOf(version)]));
  return { ...terms, champion: nameOf(terms.champion), overrides };
}

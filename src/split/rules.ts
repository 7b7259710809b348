// Rules: which requests have a split of their own. The first rule whose every condition holds wins. What a rule looks at is
// compared byte for byte: no case is folded, nothing is normalised.

import { headerOf } from '../http/head.ts';
import { pathOf, queryValue } from '../http/target.ts';
import type { Found } from './json-scan.ts';

export interface RuleConditions {
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly path: string | null;
  /** `place`: position among the places that the model's bodies are scanned for. */
  readonly body: readonly { readonly place: number; readonly value: string }[];
}

/** What rules look at. */
export interface Attributes {
  readonly rawHeaders: readonly string[];
  readonly target: string;
  /** What stood at the places of the body; empty where it was not read. */
  readonly body: readonly (Found | undefined)[];
}

/** Index of the first rule whose every condition holds, or -1. */
export function matchingRule(rules: readonly { readonly when: RuleConditions }[], attributes: Attributes): number {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (rule !== undefined && holds(rule.when, attributes)) return i;
  }
  return -1;
}

/** What is known of a request of the past. */
export interface Known {
  readonly header: (name: string) => boolean;
  readonly body: boolean;
}

/** The first rule that holds for certain, or -1, and those before it that may have held, as far as is known. */
export function judgeRules(
  rules: readonly { readonly when: RuleConditions }[],
  attributes: Attributes,
  known: Known,
): { readonly rule: number; readonly uncertain: readonly number[] } {
  const uncertain: number[] = [];
  for (const [index, { when }] of rules.entries()) {
    const headers = Object.fromEntries(Object.entries(when.headers).filter(([name]) => known.header(name)));
    const body = known.body ? when.body : [];
    if (!holds({ ...when, headers, body }, attributes)) continue;
    const isWhole =
      body.length === when.body.length && Object.keys(headers).length === Object.keys(when.headers).length;
    if (isWhole) return { rule: index, uncertain };
    uncertain.push(index);
  }
  return { rule: -1, uncertain };
}

function holds(when: RuleConditions, { rawHeaders, target, body }: Attributes): boolean {
  if (when.path !== null) {
    const path = pathOf(target);
    if (!path.startsWith(when.path) || (path.length > when.path.length && path.charCodeAt(when.path.length) !== 47))
      return false;
  }
  for (const name in when.headers) {
    if (headerOf(rawHeaders, name) !== when.headers[name]) return false;
  }
  for (const name in when.query) {
    const value = queryValue(target, name);
    if (value === undefined || Buffer.from(value).toString('utf8') !== when.query[name]) return false;
  }
  for (const { place, value } of when.body) {
    if (body[place]?.text !== value) return false;
  }
  return true;
}

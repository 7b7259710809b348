// What kind of change a column has been through, in words that send somebody to the right desk.

/** The first are of single columns, the last three of where the change lives. */
export const CAUSE_KINDS = [
  'null rate',
  'new category',
  'stuck value',
  'unit change',
  'sign',
  'range',
  'type',
  'not finite',
  'single value',
  'swap',
  'mix of segments',
  'shift',
  'segment',
  'caller',
  'version',
] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

export interface Cause {
  readonly kind: CauseKind;
  /** What is seen: "null in 10 % of rows, 0 % in the baseline". */
  readonly text: string;
  /** Share of the column's total variation from its baseline that it accounts for, 0 to 1. */
  readonly explains: number;
}

/** Where somebody who was woken looks first. */
export const LOOK_AT: Readonly<Record<CauseKind, string>> = {
  'null rate': 'the job or join that fills the column',
  'new category': 'who introduced the value, and whether the model was trained on it',
  'stuck value': 'a cache, a default, or a feed that stopped',
  'unit change': 'the last release of whoever sends the column',
  sign: 'the last release of whoever sends the column',
  range: 'placeholder values, and limits that were lifted upstream',
  type: "the sender's serializer",
  'not finite': 'a division by zero or an overflow upstream',
  'single value': 'a new default upstream',
  swap: 'the mapping of columns at the sender',
  'mix of segments': 'who asks now: a campaign, a new market, a caller that left',
  shift: 'whether the world has changed; then the training data',
  segment: 'what is particular to that segment upstream',
  caller: 'the last release of that caller',
  version: 'what was deployed behind the version, and what it reads besides its inputs',
};

/** Where a change lives. */
export interface Where {
  /** `caller`, or the name of a column. */
  readonly key: string;
  readonly value: string;
  /** `only`: in these rows and no others. `mix`: there are more of them, and nothing changed within them. */
  readonly how: 'only' | 'mix';
  readonly shareBefore: number;
  readonly shareNow: number;
  readonly text: string;
}

/** What a column went through, and where. */
export interface Located {
  readonly cause: Cause | null;
  readonly where: Where | null;
}

/** In one line. */
export function hintOf({ cause, where }: Located): string | null {
  const parts = [cause?.text, where?.how === 'only' ? where.text : undefined].filter((part) => part !== undefined);
  return parts.length === 0 ? null : parts.join(', ');
}

/** A cause as it is shown and sent. */
export interface CauseView {
  readonly kind: CauseKind;
  readonly explains: number;
  readonly lookAt: string;
}

export const causeView = (cause: Cause | null): CauseView | null =>
  cause === null ? null : { kind: cause.kind, explains: cause.explains, lookAt: LOOK_AT[cause.kind] };

export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;

/** A value that a program may have put there: in full, as far as 32 bits hold it. */
export const exact = (value: number): string => String(Number(value.toPrecision(7)));

export const short = (value: number): string => String(Number(value.toPrecision(4)));

/** Values of other people, in a message: bounded. */
export const quoted = (text: string): string => JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text);

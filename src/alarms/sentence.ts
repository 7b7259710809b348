// An alarm in words: which column, since when, how sure, which kind, which caller, what to look at. One sentence where one is enough,
// in plain text: what shows it escapes it. Names of columns and categories are the callers' and are cut and cleaned here.

import type { Alarm } from './alarm.ts';

const NAME_LENGTH_MAX = 64;
const TEXT_LENGTH_MAX = 300;

/** `credit-default / boosted`. */
export function placeOf({ model, version, role }: Pick<Alarm, 'model' | 'version' | 'role'>): string {
  return `${model} / ${version}${role === 'champion' ? '' : ` (${role})`}`;
}

/** What the alarm is about, without its model: `feature "amount"`. */
export function subjectOf({ side, feature }: Pick<Alarm, 'side' | 'feature'>): string {
  if (feature === '') return 'all columns';
  return `${side === 'request' ? 'feature' : 'prediction'} ${quoted(feature)}`;
}

/** The whole of it, for a log line or the summary of a message. */
export function sentenceOf(alarm: Alarm): string {
  return `${placeOf(alarm)}: ${alarm.state === 'resolved' ? endSentence(alarm) : beginSentence(alarm)}`;
}

/** The same below a heading that has the model already. */
export function lineOf(alarm: Alarm): string {
  const version = `${alarm.version}${alarm.role === 'champion' ? '' : ` (${alarm.role})`}`;
  return `${version}: ${alarm.state === 'resolved' ? endSentence(alarm) : beginSentence(alarm)}`;
}

function beginSentence(alarm: Alarm): string {
  const { kind, since, openedAt, cause, psi, evidence } = alarm;
  const subject = subjectOf(alarm);
  if (kind === 'gap') {
    return `no calls since ${timeOf(since)}; ${subject === 'all columns' ? 'drift' : subject} is unknown until they come back. Look at the callers and at the route to the gate.`;
  }
  const what = kind === 'drift' ? 'has drifted' : 'has become worse than it was';
  const why = cause === null ? '' : `: ${cleaned(cause.text, TEXT_LENGTH_MAX)}`;
  const sure = [surenessOf(kind, evidence), psi === null ? '' : `PSI ${short(psi)}`]
    .filter((text) => text !== '')
    .join(', ');
  const found = openedAt > since ? `, found at ${timeOf(openedAt)}` : '';
  const look = cause?.lookAt == null ? '' : ` Look at ${cleaned(cause.lookAt, TEXT_LENGTH_MAX)}.`;
  return `${subject} ${what} since ${timeOf(since)}${found}${why}${sure === '' ? '' : ` (${sure})`}.${look}`;
}

function endSentence(alarm: Alarm): string {
  const { kind, openedAt, resolvedAt, ending } = alarm;
  const at = resolvedAt ?? openedAt;
  const lasted = `after ${spanOf(at - openedAt)}`;
  if (ending !== null) return `${subjectOf(alarm)}: closed ${lasted}: ${cleaned(ending, TEXT_LENGTH_MAX)}.`;
  if (kind === 'gap') return `calls are back since ${timeOf(at)}, ${lasted}.`;
  return `${subjectOf(alarm)} is as the baseline again since ${timeOf(at)}, ${lasted}.`;
}

/**
 * Quality's is an e-value: where nothing is wrong, evidence of `x` to one for a given beginning is ever seen with a chance of one in x at
 * most (Ville's inequality). Drift's is not: its sum may have grown to t after t ticks without drift, and is no odds. What bounds its false alarms is
 * the budget that the threshold was made from.
 */
function surenessOf(kind: Alarm['kind'], evidence: number): string {
  if (!(evidence > 0)) return '';
  if (kind !== 'quality') return `evidence ${strengthOf(evidence)}`;
  const powers = Math.floor(evidence / Math.LN10);
  if (powers >= 12) return 'evidence of more than 10^12 to one';
  const odds = Math.exp(evidence);
  return `evidence of ${odds < 1e6 ? Math.floor(odds).toLocaleString('en-US') : `10^${powers}`} to one`;
}

/** `exp(21.5)`: a natural logarithm as what it is the logarithm of. '' where there is none. */
export function strengthOf(evidence: number): string {
  return evidence > 0 ? `exp(${evidence.toFixed(1)})` : '';
}

/** UTC, to the minute. */
export function timeOf(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

export function spanOf(ms: number): string {
  if (ms < 120_000) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`;
}

const short = (value: number): string => String(Number(value.toPrecision(2)));

const quoted = (text: string): string => `"${cleaned(text, NAME_LENGTH_MAX)}"`;

function cleaned(text: string, lengthMax: number): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '\ufffd').toWellFormed();
  return plain.length > lengthMax ? `${plain.slice(0, lengthMax - 1)}…` : plain;
}

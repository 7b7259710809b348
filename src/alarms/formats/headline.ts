// The first line of a message: how many columns of which model, and what has become of them.

import type { AlarmEvent } from '../alarm.ts';
import type { Notice } from '../news.ts';

const WORDS: Readonly<Record<AlarmEvent, string>> = {
  'drift.confirmed': 'drift confirmed',
  'drift.resolved': 'drift is over',
  'data.gap': 'no data',
  'data.resumed': 'data is back',
  'quality.degraded': 'performance has become worse',
  'quality.recovered': 'performance has recovered',
  'alarm.ongoing': 'still open',
};

export function headlineOf({ event, model, items }: Pick<Notice, 'event' | 'model' | 'items'>): string {
  const models = new Set(items.map(({ alarm }) => alarm.model));
  const versions = new Set(items.map(({ alarm }) => alarm.version));
  const columns = new Set(items.flatMap(({ alarm }) => (alarm.feature === '' ? [] : [alarm.feature])));
  const where = model ?? `${models.size} models`;
  const parts = [
    columns.size === 0 ? '' : `${columns.size} ${columns.size === 1 ? 'column' : 'columns'}`,
    versions.size === 1 ? `version ${[...versions][0]}` : `${versions.size} versions`,
  ];
  return `${where}: ${WORDS[event]} (${parts.filter((part) => part !== '').join(', ')})`;
}

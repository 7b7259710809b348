// The contract of a format: how a receiver wants to be told. `news` formats get each notice once; a `state` format gets every alarm
// that is open, again and again, since its receiver takes silence for an end. A format writes bodies; sending is webhook.ts's.

import type { AlarmFormatName } from '../../config/plan.ts';
import type { Alarm } from '../alarm.ts';
import type { Notice } from '../news.ts';

export interface Message {
  readonly contentType: string;
  readonly body: string;
}

export interface NewsFormat {
  readonly name: AlarmFormatName;
  readonly sends: 'news';
  compose(notice: Notice, nowMs: number): Message;
}

export interface StateFormat {
  readonly name: AlarmFormatName;
  readonly sends: 'state';
  /** What is open is sent again after this time. */
  readonly repeatMs: number;
  /** Alarms of one message. */
  readonly alarmsMax: number;
  /** The path to post to, where the URL has none. */
  readonly path: string;
  compose(alarms: readonly Alarm[], nowMs: number): Message;
}

export type AlarmFormat = NewsFormat | StateFormat;

/** Alarms that a message spells out; the others are counted in it. */
export const ALARMS_SHOWN = 50;

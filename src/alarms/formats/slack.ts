// A message for an incoming webhook of Slack, or of what takes its shape (Mattermost, Rocket.Chat): blocks for people, and `text`, which
// notifications show. Bounds are Slack's: 50 blocks, 150 characters of a header, 3000 of a section; & < > are escaped as it asks.

import type { AlarmEvent } from '../alarm.ts';
import { lineOf, sentenceOf } from '../sentence.ts';
import type { NewsFormat } from './format.ts';
import { headlineOf } from './headline.ts';

/** Lines of a message: each is a section of its own, below a header and above the last line. */
const LINES_MAX = 40;
const HEADER_LENGTH_MAX = 150;
const SECTION_LENGTH_MAX = 3000;

const MARKS: Readonly<Record<AlarmEvent, string>> = {
  'drift.confirmed': ':rotating_light:',
  'drift.resolved': ':white_check_mark:',
  'data.gap': ':grey_question:',
  'data.resumed': ':white_check_mark:',
  'quality.degraded': ':rotating_light:',
  'quality.recovered': ':white_check_mark:',
  'alarm.ongoing': ':hourglass_flowing_sand:',
};

export const slack = {
  name: 'slack',
  sends: 'news',
  compose(notice) {
    const alarms = notice.items.map(({ alarm }) => alarm);
    const headline = headlineOf(notice);
    const lines = alarms.map((alarm) => (notice.model === null ? sentenceOf(alarm) : lineOf(alarm)));
    const more = lines.length - LINES_MAX;
    const [first] = alarms;
    const text = alarms.length === 1 && first !== undefined ? sentenceOf(first) : headline;
    const body = {
      text: clipped(escaped(text), SECTION_LENGTH_MAX),
      blocks: [
        {
          type: 'header',
          text: {
            type: 'plain_text',
            text: clipped(`${MARKS[notice.event]} ${headline}`, HEADER_LENGTH_MAX),
            emoji: true,
          },
        },
        ...lines.slice(0, LINES_MAX).map((line) => ({
          type: 'section',
          text: { type: 'mrkdwn', text: clipped(escaped(line), SECTION_LENGTH_MAX) },
        })),
        {
          type: 'context',
          elements: [
            {
              type: 'mrkdwn',
              text: `${more > 0 ? `and ${more} more. ` : ''}\`headgate drift ${commandWord(notice.model)}\` has the figures.`,
            },
          ],
        },
      ],
    };
    return { contentType: 'application/json; charset=utf-8', body: JSON.stringify(body) };
  },
} as const satisfies NewsFormat;

const commandWord = (model: string | null): string => escaped(model ?? 'MODEL');

/** https://docs.slack.dev/messaging/formatting-message-text: these three, and no others. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function clipped(text: string, lengthMax: number): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax - 1).toWellFormed()}…` : text;
}

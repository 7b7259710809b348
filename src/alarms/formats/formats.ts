// The list of formats. Adding one is a file that satisfies the contract, a word of the configuration, a line here, and a green
// contract test.

import type { AlarmFormatName } from '../../config/plan.ts';
import { alertmanager } from './alertmanager.ts';
import { cloudevents } from './cloudevents.ts';
import type { AlarmFormat } from './format.ts';
import { slack } from './slack.ts';

export const ALARM_FORMATS: Readonly<Record<AlarmFormatName, AlarmFormat>> = { cloudevents, slack, alertmanager };

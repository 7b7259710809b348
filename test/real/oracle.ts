// What another program, in another language, says about the same decisions: python/assignment.py.

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { MODELS, SHADOW, SHADOW_SHARE, SHARES } from './lanes.ts';

export interface Expected {
  readonly version: string;
  readonly mirrored: boolean;
}

export interface Asked {
  readonly model: string;
  readonly unit: string;
  readonly decision: string;
}

/** @returns one answer for each question, in order */
export function expectedOf(bin: string, asked: readonly Asked[]): Expected[] {
  const questions = MODELS.map(({ name }) => {
    const own = asked.filter(({ model }) => model === name);
    return {
      model: name,
      shares: SHARES,
      units: own.map(({ unit }) => unit),
      mirror: { version: SHADOW, share: SHADOW_SHARE },
      decisions: own.map(({ decision }) => decision),
    };
  });
  const output = execFileSync(join(bin, 'python'), [join(import.meta.dirname, 'python', 'assignment.py')], {
    input: JSON.stringify(questions),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const answers: readonly { readonly versions: readonly string[]; readonly mirrored: readonly boolean[] }[] =
    JSON.parse(output);
  const next = new Map<string, number>();
  return asked.map(({ model }) => {
    const answer = answers[MODELS.findIndex(({ name }) => name === model)];
    const at = next.get(model) ?? 0;
    next.set(model, at + 1);
    return { version: answer?.versions[at] ?? '', mirrored: answer?.mirrored[at] ?? false };
  });
}

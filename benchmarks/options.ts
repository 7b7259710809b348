// The command line of `npm run bench`, and the two sizes of a run.

import { parseArgs } from 'node:util';

export interface Options {
  readonly rounds: number;
  readonly seed: number;
  readonly connections: number;
  readonly warmUpSeconds: number;
  readonly saturationSeconds: number;
  /** Open-loop phases in order. */
  readonly phases: readonly { readonly ratePerSecond: number; readonly seconds: number }[];
  /** Ids of the candidates to take; empty: all. */
  readonly only: readonly string[];
  readonly quick: boolean;
  readonly force: boolean;
  readonly validateOnly: boolean;
  readonly writeReadme: boolean;
}

export const USAGE = `npm run bench -- [options]

  Measures Headgate and its rivals on this machine: about 8 minutes, on 127.0.0.1 alone.

  --quick             one short round, about 2 minutes; nothing is kept
  --rounds N          rounds over all candidates (default 3)
  --seed N            order of the candidates (default 1)
  --connections N     kept-alive connections of the load (default 32)
  --only a,b          only these candidates; nginx and direct are always in
  --validate          check that every candidate does its work, measure nothing
  --force             measure although the machine is busy
  --write-readme      put the table into README.md
  --help

  Example: npm run bench -- --rounds 5 --only haproxy,headgate-pass`;

const FULL = {
  rounds: 3,
  warmUpSeconds: 2,
  saturationSeconds: 2,
  phases: [
    { ratePerSecond: 500, seconds: 2 },
    { ratePerSecond: 2000, seconds: 2 },
  ],
};

const QUICK = {
  rounds: 1,
  warmUpSeconds: 1,
  saturationSeconds: 1,
  phases: [
    { ratePerSecond: 500, seconds: 0.6 },
    { ratePerSecond: 2000, seconds: 0.6 },
  ],
};

/** @throws with a sentence for the person at the keyboard @returns null where help was asked for */
export function parseOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seed: { type: 'string', default: '1' },
      connections: { type: 'string', default: '32' },
      only: { type: 'string', default: '' },
      validate: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      'write-readme': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  if (values.quick && values['write-readme']) throw new Error('--quick is too short for the README: leave it out');
  const size = values.quick ? QUICK : FULL;
  return {
    ...size,
    rounds: values.rounds === undefined ? size.rounds : whole('--rounds', values.rounds, 1, 100),
    seed: whole('--seed', values.seed, 0, 2 ** 32 - 1),
    connections: whole('--connections', values.connections, 1, 512),
    only: values.only === '' ? [] : values.only.split(','),
    quick: values.quick,
    force: values.force,
    validateOnly: values.validate,
    writeReadme: values['write-readme'],
  };
}

function whole(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < low || value > high)
    throw new Error(`${name} ${text}: give a whole number from ${low} to ${high}`);
  return value;
}

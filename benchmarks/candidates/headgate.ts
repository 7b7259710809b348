// Headgate itself, rung by rung: each adds one capability to the one before, by configuration alone, so that the difference
// between neighbours is the price of that capability.

import type { Candidate } from '../candidate.ts';
import { EVERYTHING, PASS, type Setup, startGate, whyNoGate } from '../gate.ts';

const SPLIT: Setup = { ...PASS, work: { ...PASS.work, split: true } };
const TELEMETRY: Setup = { ...SPLIT, telemetry: true };
const MIRROR: Setup = { ...TELEMETRY, work: { ...TELEMETRY.work, mirror: true } };
const CAPTURE: Setup = { ...MIRROR, work: { ...MIRROR.work, capture: true } };

export function headgate(id: string, title: string, setup: Setup): Candidate {
  return {
    id,
    title,
    work: setup.work,
    missing: whyNoGate,
    start: (targets, placement) => startGate(setup, targets, placement),
  };
}

/** The same as plain, through node:http and undici. */
export const headgateGeneral = headgate('headgate-general', 'Headgate, one version, general lane', {
  ...PASS,
  fastLane: false,
});
export const headgatePass = headgate('headgate-pass', 'Headgate, one version', PASS);
export const headgateEverything = headgate('headgate-drift', '+ drift of every column', EVERYTHING);

export const headgateRungs: readonly Candidate[] = [
  headgatePass,
  headgate('headgate-split', '+ sticky split', SPLIT),
  headgate('headgate-telemetry', '+ telemetry', TELEMETRY),
  headgate('headgate-mirror', '+ mirror 100 %', MIRROR),
  headgate('headgate-capture', '+ capture 100 %, full bodies', CAPTURE),
  headgateEverything,
  // Aside: the same, and each answer waits until its record is on disk.
  headgate('headgate-acked', 'the same, durability: acked', { ...EVERYTHING, acked: true }),
];

// Every candidate of the comparison, in the order of the report; and those that ratios are taken against.

import type { Candidate } from '../candidate.ts';
import { direct } from './direct.ts';
import { haproxy } from './haproxy.ts';
import { headgateEverything, headgateGeneral, headgatePass, headgateRungs } from './headgate.ts';
import { nginxPlain } from './nginx-plain.ts';
import { nginxSplitMirror } from './nginx-split-mirror.ts';
import { bareNode, fastifyHttpProxy, honoProxy, httpProxy3 } from './node-rivals.ts';
import { portkey } from './portkey.ts';

export const BASELINES = { plain: nginxPlain.id, splitMirror: nginxSplitMirror.id, floor: direct.id } as const;

/** What each capability of Headgate costs, beside those who do less in C. */
export const LADDER: readonly Candidate[] = [nginxPlain, nginxSplitMirror, haproxy, ...headgateRungs];

export const NODE_RIVALS: readonly Candidate[] = [
  nginxPlain,
  bareNode,
  fastifyHttpProxy,
  httpProxy3,
  honoProxy,
  portkey,
  headgateGeneral,
  headgatePass,
  headgateEverything,
];

export const LATENCY: readonly Candidate[] = [
  direct,
  nginxPlain,
  nginxSplitMirror,
  haproxy,
  headgatePass,
  headgateEverything,
];

// Every candidate, in the order of the report.

import type { Candidate } from '../candidate.ts';
import { direct } from './direct.ts';
import { haproxy } from './haproxy.ts';
import { headgateRungs } from './headgate.ts';
import { nginxPlain } from './nginx-plain.ts';
import { nginxSplitMirror } from './nginx-split-mirror.ts';
import { bareNode, fastifyHttpProxy, honoProxy, httpProxy3 } from './node-rivals.ts';

export const CANDIDATES: readonly Candidate[] = [
  direct,
  nginxPlain,
  nginxSplitMirror,
  haproxy,
  bareNode,
  fastifyHttpProxy,
  httpProxy3,
  honoProxy,
  ...headgateRungs,
];

/** The candidates that every ratio is taken against. */
export const BASELINES = { plain: nginxPlain.id, splitMirror: nginxSplitMirror.id, floor: direct.id } as const;

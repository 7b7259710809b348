// The list of protocols. Adding one is a file that satisfies `Protocol`, a name in protocol.ts, and a line here; the contract
// test runs over the whole list.

import { json } from './json.ts';
import { mlflow } from './mlflow.ts';
import { openInference } from './open-inference.ts';
import type { Protocol, ProtocolName } from './protocol.ts';
import { raw } from './raw.ts';
import { tfserving } from './tfserving.ts';

const BY_NAME: Readonly<Record<ProtocolName, Protocol>> = {
  'open-inference': openInference,
  tfserving,
  mlflow,
  json,
  raw,
};

export const PROTOCOLS: readonly Protocol[] = Object.values(BY_NAME);

export function protocolOf(name: ProtocolName): Protocol {
  return BY_NAME[name];
}

// The contract of sinks (test/capture/sinks/contract.test.ts), held against Apache Kafka and MinIO.

import { afterAll } from 'vitest';
import { holdsTheContract } from '../capture/sinks/sink-contract.ts';
import { endRealSides, REAL_SIDES } from './sink-sides.ts';

afterAll(endRealSides);

for (const [name, kind] of Object.entries(REAL_SIDES)) holdsTheContract(name, kind);

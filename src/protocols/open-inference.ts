// Open Inference Protocol V2 (KServe, Triton, MLServer, OpenVINO): paths.

import type { Protocol } from './protocol.ts';
import { reading, Unreadable } from './unreadable.ts';

const unread = () =>
  reading(() => {
    throw new Unreadable('bodies of this protocol are not read yet');
  });

export const openInference = {
  name: 'open-inference',
  defaultPaths: (model) => [`/v2/models/${encodeURIComponent(model)}`],
  isDecision: (method, path) => method === 'POST' && /\/(?:infer|infer_stream|generate|generate_stream)$/.test(path),
  readRequest: unread,
  readResponse: unread,
} satisfies Protocol;

// How a codec says that it cannot read a body. Inside a codec it is thrown, so that no reader carries results around; at the
// codec's border it becomes a value, since a body that cannot be read is an everyday event and never a fault.

import type { Reading, Table } from './protocol.ts';

/** Why a body has no table: one short clause without any of the body's content. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** Run a reader; an `Unreadable`, or the stack running out in a body nested without end, becomes its reason. */
export function reading(read: () => Table): Reading {
  try {
    return { kind: 'table', table: read() };
  } catch (error) {
    if (error instanceof Unreadable) return { kind: 'unreadable', why: error.message };
    if (error instanceof RangeError) return { kind: 'unreadable', why: 'nested too deeply or too large' };
    throw error;
  }
}

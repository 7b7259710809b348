// A property together with what it stands on, so that the tests and the fuzzer run the same.

import type { IAsyncProperty } from 'fast-check';

export interface Checked {
  // biome-ignore lint/suspicious/noExplicitAny: the arguments are the property's own
  readonly property: IAsyncProperty<any>;
  close(): Promise<void>;
}

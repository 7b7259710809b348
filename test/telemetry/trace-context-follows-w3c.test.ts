import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createSeededRandom } from '../../src/kernel/random.ts';
import { continueTrace, formatTraceparent } from '../../src/telemetry/trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const never = () => {
  throw new Error('the caller had decided');
};
const from = (...rawHeaders: string[]) => continueTrace(rawHeaders, 0, never);

test.each(['00', '01', '03', 'ff'])('a caller that sends flags %s is followed in its sampling', (flags) => {
  const trace = continueTrace(['Host', 'a', 'TraceParent', `00-${TRACE}-${SPAN}-${flags}`], 1, never);
  expect(trace).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, sampled: flags !== '00' });
  expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
  expect(new Set([trace.spanId, trace.callSpanId, SPAN]).size).toBe(3);
});

test('an unknown higher version is read like 00, with or without more after it', () => {
  expect(from('traceparent', `cc-${TRACE}-${SPAN}-01`)).toMatchObject({ traceId: TRACE, sampled: true });
  expect(from('traceparent', `cc-${TRACE}-${SPAN}-01-what-comes-next`)).toMatchObject({
    traceId: TRACE,
    sampled: true,
  });
});

test.each([
  ['is missing', ''],
  ['has the forbidden version', `ff-${TRACE}-${SPAN}-01`],
  ['has version 00 and goes on', `00-${TRACE}-${SPAN}-01-more`],
  ['has version 00 and one character more', `00-${TRACE}-${SPAN}-011`],
  ['has a higher version and goes on without a dash', `01-${TRACE}-${SPAN}-01.more`],
  ['is cut', `00-${TRACE}-${SPAN}-0`],
  ['has a trace id of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['has a span id of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['has upper-case digits', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['has digits that are none', `00-${TRACE.replace('f', 'g')}-${SPAN}-01`],
  ['has a version that is none', `0g-${TRACE}-${SPAN}-01`],
  ['has flags that are none', `00-${TRACE}-${SPAN}-x1`],
  ['has other separators', `00_${TRACE}_${SPAN}_01`],
])('a traceparent that %s starts a new trace and voids tracestate', (_, value) => {
  const trace = from('tracestate', 'a=1', ...(value === '' ? [] : ['traceparent', value]));
  expect(trace).toMatchObject({ parentSpanId: '', sampled: false, tracestate: '' });
  expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(trace.traceId).not.toBe(TRACE);
});

test('two traceparents are as good as none', () => {
  const value = `00-${TRACE}-${SPAN}-01`;
  expect(from('traceparent', value, 'Traceparent', value).traceId).not.toBe(TRACE);
});

test('tracestate is passed on in order, several headers joined', () => {
  const trace = from(
    'tracestate',
    'a=1',
    'traceparent',
    `00-${TRACE}-${SPAN}-01`,
    'TraceState',
    '',
    'tracestate',
    'b=2,c=3',
  );
  expect(trace.tracestate).toBe('a=1,b=2,c=3');
});

test('what is sent can be read again', () => {
  fc.assert(
    fc.property(fc.boolean(), (sampled) => {
      const first = continueTrace([], sampled ? 1 : 0, () => 0);
      const sent = formatTraceparent(first.traceId, first.callSpanId, first.sampled);
      expect(from('traceparent', sent)).toMatchObject({
        traceId: first.traceId,
        parentSpanId: first.callSpanId,
        sampled,
      });
    }),
  );
});

test('no header, however odd, breaks the request', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), (value) => {
      expect(continueTrace(['traceparent', value], 0, never).traceId).toHaveLength(32);
    }),
  );
});

test('a new trace is sampled with the configured probability', () => {
  const random = createSeededRandom(7);
  let sampled = 0;
  for (let i = 0; i < 4000; i++) if (continueTrace([], 0.25, random).sampled) sampled++;
  expect(sampled).toBeGreaterThan(880);
  expect(sampled).toBeLessThan(1120);
});

import canonicalize from 'canonicalize'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { verdictOf } from '../tests/test-log.ts'
import { canonicalJson, type JsonValue, parseCanonicalObject } from './canonical-json.ts'

const parse = (text: string): JsonValue => JSON.parse(text) as JsonValue

describe('canonical JSON (RFC 8785)', () => {
  test('writes the examples of the RFC', () => {
    const values = String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`
    expect(canonicalJson(parse(values))).toBe(
      String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
    )
    const keys = String.raw`{"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7}`
    expect(canonicalJson(parse(keys))).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}')
    const structures =
      '{"1": {"f": {"f": "hi","F": 5} ,"\\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [ { } ], "A": { }}'
    expect(canonicalJson(parse(structures))).toBe(
      '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}',
    )
  })

  test('writes the numbers of the RFC, appendix B', () => {
    const samples: [string, string][] = [
      ['0000000000000000', '0'],
      ['8000000000000000', '0'],
      ['0000000000000001', '5e-324'],
      ['8000000000000001', '-5e-324'],
      ['7fefffffffffffff', '1.7976931348623157e+308'],
      ['ffefffffffffffff', '-1.7976931348623157e+308'],
      ['4340000000000000', '9007199254740992'],
      ['c340000000000000', '-9007199254740992'],
      ['4430000000000000', '295147905179352830000'],
      ['44b52d02c7e14af5', '9.999999999999997e+22'],
      ['44b52d02c7e14af6', '1e+23'],
      ['44b52d02c7e14af7', '1.0000000000000001e+23'],
      ['444b1ae4d6e2ef4e', '999999999999999700000'],
      ['444b1ae4d6e2ef4f', '999999999999999900000'],
      ['444b1ae4d6e2ef50', '1e+21'],
      ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
      ['3eb0c6f7a0b5ed8d', '0.000001'],
      ['41b3de4355555553', '333333333.3333332'],
      ['41b3de4355555554', '333333333.33333325'],
      ['41b3de4355555555', '333333333.3333333'],
      ['41b3de4355555556', '333333333.3333334'],
      ['41b3de4355555557', '333333333.33333343'],
      ['becbf647612f3696', '-0.0000033333333333333333'],
      ['43143ff3c1cb0959', '1424953923781206.2'],
    ]
    for (const [hex, written] of samples) {
      expect(canonicalJson(Buffer.from(hex, 'hex').readDoubleBE()), hex).toBe(written)
    }
    for (const hex of ['7fffffffffffffff', '7ff0000000000000', 'fff0000000000000']) {
      expect(() => canonicalJson(Buffer.from(hex, 'hex').readDoubleBE()), hex).toThrow(TypeError)
    }
  })

  test('writes what the server writes, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const plain = parse(JSON.stringify(value))
        expect(canonicalJson(plain)).toBe(canonicalize(plain))
      }),
      { numRuns: 1_000 },
    )
  })

  test('refuses what JSON cannot hold', () => {
    const nested = (depth: number) => parse('['.repeat(depth) + ']'.repeat(depth))
    expect(() => canonicalJson('\ud800')).toThrow(TypeError)
    expect(() => canonicalJson({ '\udc00': 1 })).toThrow(TypeError)
    expect(() => canonicalJson([undefined as unknown as JsonValue])).toThrow(TypeError)
    expect(() => canonicalJson(nested(502))).toThrow(TypeError)
    expect(canonicalJson(nested(500))).toHaveLength(1_000)
  })
})

describe('entries', () => {
  test('a canonical object is read', () => {
    expect(parseCanonicalObject('{"a":[1,2],"b":null}')).toEqual({ ok: true, value: { a: [1, 2], b: null } })
    const proto = parseCanonicalObject('{"__proto__":1}')
    expect(proto.ok && canonicalJson(proto.value)).toBe('{"__proto__":1}')
  })

  test('what two readers could understand differently is refused', () => {
    const spellings = [
      '{"a":1,"a":2}',
      '{"b":1,"a":2}',
      '{ "a":1}',
      '{"a":1.0}',
      '{"a":1e0}',
      '{"a":"\\u0041"}',
      '{"a":"\\/"}',
      '{"a":9007199254740993}',
      '{"a":-0}',
      '{"a":1}\n',
    ]
    for (const text of spellings) expect(verdictOf(parseCanonicalObject(text)), text).toBe('not_canonical')
    for (const text of [
      '',
      '1',
      '[]',
      'null',
      '"a"',
      '{"a":}',
      '{"a":1e400}',
      '{"a":"\\ud800"}',
      `{"a":${'['.repeat(9_999)}${']'.repeat(9_999)}}`,
    ]) {
      expect(verdictOf(parseCanonicalObject(text)), text.slice(0, 40)).toBe('malformed')
    }
  })
})

// Our ProtoJSON beside @bufbuild/protobuf's, on random messages of every type in the contracts, both ways. The seed is
// printed; PULIH_SEED repeats it. Started by test_json_bufbuild.py.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { create, createFileRegistry, equals, fromBinary, fromJsonString, toBinary, toJsonString } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'

const ROUNDS = 10
const DEPTH_MOST = 4
const CHARACTERS = [...'aZ09 _-\'"\\/\n\t<&éß€漢😀\u2028\ufffd\u{10ffff}']
const build = process.env.PULIH_BUILD
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(join(build, 'proto/all.pb'))))
const messages = [...registry]
  .filter((type) => type.kind === 'message' && type.typeName.startsWith('pulih.') && type.file.name !== 'pulih/options')

// mulberry32, https://gist.github.com/tommyettinger/46a874533244883189143505d203312c
function makeDice(seed) {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}
const seed = Number(process.env.PULIH_SEED ?? Date.now() % 2 ** 32)
const dice = makeDice(seed)
const pick = (list) => list[dice(list.length)]
const text = () => Array.from({ length: dice(12) }, () => pick(CHARACTERS)).join('')
const integer = (least, most) => pick([least, most, 0, Math.max(least, dice(200) - 100), dice(2 ** 31)])
const long = (least, most) => pick([least, most, 0n, BigInt(dice(2 ** 31)) * 4294967296n, BigInt(dice(1000))])

// By google.protobuf.FieldDescriptorProto.Type.
const scalars = {
  1: () => pick([0.1, 1e300, -2.5, 3, 1 / 3, Number.MAX_SAFE_INTEGER]), 2: () => Math.fround(pick([0.1, 1e30, -2.5, 3])),
  3: () => long(-(2n ** 63n), 2n ** 63n - 1n), 4: () => long(0n, 2n ** 64n - 1n), 5: () => integer(-(2 ** 31), 2 ** 31 - 1),
  6: () => long(0n, 2n ** 64n - 1n), 7: () => integer(0, 2 ** 32 - 1), 8: () => dice(2) === 1, 9: text,
  12: () => Uint8Array.from({ length: dice(20) }, () => dice(256)), 13: () => integer(0, 2 ** 32 - 1),
  15: () => integer(-(2 ** 31), 2 ** 31 - 1), 16: () => long(-(2n ** 63n), 2n ** 63n - 1n),
  17: () => integer(-(2 ** 31), 2 ** 31 - 1), 18: () => long(-(2n ** 63n), 2n ** 63n - 1n),
}

function value(field, depth) {
  if (field.enum) return pick(field.enum.values).number
  return field.message ? reflect(field.message, message(field.message, depth + 1)) : scalars[field.scalar]()
}

function message(type, depth = 0) {
  if (type.typeName === 'google.protobuf.Timestamp')
    return create(type, { seconds: BigInt(pick([-62135596800, 253402300799, 0, dice(2 ** 31)])), nanos: pick([0, 1, 5e8, 123456000, 999999999]) })
  if (type.typeName === 'pulih.type.v1.Date') return create(type, { year: 1 + dice(9999), month: 1 + dice(12), day: 1 + dice(28) })
  const made = reflect(type)
  const chosen = new Set(type.oneofs.map((oneof) => pick(oneof.fields)))
  for (const field of type.fields) {
    const nested = field.message !== undefined && depth === DEPTH_MOST
    if (nested || dice(4) === 0 || (field.oneof && !chosen.has(field))) continue
    if (field.fieldKind === 'list') for (let i = dice(3); i > 0; i--) made.get(field).add(value(field, depth))
    else made.set(field, value(field, depth))
  }
  return made.message
}

// tests/tools/json_tool.c
class Tool {
  constructor() {
    this.process = spawn(join(build, 'tests/tools/json_tool'), { stdio: ['pipe', 'pipe', 'inherit'] })
    this.received = Buffer.alloc(0)
    this.process.stdout.on('data', (data) => {
      this.received = Buffer.concat([this.received, data])
      this.take()
    })
    this.process.on('exit', (code) => this.answered?.(new Error(`the tool ended with ${code}`)))
  }

  take() {
    const line = this.received.indexOf('\n')
    if (line < 0) return
    const [outcome, size] = this.received.subarray(0, line).toString().split(' ')
    if (this.received.length < line + 1 + Number(size)) return
    const data = this.received.subarray(line + 1, line + 1 + Number(size))
    this.received = this.received.subarray(line + 1 + Number(size))
    this.answered(outcome === 'ok' ? data : new Error(data.toString()))
  }

  async run(operation, type, data) {
    const snake = (part) => part.replace(/(?<=[a-z0-9])([A-Z])|(?<=[A-Z])([A-Z])(?=[a-z])/g, '_$1$2').toLowerCase()
    const symbol = `${type.typeName.split('.').map(snake).join('__')}__descriptor`
    const answer = new Promise((done) => { this.answered = done })
    this.process.stdin.write(`${operation} ${symbol} ${data.length}\n`)
    this.process.stdin.write(data)
    const got = await answer
    if (got instanceof Error) throw new Error(`${operation} ${type.typeName} (PULIH_SEED=${seed}): ${got.message}`)
    return got
  }
}

test('every message is the same in both', async () => {
  console.log(`PULIH_SEED=${seed}`)
  const tool = new Tool()
  assert.ok(messages.length > 100, `${messages.length} messages`)
  for (const type of messages) {
    for (let round = 0; round < ROUNDS; round++) {
      const original = message(type)
      const theirs = toJsonString(type, original)
      const ours = (await tool.run('encode', type, toBinary(type, original))).toString()
      assert.deepEqual(JSON.parse(ours), JSON.parse(theirs), `${type.typeName} (PULIH_SEED=${seed})`)
      assert.ok(equals(type, fromJsonString(type, ours), original), `${ours} is read otherwise (PULIH_SEED=${seed})`)
      const read = fromBinary(type, await tool.run('decode', type, Buffer.from(theirs)))
      assert.ok(equals(type, read, original), `${theirs} was read as ${toJsonString(type, read)} (PULIH_SEED=${seed})`)
    }
  }
  tool.process.stdin.end()
})

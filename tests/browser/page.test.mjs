// What the page promises before any browser opens it: its size, its types, its words.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..')
const build = process.env.PULIH_BUILD ?? join(root, 'build')
const web = join(build, 'web')
const source = join(root, 'services/gateway/web/src')
const KB = 1024

const gzipped = (path) => readFileSync(join(web, `${path}.gz`)).length
const total = (paths) => paths.reduce((sum, path) => sum + gzipped(path), 0)

const sizes = JSON.parse(readFileSync(`${web}.sizes.json`, 'utf8'))

test('the first load is at most 70 KB', () => {
  const bytes = total(sizes.first)
  assert.ok(bytes <= 70 * KB, `first load is ${bytes} bytes gzipped`)
})

// A person's browser never loads another role's.
for (const [section, { first, all }] of Object.entries(sizes.sections)) {
  test(`scripts of the ${section} are at most 60 KB until a page shows, and 80 KB in all`, (context) => {
    context.diagnostic(`${total(first)} of ${total(all)} bytes gzipped`)
    assert.ok(total(first) <= 60 * KB, `until a page shows they are ${total(first)} bytes gzipped`)
    assert.ok(total(all) <= 80 * KB, `in all they are ${total(all)} bytes gzipped`)
  })
}

test('nothing in the page needs a loose content security policy', () => {
  const html = readFileSync(join(web, 'index.html'), 'utf8')
  assert.doesNotMatch(html, /<style| style=|\son\w+=|<script(?![^>]*src=)/)
})

test('types hold', () => {
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', join(root, 'services/gateway/web')], { stdio: 'inherit' })
})

function wordsOf(set, language) {
  const text = readFileSync(join(source, 'words', set, `${language}.ts`), 'utf8')
  return new Map([...text.matchAll(/^ {2}'([^']+)': (['"`])(.*)\2,$/gm)].map(([, key, , words]) => [key, words]))
}

test('both languages have the same words with the same places, and none is for nothing', () => {
  const sources = execFileSync('grep', ['-rhoE', "'[a-z_]+\\.[^' ]*'|`[a-z_.]+\\$|'[a-z]+'", source, '--include=*.ts', '--include=*.tsx', '--exclude-dir=words'],
    { encoding: 'utf8' })
  // Keys that are put together: `officer.change.${kind}`.
  const families = [...sources.matchAll(/`([a-z_.]+)\$/g)].map(([, family]) => family)
  for (const set of readdirSync(join(source, 'words'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map(({ name }) => name)) {
    const id = wordsOf(set, 'id')
    const en = wordsOf(set, 'en')
    assert.deepEqual([...en.keys()], [...id.keys()], set)
    for (const [key, words] of id) {
      const places = (text) => [...new Set([...text.matchAll(/\{(\w+)[|}]/g)].map(([, name]) => name))].sort()
      assert.deepEqual(places(en.get(key)), places(words), key)
      // Common words are a vocabulary; the others are for one place each.
      if (set === 'common') continue
      assert.ok(sources.includes(`'${key}'`) || families.some((family) => key.startsWith(family)), `${key} is never said`)
    }
  }
})

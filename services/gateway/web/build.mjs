// Builds the page into a folder: `node services/gateway/web/build.mjs build/web`. Names under assets/ carry a hash of
// what is in them and may be kept for ever; every file has a .gz and .br beside it. See README.md.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import esbuild from 'esbuild'
import * as sass from 'sass'

const web = dirname(fileURLToPath(import.meta.url))
const root = resolve(web, '../../..')
const target = resolve(process.argv[2] ?? join(root, 'build/web'))
const fresh = `${target}.new`

function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)])
}

function write(name, text) {
  const path = join(fresh, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

// Gives the address of a file with a hash in its name.
function writeHashed(name, extension, text) {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  write(`assets/${name}-${hash}.${extension}`, text)
  return `/assets/${name}-${hash}.${extension}`
}

// Types of the contracts, for the compiler alone, and beside them what else is made.
function makeTypes() {
  const proto = join(root, 'proto')
  const types = join(root, 'build/web-types')
  rmSync(types, { recursive: true, force: true })
  mkdirSync(types, { recursive: true })
  execFileSync('protoc', [`--plugin=${join(root, 'node_modules/.bin/protoc-gen-es')}`, `--proto_path=${proto}`,
    `--es_out=${types}`, '--es_opt=target=dts,json_types=true',
    ...filesUnder(proto).filter((file) => file.endsWith('.proto')).map((file) => relative(proto, file))])
  writeFileSync(join(types, 'pulih/register_names.json'), JSON.stringify(registerNames()))
}

// Methods whose name doesn't tell whether they only read: GetNote writes an audit entry.
function readsAgainstName() {
  const against = []
  for (const file of filesUnder(join(root, 'proto')).filter((name) => name.endsWith('.proto'))) {
    for (const [, name, body] of readFileSync(file, 'utf8').matchAll(/^ {2}rpc (\w+)\(.*?\{(.*?)^ {2}\}/gms)) {
      if (/^(Get|List|Count)/.test(name) !== body.includes('NO_SIDE_EFFECTS')) against.push(name)
    }
  }
  return against
}

// The words of common/base/errors.def, so that an error is told in the reader's language.
function reasonTexts() {
  const table = readFileSync(join(root, 'common/base/errors.def'), 'utf8').replace(/^\s*\/\/.*$/gm, '')
  const text = String.raw`((?:"(?:[^"\\]|\\.)*"\s*)+)`
  const row = new RegExp(String.raw`REASON\(\s*(\w+)\s*,\s*\w+\s*,\s*(?:NULL|"[^"]*")\s*,\s*(?:NULL|"[^"]*")\s*,\s*${text},\s*${text}\)`, 'g')
  const joined = (literals) => literals.match(/"(?:[^"\\]|\\.)*"/g).map((literal) => JSON.parse(literal)).join('')
  const id = {}
  const en = {}
  for (const [, name, english, indonesian] of table.matchAll(row)) {
    en[name] = joined(english)
    id[name] = joined(indonesian)
  }
  const wanted = table.match(/^REASON\(/gm).length
  if (Object.keys(id).length !== wanted) throw new Error(`errors.def: read ${Object.keys(id).length} of ${wanted} rows`)
  return { id, en }
}

// The columns of services/pulih/register.def: { registerNumber: [name, …], … }.
function registerNames() {
  const table = readFileSync(join(root, 'services/pulih/register.def'), 'utf8')
  const rows = [...table.matchAll(/^COLUMN\(\w+, (\w+), "[^"]*",\s*((?:"[^"]*"\s*)+)\)/gm)]
  if (rows.length !== table.match(/^COLUMN\(/gm).length) throw new Error('register.def: a row is not understood')
  const camel = (field) => field.replace(/_(\w)/g, (_, letter) => letter.toUpperCase())
  return Object.fromEntries(rows.map(([, field, names]) => [camel(field), names.replace(/"\s*"|^"|"\s*$/g, '').split(' ')]))
}

// Every file of src/words as JSON: { "officer-id": address, … }.
async function words() {
  const addresses = {}
  for (const file of filesUnder(join(web, 'src/words')).filter((name) => /\/(id|en)\.ts$/.test(name))) {
    const [set, language] = relative(join(web, 'src/words'), file).replace('.ts', '').split('/')
    const { code } = await esbuild.transform(readFileSync(file, 'utf8'), { loader: 'ts', format: 'esm' })
    const texts = (await import(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`))[language]
    addresses[`${set}-${language}`] = writeHashed(`words-${set}-${language}`, 'json', JSON.stringify(texts))
  }
  return addresses
}

function styles(sheet) {
  const { css } = sass.compile(join(web, `styles/${sheet}.scss`), {
    loadPaths: [join(root, 'node_modules')], style: 'compressed', quietDeps: true, silenceDeprecations: ['import'],
  })
  return esbuild.transformSync(css, { loader: 'css', minify: true, target: 'chrome80' }).code
}

// Every script that `from` load, at once or later, but for those of `others`.
function reached(outputs, from, others, kinds = ['import-statement', 'dynamic-import']) {
  const seen = new Set(from)
  for (const path of seen) {
    for (const used of outputs[path].imports) if (kinds.includes(used.kind) && !others.includes(used.path) && outputs[used.path]) seen.add(used.path)
  }
  return [...seen]
}

async function bundle(options) {
  const { metafile } = await esbuild.build({
    bundle: true, minify: true, format: 'esm', target: ['es2020'], jsx: 'automatic', jsxImportSource: 'preact', metafile: true,
    legalComments: 'none', charset: 'utf8', absWorkingDir: web, tsconfig: join(web, 'tsconfig.json'), ...options,
  })
  return metafile.outputs
}

async function build() {
  rmSync(fresh, { recursive: true, force: true })
  makeTypes()
  const reasons = reasonTexts()
  const reasonAddresses = Object.fromEntries(Object.entries(reasons).map(([language, texts]) =>
    [language, writeHashed(`reasons-${language}`, 'json', JSON.stringify(texts))]))
  const wordAddresses = await words()
  const style = writeHashed('page', 'css', styles('page'))
  const rest = writeHashed('rest', 'css', styles('rest'))
  const icon = writeHashed('icon', 'svg', readFileSync(join(web, 'static/icon.svg')))
  write('manifest.webmanifest', readFileSync(join(web, 'static/manifest.webmanifest'), 'utf8').replaceAll('{icon}', icon))

  const outputs = await bundle({
    entryPoints: { app: 'src/app.tsx' }, splitting: true, outdir: join(fresh, 'assets'),
    entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]',
    define: {
      REASON_ADDRESSES: JSON.stringify(reasonAddresses), READS_AGAINST_NAME: JSON.stringify(readsAgainstName()),
      WORD_ADDRESSES: JSON.stringify(wordAddresses), REST_OF_STYLES: JSON.stringify(rest),
    },
  })
  const address = (path) => `/assets/${path.split('/').pop()}`
  // Everybody has the inbox beside the section of their role.
  const sections = Object.entries(outputs).filter(([, { entryPoint }]) => /^src\/pages\/(?!inbox)\w+\/index\.tsx$/.test(entryPoint ?? ''))
  const sectionOf = ([, { entryPoint }]) => entryPoint.split('/')[2]
  const signIn = address(Object.keys(outputs).find((path) => outputs[path].entryPoint === 'src/pages/sign_in.tsx'))
  const [opening] = Object.keys(await bundle({
    entryPoints: { opening: 'src/opening.ts' }, outdir: join(fresh, 'assets'), entryNames: '[name]-[hash]', format: 'iife',
    define: {
      WORD_ADDRESSES: JSON.stringify(wordAddresses), REST_OF_STYLES: JSON.stringify(rest), SIGN_IN_SCRIPT: JSON.stringify(signIn),
      SECTION_SCRIPTS: JSON.stringify(Object.fromEntries(sections.map((section) => [sectionOf(section), address(section[0])]))),
    },
  })).map(address)
  const [app, { imports }] = Object.entries(outputs).find(([, output]) => output.entryPoint === 'src/app.tsx')
  const first = [app, ...imports.filter((used) => used.kind === 'import-statement').map((used) => used.path)].map(address)
  write('index.html', readFileSync(join(web, 'static/index.html'), 'utf8')
    .replace('{style}', style).replace('{icon}', icon).replace('{app}', first[0]).replace('{opening}', opening)
    .replace('{preload}', first.slice(1).map((path) => `<link rel="modulepreload" href="${path}">`).join('\n    ')))

  const shell = ['/index.html', ...filesUnder(join(fresh, 'assets')).map(address)].sort()
  const version = createHash('sha256').update(shell.join()).update(readFileSync(join(fresh, 'index.html'))).digest('hex').slice(0, 12)
  await bundle({
    entryPoints: { sw: 'src/offline/worker.ts' }, outdir: fresh, format: 'iife',
    define: { SHELL: JSON.stringify(shell), VERSION: JSON.stringify(version) },
  })

  for (const file of filesUnder(fresh)) {
    const content = readFileSync(file)
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9, memLevel: 9 }))
    writeFileSync(`${file}.br`, brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }))
  }
  // What the gateway serves changes at once.
  const old = `${target}.old`
  rmSync(old, { recursive: true, force: true })
  try { renameSync(target, old) } catch (error) { if (error.code !== 'ENOENT') throw error }
  renameSync(fresh, target)
  rmSync(old, { recursive: true, force: true })
  // For the budget (tests/browser): what is loaded before anything is shown, and of each section the scripts of its first load, and every one.
  writeFileSync(`${target}.sizes.json`, JSON.stringify({
    first: ['/index.html', style, opening, wordAddresses['common-id'], ...first],
    sections: Object.fromEntries(sections.map((section) => {
      const scripts = (kinds) => ['/sw.js', opening, ...reached(outputs, [app, section[0]], sections.map(([other]) => other), kinds).map(address)]
      return [sectionOf(section), { first: scripts(['import-statement']), all: scripts() }]
    })),
  }))
}

await build()

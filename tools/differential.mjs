// Compares "rolewatch eval" with @cloud-copilot/iam-simulate on random policies and requests, and prints a table of what they
// disagree on: the class, how often, and one smallest case for each.
// Usage: node differential.mjs <node_modules> <rolewatch> <count> <seed>
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { cases } from './differential-cases.mjs'
import { classOf, smallest } from './differential-classes.mjs'

const [modules, rolewatch, count, seed] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(modules, '@cloud-copilot', file)))
const { loadPolicy } = await load('iam-policy/dist/esm/index.js')
const { authorize } = await load('iam-simulate/dist/esm/core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await load('iam-simulate/dist/esm/request/request.js')
const { RequestContextImpl } = await load('iam-simulate/dist/esm/requestContext.js')
const { DiscoveryContextKeyConstraints } = await load('iam-simulate/dist/esm/context_keys/discoveryContextKeyConstraints.js')

const decisions = { Allowed: 'allowed', ImplicitlyDenied: 'implicitDeny', ExplicitlyDenied: 'explicitDeny' }
const levels = (list = []) => list.map((policies, i) => ({ orgIdentifier: `level-${i}`, policies: policies.map((p, j) => loadPolicy(p, { name: `${i}-${j}` })) }))
const named = (list) => list?.map((p, i) => loadPolicy(p, { name: `${i}` }))

function theirs(c) {
  try {
    return decisions[authorize({
      request: new AwsRequestImpl(c.principal, { resource: c.resource, accountId: c.resourceAccount }, c.action, new RequestContextImpl(c.context)),
      sessionPolicy: c.session && loadPolicy(c.session, { name: 'session' }),
      identityPolicies: named(c.identity ?? []),
      serviceControlPolicies: levels(c.scps),
      resourceControlPolicies: levels(c.rcps),
      resourcePolicy: c.resourcePolicy && loadPolicy(c.resourcePolicy, { name: 'resource' }),
      permissionBoundaries: named(c.boundaries),
      vpcEndpointPolicies: undefined,
      simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
      serviceSettings: {},
    }).result]
  } catch (error) {
    return `error: ${error.message.replace(/[:"].*/s, '')}`
  }
}

// One process answers all requests, a line each.
const engine = spawn(rolewatch, ['eval', '-'], { stdio: ['pipe', 'pipe', 'inherit'] })
const answers = createInterface({ input: engine.stdout })[Symbol.asyncIterator]()
engine.stdin.on('error', () => { throw new Error('rolewatch eval ended') })
async function ours(c) {
  engine.stdin.write(JSON.stringify(c) + '\n')
  const { value, done } = await answers.next()
  if (done) throw new Error('rolewatch eval ended')
  const answer = JSON.parse(value)
  return answer.decision ?? `refused: ${answer.error.replace(/^line \d+, column \d+: /, "").replace(/[":].*/s, "").trim()}`
}

const classes = new Map(), compared = {}
for (const c of cases(Number(seed), Number(count))) {
  const [a, b] = [await ours(c), theirs(c)]
  compared[a] = (compared[a] ?? 0) + 1
  if (a === b) continue
  const differ = async (other) => {
    const t = theirs(other)
    return t === b && (await ours(other)) === a
  }
  const small = await smallest(c, differ)
  const name = classOf(small)
  const seen = classes.get(name)
  const text = `${a} / ${b}: ${JSON.stringify(small)}`
  if (!seen) classes.set(name, { count: 1, text })
  else {
    seen.count++
    if (text.length < seen.text.length) seen.text = text
  }
}
engine.stdin.end()

const rulings = readFileSync(new URL('../docs/differential.md', import.meta.url), 'utf8')
const ruled = (name) => rulings.includes(`\n### ${name}\n`)
let disagreements = 0
for (const { count: n } of classes.values()) disagreements += n
console.log(`${count} comparisons, seed ${seed}: ${Object.entries(compared).map(([d, n]) => `${n} ${d}`).join(', ')}`)
console.log(`${disagreements} disagreements in ${classes.size} classes (an example is: rolewatch's answer / iam-simulate's answer: the smallest case)\n`)
for (const [name, { count: n, text }] of [...classes].sort((x, y) => y[1].count - x[1].count || x[0].localeCompare(y[0]))) {
  console.log(`${String(n).padStart(6)}  ${ruled(name) ? '         ' : 'NOT RULED'}  ${name}\n        ${text}`)
}

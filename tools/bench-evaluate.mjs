// Asks @cloud-copilot/iam-simulate the requests of function/policy/testdata/benchmark.json and prints, as JSON, how many
// evaluations it does in a second for each case. Policies are loaded and requests built beforehand.
// Usage: node bench-evaluate.mjs <node_modules> <cases.json> <seconds>
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [modules, casesFile, seconds] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(modules, '@cloud-copilot', file)))
const { loadPolicy } = await load('iam-policy/dist/esm/index.js')
const { authorize } = await load('iam-simulate/dist/esm/core_engine/CoreSimulatorEngine.js')
const { AwsRequestImpl } = await load('iam-simulate/dist/esm/request/request.js')
const { RequestContextImpl } = await load('iam-simulate/dist/esm/requestContext.js')
const { DiscoveryContextKeyConstraints } = await load('iam-simulate/dist/esm/context_keys/discoveryContextKeyConstraints.js')

const results = { Allowed: 'allowed', ImplicitlyDenied: 'implicitDeny', ExplicitlyDenied: 'explicitDeny' }
const perSecond = {}
for (const { name, resourcePolicy, identity = [], requests } of JSON.parse(readFileSync(casesFile, 'utf8'))) {
  const identityPolicies = identity.map((p) => loadPolicy(p.document, { name: p.name }))
  const trust = resourcePolicy && loadPolicy(resourcePolicy.document, { name: resourcePolicy.name })
  const questions = requests.map((r) => ({
    request: new AwsRequestImpl(r.principal, { resource: r.resource, accountId: r.resourceAccount }, r.action, new RequestContextImpl(r.context)),
    sessionPolicy: undefined,
    identityPolicies,
    serviceControlPolicies: [],
    resourceControlPolicies: [],
    resourcePolicy: trust,
    permissionBoundaries: undefined,
    vpcEndpointPolicies: undefined,
    simulationParameters: { simulationMode: 'Strict', discoveryContextKeyConstraints: new DiscoveryContextKeyConstraints([]) },
    serviceSettings: {},
  }))
  const answer = (i) => results[authorize(questions[i]).result]
  requests.forEach((r, i) => {
    if (answer(i) !== r.decision) throw new Error(`${name}: ${r.action} on ${r.resource} is ${answer(i)}, want ${r.decision}`)
  })
  const run = (forSeconds) => {
    const start = process.hrtime.bigint(), end = start + BigInt(forSeconds * 1e9)
    let count = 0
    while (process.hrtime.bigint() < end) {
      for (let i = 0; i < questions.length; i++, count++) {
        if (answer(i) !== requests[i].decision) throw new Error(name)
      }
    }
    return (count / Number(process.hrtime.bigint() - start)) * 1e9
  }
  run(seconds / 2) // The compiler warms up.
  perSecond[name] = run(seconds)
}
console.log(JSON.stringify(perSecond))

// Makes a case as small as it can be with the same two answers, and names what is left of it.

const kinds = ['identity', 'resourcePolicy', 'boundaries', 'session', 'scps', 'rcps']
const without = (object, key) => Object.fromEntries(Object.entries(object).filter(([k]) => k !== key))
const list = (value) => (Array.isArray(value) ? value : [value])

// smaller yields variants of a value that lack one part, the larger parts first.
function* smaller(value, path) {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) yield [...value.slice(0, i), ...value.slice(i + 1)]
    if (value.length === 1 && path !== 'identity' && path !== 'boundaries') yield value[0]
    for (let i = 0; i < value.length; i++) for (const v of smaller(value[i], '')) yield value.map((old, j) => (j === i ? v : old))
  } else if (value !== null && typeof value === 'object') {
    for (const key of Object.keys(value)) if (!required.has(key)) yield without(value, key)
    for (const [key, part] of Object.entries(value)) for (const v of smaller(part, key)) yield { ...value, [key]: v }
  } else if (typeof value === 'string') {
    for (const simple of simplest[path] ?? []) if (value !== simple) yield simple
  }
}

// A statement without these would be another policy altogether.
const required = new Set(['principal', 'action', 'resource', 'resourceAccount', 'context', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Principal', 'NotPrincipal', 'Version', 'Statement'])
const simplest = { Action: ['*'], Resource: ['*'], Version: ['2012-10-17'], Principal: ['*'] }

export async function smallest(c, differ) {
  for (let again = true; again; ) {
    again = false
    for (const variant of smaller(c, '')) {
      if (valid(variant) && (await differ(variant))) {
        c = variant
        again = true
        break
      }
    }
  }
  return c
}

// valid holds the shapes that both engines read: lists of policies and levels are not empty, and statements are whole.
function valid(c) {
  const policies = documents(c)
  const levels = [c.scps, c.rcps].filter((l) => l !== undefined)
  return policies.every(([, d]) => d?.Version && list(d.Statement).length > 0 && list(d.Statement).every(whole)) &&
    levels.every((l) => Array.isArray(l) && l.length > 0 && l.every(Array.isArray)) &&
    [c.identity, c.boundaries].every((l) => l === undefined || (Array.isArray(l) && l.length > 0))
}

const filled = (v) => (Array.isArray(v) ? v.length > 0 && v.every(filled) : v !== null && typeof v === 'object' ? Object.keys(v).length > 0 && Object.values(v).every(filled) : v !== undefined)
function whole(s) {
  const { Condition: condition, ...rest } = s ?? {}
  return rest.Effect !== undefined && filled(rest) &&
    (condition === undefined || (Object.keys(condition).length > 0 && Object.values(condition).every((b) => typeof b === 'object' && filled(b))))
}

function documents(c) {
  return kinds.filter((k) => c[k] !== undefined).flatMap((k) => [c[k]].flat(2).map((d) => [k, d]))
}

// classOf gives the first class whose sign a smallest case has. docs/differential.md rules on each by its name.
export function classOf(c) {
  const signs = signsOf(c)
  return classes.find(([, has]) => has(signs))?.[0] ?? `not classified: ${[...signs.conditions.map((s) => s.text), ...signs.forms, ...signs.kinds].sort().join(', ')}`
}

const condition = (test) => ({ conditions }) => conditions.some(test)
const form = (name) => ({ forms }) => forms.has(name)
const classes = [
  ['grant to a session or to "*" against a session policy', ({ kinds }) => kinds.has('resourcePolicy Allow') && (kinds.has('session Allow') || kinds.has('session Deny'))],
  ['Version 2008-10-17', form('Version 2008-10-17')],
  ['empty value of a key', condition((s) => s.present.length === 0 && s.has !== 'absent')],
  ['empty text in a variable', form('variable of an empty text')],
  ['variable of a key with several values', condition((s) => s.values.some((v) => /\$\{aws:(TagKeys|CalledVia)\}/.test(v)))],
  ['variable that has no value, in Resource', form('Resource with a variable')],
  ['variable that has no value, in a condition', condition((s) => s.unresolved)],
  ['literal asterisk with an operator without wildcards', condition((s) => s.values.some((v) => v.includes('${*}')))],
  ['IfExists with a set operator', condition((s) => /^For.*IfExists$/.test(s.operator))],
  ['several values without a set operator', condition((s) => s.has === 'a list' && !s.operator.startsWith('For'))],
  ['value of the request of another type', condition((s) => /Date|Numeric/.test(s.type) && s.present.some((p) => !(s.type === 'Date' ? /^\d[-0-9T:Z]*$/ : /^-?\d+(\.\d+)?$/).test(p)))],
  ['date in years, months or seconds', condition((s) => s.type === 'Date' && [...s.values, ...s.present].some((v) => /^(\d{4}(-\d\d)?|\d{6,})$/.test(v)))],
  ['number with white space or an exponent', condition((s) => s.type === 'Numeric' && s.values.some((v) => /\s|e/.test(v)))],
  ['ARN pattern that ends early', condition((s) => s.type === 'Arn' && s.values.some((v) => v.split(':').length < 6))],
  ['address of another family', condition((s) => s.type === 'Ip' && s.values.some((v) => s.present.some((p) => p.includes(':') !== v.includes(':'))))],
  ['address range of length 0', condition((s) => s.type === 'Ip' && s.values.some((v) => v.endsWith('/0')))],
  ['binary value that is not base64', condition((s) => s.type === 'Binary')],
  ['wildcard in the service of an action', form('wildcard in the service of an action')],
  ['wildcard in the type of a resource', form('Resource with a wildcard in the type')],
  ['RCP for a service that has none', ({ kinds, service }) => kinds.has('rcps Deny') && !/^(s3|sqs|kms|sts|secretsmanager|dynamodb)$/.test(service)],
  ['asterisk that reaches over segments, in an RCP', ({ kinds, forms }) => kinds.has('rcps Deny') && forms.has('Resource that ends early')],
  ['NotPrincipal', form('NotPrincipal')],
  ['request for "*"', form('request for "*"')],
  ['role without a trust policy', ({ kinds }) => kinds.has('sts:AssumeRole') && ![...kinds].some((k) => k.startsWith('resourcePolicy'))],
]

// signsOf collects what is left of a case: its conditions, the forms of its elements, and the kinds of its statements.
function signsOf(c) {
  const signs = { conditions: [], forms: new Set(), kinds: new Set(), service: c.action.split(':')[0] }
  for (const [kind, document] of documents(c)) {
    if (document.Version !== '2012-10-17') signs.forms.add('Version 2008-10-17')
    for (const s of list(document.Statement)) {
      signs.kinds.add(`${kind} ${s.Effect}`)
      for (const element of ['NotAction', 'NotResource', 'NotPrincipal']) if (s[element]) signs.forms.add(element)
      for (const r of list(s.Resource ?? s.NotResource ?? [])) signs.forms.add(formOfResource(r, c))
      for (const a of list(s.Action ?? s.NotAction)) if (a !== '*' && /^[^:]*[*?]/.test(a)) signs.forms.add('wildcard in the service of an action')
      for (const [operator, block] of Object.entries(s.Condition ?? {})) {
        for (const [key, values] of Object.entries(block)) signs.conditions.push(conditionOf(operator, key, list(values), c, signs))
      }
      const names = typeof s.Principal === 'object' ? Object.entries(s.Principal) : []
      for (const [type, values] of names) for (const v of list(values)) signs.kinds.add(`Principal ${type} ${v}`)
    }
  }
  if (c.resource === '*') signs.forms.add('request for "*"')
  if (c.resourceAccount !== '111122223333') signs.kinds.add('other account')
  signs.kinds.add(c.action)
  return signs
}

// hasUnresolved tells whether a text has a variable without a default whose key the request lacks.
function hasUnresolved(text, c) {
  const known = Object.keys(c.context).map((k) => k.toLowerCase())
  return [...text.matchAll(/\$\{([^},*?$]+)\}/g)].some(([, key]) => !known.includes(key.toLowerCase()))
}

function formOfResource(r, c) {
  const parts = r.split(':')
  if (r === '*' || r === c.resource) return 'Resource'
  if (r.includes('${')) return c.context['aws:PrincipalTag/team'] === '' && /team/.test(r) ? 'variable of an empty text' : hasUnresolved(r, c) ? 'Resource with a variable' : 'Resource with ${*} or a value'
  if (parts.length < 6) return 'Resource that ends early'
  if (r.toLowerCase() === c.resource.toLowerCase()) return 'Resource in another case'
  if (/[*?]/.test(parts.slice(1, 5).join(''))) return 'Resource with a wildcard before the name'
  return /^[^/:]*[*?][^/:]*[/:]/.test(parts.slice(5).join(':')) ? 'Resource with a wildcard in the type' : 'Resource with a wildcard in the name'
}

function conditionOf(operator, key, values, c, signs) {
  const name = Object.keys(c.context).find((k) => k.toLowerCase() === key.toLowerCase())
  const held = name === undefined ? [] : list(c.context[name])
  const has = name === undefined ? 'absent' : Array.isArray(c.context[name]) ? 'a list' : 'text'
  if (c.context['aws:PrincipalTag/team'] === '' && values.some((v) => /\$\{.*team/.test(v))) signs.forms.add('variable of an empty text')
  const type = /String|Numeric|Date|Bool|Ip|Arn|Binary|Null/.exec(operator)[0]
  return { operator, type, values, has, unresolved: values.some((v) => hasUnresolved(v, c)), present: held.filter((v) => v !== ''), text: `${operator} ${key} ${JSON.stringify(values)} on ${has}` }
}

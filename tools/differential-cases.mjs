// Makes random policies and requests, the same ones for the same seed. Names are few, so that what a policy says often meets what
// a request asks. A case is a request of "rolewatch eval": see "rolewatch eval --help".

const account = '111122223333', other = '444455556666'
const allowAll = { Effect: 'Allow', Action: '*', Resource: '*' }

// Actions with resources that they act on. "*" stands for actions that have none.
const targets = [
  ['s3:GetObject', 'arn:aws:s3:::bucket-a/team/Ann.csv', 'arn:aws:s3:::bucket-b/x'],
  ['s3:ListBucket', 'arn:aws:s3:::bucket-a', 'arn:aws:s3:::bucket-b'],
  ['sqs:SendMessage', `arn:aws:sqs:eu-west-1:${account}:orders`, `arn:aws:sqs:eu-west-1:${other}:orders`],
  ['dynamodb:GetItem', `arn:aws:dynamodb:eu-west-1:${account}:table/orders`, `arn:aws:dynamodb:us-east-1:${other}:table/a`],
  ['lambda:InvokeFunction', `arn:aws:lambda:eu-west-1:${account}:function:pay:live`, `arn:aws:lambda:eu-west-1:${account}:function:pay`],
  ['secretsmanager:GetSecretValue', `arn:aws:secretsmanager:eu-west-1:${account}:secret:db-AbCdEf`],
  ['kms:Decrypt', `arn:aws:kms:eu-west-1:${account}:key/11111111-2222-3333-4444-555555555555`],
  ['sts:AssumeRole', `arn:aws:iam::${account}:role/target`, `arn:aws:iam::${other}:role/team/target`],
  ['iam:PassRole', `arn:aws:iam::${account}:role/target`],
  ['ec2:DescribeInstances', '*'],
]

const principals = [
  { arn: `arn:aws:iam::${account}:user/ann`, context: { 'aws:username': 'ann', 'aws:PrincipalType': 'User', 'aws:PrincipalArn': `arn:aws:iam::${account}:user/ann` } },
  {
    arn: `arn:aws:sts::${account}:assumed-role/app/session-1`,
    context: { 'aws:PrincipalType': 'AssumedRole', 'aws:PrincipalArn': `arn:aws:iam::${account}:role/app`, 'aws:userid': 'AROAEXAMPLE:session-1' },
  },
]

// Condition keys by what their values are, with values that a request may have. Several values make a list.
const keys = {
  'aws:PrincipalTag/team': { type: 'String', values: ['blue', 'Blue', 'red', 'b*', ''] },
  'aws:RequestedRegion': { type: 'String', values: ['eu-west-1', 'us-east-1'] },
  'aws:TagKeys': { type: 'String', multi: true, values: ['team', 'Team', 'cost', 'env'] },
  'aws:SourceVpce': { type: 'String', values: ['vpce-1', 'vpce-2'] },
  'aws:SourceArn': { type: 'Arn', values: [`arn:aws:sns:eu-west-1:${account}:topic`, `arn:aws:s3:::bucket-a`, 'no-arn'] },
  'aws:CalledVia': { type: 'String', multi: true, values: ['athena.amazonaws.com', 'kms.amazonaws.com'] },
  's3:max-keys': { type: 'Numeric', values: ['10', '10.0', '9.5', '-1', 'ten'] },
  'aws:MultiFactorAuthAge': { type: 'Numeric', values: ['3600', '0'] },
  'aws:CurrentTime': { type: 'Date', values: ['2026-01-01T00:00:00Z', '2026-06-15T12:30:00Z'] },
  'aws:TokenIssueTime': { type: 'Date', values: ['2026-01-01T00:00:00Z', '1767225600'] },
  'aws:SecureTransport': { type: 'Bool', values: ['true', 'false', 'True'] },
  'aws:ViaAWSService': { type: 'Bool', values: ['true', 'false'] },
  'aws:SourceIp': { type: 'IpAddress', values: ['192.0.2.10', '198.51.100.7', '2001:db8::1'] },
  'aws:username': { type: 'String', values: [] },
  'aws:PrincipalArn': { type: 'Arn', values: [] },
  'aws:userid': { type: 'String', values: [] },
}
const operators = {
  String: ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase', 'StringLike', 'StringNotLike'],
  Numeric: ['NumericEquals', 'NumericNotEquals', 'NumericLessThan', 'NumericLessThanEquals', 'NumericGreaterThan', 'NumericGreaterThanEquals'],
  Date: ['DateEquals', 'DateNotEquals', 'DateLessThan', 'DateLessThanEquals', 'DateGreaterThan', 'DateGreaterThanEquals'],
  Bool: ['Bool'],
  IpAddress: ['IpAddress', 'NotIpAddress'],
  Arn: ['ArnEquals', 'ArnNotEquals', 'ArnLike', 'ArnNotLike'],
  Binary: ['BinaryEquals'],
}
const written = {
  String: ['blue', 'BLUE', 'b*', '?lue', '*', '', 'eu-west-1', 'eu-*', 'team', 'ann', 'vpce-1', '${aws:username}', '${aws:PrincipalTag/team}',
    "${aws:PrincipalTag/team, 'red'}", '${*}', 'b${*}', 'AROAEXAMPLE:*', 'athena.amazonaws.com', '${aws:TagKeys}', '${aws:PrincipalTag/nosuch}'],
  Numeric: ['10', '9.5', '0', '-1', '1e1', 'ten', '3600', ' 10', ''],
  Date: ['2026-01-01T00:00:00Z', '2026-01-01', '2026-06-15T12:30:00+00:00', '1767225600', 'yesterday', '2026', '2026-06'],
  Bool: ['true', 'false', 'TRUE', 'yes', ''],
  IpAddress: ['192.0.2.0/24', '192.0.2.10', '0.0.0.0/0', '2001:db8::/32', '192.0.2.10/24', 'nonsense', '::/0', '192.0.2.0/33'],
  Arn: [`arn:aws:sns:eu-west-1:${account}:topic`, 'arn:aws:sns:*:*:*', 'arn:aws:s3:::bucket-*', `arn:aws:iam::${account}:role/app`, `arn:aws:iam::${account}:user/\${aws:username}`,
    `arn:aws:iam::${account}:*`, 'arn:*', '*', 'arn:aws:sns:eu-west-?:*:t*', 'arn:aws:s3:::'],
  Binary: ['YmJi', 'not base64'],
}

export function* cases(seed, count) {
  const g = new Generator(seed)
  for (let i = 0; i < count; i++) yield g.case()
}

class Generator {
  constructor(seed) {
    this.state = seed >>> 0
  }

  // Mulberry32: small, and the same everywhere.
  random() {
    let t = (this.state = (this.state + 0x6d2b79f5) | 0)
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  chance(p) { return this.random() < p }
  pick(list) { return list[Math.floor(this.random() * list.length)] }
  some(max, make) { return Array.from({ length: 1 + Math.floor(this.random() * max) }, make) }
  oneOrMany(list) { return list.length === 1 && this.chance(0.7) ? list[0] : list }

  case() {
    const [action, ...resources] = this.pick(targets)
    const resource = this.pick(resources), principal = this.pick(principals)
    this.request = { principal: principal.arn, action, resource }
    const owner = resource.split(':')[4] || (this.chance(0.8) ? account : other)
    const context = { 'aws:PrincipalAccount': account, ...principal.context }
    for (const [key, { multi, values }] of Object.entries(keys)) {
      if (values.length === 0 || this.chance(0.4)) continue
      if (multi) context[key] = this.chance(0.15) ? [] : [...new Set(this.some(2, () => this.pick(values)))]
      else context[key] = this.pick(values)
    }
    const made = { ...this.request, resourceAccount: owner, context, identity: [this.document('identity')] }
    if (this.chance(0.1)) made.identity.push(this.document('identity'))
    if (this.chance(0.35) || action.startsWith('kms:') || action.startsWith('sts:')) made.resourcePolicy = this.document('resource')
    if (this.chance(0.15)) made.boundaries = [this.document('boundary')]
    if (this.chance(0.1) && principal.arn.includes('assumed-role')) made.session = this.document('session')
    if (this.chance(0.15)) made.scps = this.levels('scp')
    if (this.chance(0.08)) made.rcps = this.levels('rcp')
    return made
  }

  levels(kind) {
    return this.some(2, () => (kind === 'rcp' || this.chance(0.6) ? [{ Version: '2012-10-17', Statement: [allowAll].map((s) => (kind === 'rcp' ? { ...s, Principal: '*' } : s)) }] : [])
      .concat(this.chance(0.6) ? [this.document(kind)] : []))
  }

  document(kind) {
    const statements = this.some(kind === 'identity' ? 3 : 2, () => this.statement(kind))
    return { Version: this.chance(0.93) ? '2012-10-17' : '2008-10-17', Statement: this.oneOrMany(statements) }
  }

  statement(kind) {
    const effect = kind === 'rcp' || this.chance(0.3) ? 'Deny' : 'Allow'
    const s = { Effect: effect }
    if (kind === 'resource' || kind === 'rcp') Object.assign(s, this.principal(kind, effect))
    s[this.chance(0.88) ? 'Action' : 'NotAction'] = this.oneOrMany(this.some(2, () => this.action()))
    const trust = kind === 'resource' && this.request.action.startsWith('sts:')
    if (!trust) s[this.chance(0.9) ? 'Resource' : 'NotResource'] = this.oneOrMany(this.some(2, () => this.resource()))
    if (this.chance(0.55)) s.Condition = this.condition()
    return s
  }

  principal(kind, effect) {
    const arns = [`arn:aws:iam::${account}:user/ann`, `arn:aws:iam::${account}:role/app`, `arn:aws:sts::${account}:assumed-role/app/session-1`, account,
      `arn:aws:iam::${account}:root`, other, '*', `arn:aws:sts::${account}:assumed-role/app/other`, `arn:aws:iam::${account}:user/Ann`]
    const value = this.chance(0.2) ? '*' : this.chance(0.05) ? { Service: 'lambda.amazonaws.com' } : { AWS: this.oneOrMany(this.some(2, () => this.pick(arns))) }
    if (kind === 'rcp') return { Principal: '*' }
    return { [effect === 'Deny' && this.chance(0.3) ? 'NotPrincipal' : 'Principal']: value }
  }

  action() {
    const [service, name] = this.request.action.split(':')
    return this.pick([this.request.action, `${service}:*`, '*', `${service}:${name.slice(0, 3)}*`, `${service}:?${name.slice(1)}`, this.request.action.toLowerCase(),
      `${service.toUpperCase()}:${name}`, this.pick(targets)[0], `${service}:*${name.slice(-4)}`, `${service[0]}*:${name}`])
  }

  resource() {
    const arn = this.request.resource
    if (arn === '*') return this.pick(['*', '*', 'arn:aws:ec2:*:*:instance/*'])
    const parts = arn.split(':'), name = parts.slice(5).join(':')
    const head = parts.slice(0, 5).join(':')
    const segment = (i) => parts.map((p, j) => (j === i ? '*' : p)).join(':')
    return this.pick([arn, '*', `${head}:*`, `${head}:${name.slice(0, 5)}*`, `${head}:?${name.slice(1)}`, segment(3), segment(4), segment(1), segment(5),
      `${head}:${name.toUpperCase()}`, `${head}:*\${aws:username}*`, `${head}:*\${aws:PrincipalTag/team, 'x'}*`, `${head}:\${aws:PrincipalTag/nosuch}*`, 'arn:aws:' + parts[2] + ':*', 'arn:*',
      this.pick(targets.filter((t) => t[1] !== '*'))[1], `${head}:${name}\${*}`, `${head}:${name.split(/[/:]/)[0]}/*`])
  }

  condition() {
    const block = {}
    for (const key of this.some(2, () => this.pick(Object.keys(keys)))) {
      const type = this.chance(0.93) ? keys[key].type : this.pick(Object.keys(operators))
      let operator = this.pick(operators[type]), values = this.some(2, () => this.pick(this.chance(0.35) && keys[key].values.length > 0 ? keys[key].values : written[type]))
      if (this.chance(0.08)) [operator, values] = ['Null', [this.pick(['true', 'false'])]]
      else {
        if (keys[key].multi ? this.chance(0.75) : this.chance(0.06)) operator = this.pick(['ForAllValues:', 'ForAnyValue:']) + operator
        if (this.chance(0.15)) operator += 'IfExists'
      }
      block[operator] = { ...block[operator], [this.chance(0.9) ? key : key.toUpperCase()]: this.oneOrMany(values) }
    }
    return block
  }
}

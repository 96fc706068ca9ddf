package needs

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

const (
	account  = "111122223333"
	region   = "us-east-1"
	orders   = "arn:aws:lambda:us-east-1:111122223333:function:orders-api"
	ourRole  = "arn:aws:iam::111122223333:role/orders"
	foreign  = "arn:aws:sqs:us-east-1:444455556666:failed"
	someTime = "2026-03-02T09:00:00Z"
)

// configured is a function with everything that a need is about.
func configured() role.Function {
	own := func(service, resource string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + resource
	}
	source := func(kind role.SourceKind, arn string) role.Source {
		return role.Source{Kind: kind, ARN: arn, UUID: "u-1", State: "Enabled", Topics: []string{"orders"}, Failure: own("sqs", "failed")}
	}
	f := role.Function{ARN: orders, Version: aws.LatestVersion, Role: ourRole, Environment: role.Have(true), KMSKey: role.Have(own("kms", "key/k-1"))}
	f.Config = role.Config{
		Network:    role.Have(role.Network{VPC: "vpc-1", Subnets: []string{"subnet-1"}, SecurityGroups: []string{"sg-1"}}),
		DeadLetter: role.Have(own("sns", "failed")), Tracing: role.Have(true), Durable: role.Have(true), Wrapper: role.Have("/opt/otel-instrument"),
		Layers: role.Have([]string{
			"arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:53", "arn:aws:lambda:us-east-1:615299751070:layer:AWSOpenTelemetryDistroPython:5",
		}),
		Mounts: role.Have([]role.Mount{{ARN: own("elasticfilesystem", "access-point/fsap-1")}, {ARN: own("s3files", "file-system/fs-1/access-point/fsap-1")}}),
		Destinations: role.Have([]role.Destinations{
			{Success: own("lambda", "function:next"), Failure: "arn:aws:s3:::failed"}, {Success: own("events", "event-bus/main"), Failure: foreign},
		}),
		Sources: role.Have([]role.Source{
			source(role.SourceSQS, own("sqs", "orders")), source(role.SourceKinesis, own("kinesis", "stream/clicks")), source(role.SourceMQ, own("mq", "broker:b:b-1")),
			source(role.SourceDynamoDB, own("dynamodb", "table/orders/stream/2026")), source(role.SourceMSK, own("kafka", "cluster/main/1b2c-5")),
			{Kind: role.SourceDocumentDB, ARN: own("rds", "cluster:docs"), State: "Enabled", Access: []role.Access{{Type: "BASIC_AUTH", URI: own("secretsmanager", "secret:main-abc")}}},
			{Kind: role.SourceKafka, State: "Enabled", Access: []role.Access{{Type: "VPC_SUBNET", URI: "subnet:subnet-1"}}},
		}),
	}
	return f
}

// questions are the calls that all rows ask for, with those for the parts of what is asked for against "*".
func questions(f role.Function) []ask.Call {
	var out []ask.Call
	add := func(c ask.Call) {
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	p, _ := aws.ParseARN(f.ARN)
	for i := range rows {
		for _, n := range rows[i].ask(&f, p).needs {
			for _, action := range n.actions {
				c := deskOf(nil, &f, n).call(action)
				add(c)
				for _, one := range n.instead {
					if one.isOf(action) {
						c.Resource, c.Target, c.New = one.resource, "", one.made
						add(c)
					}
				}
			}
		}
	}
	return out
}

// choices are bytes that something is drawn by.
type choices []byte

func (c *choices) of(n int) int {
	if len(*c) == 0 {
		return 0
	}
	b := (*c)[0]
	*c = (*c)[1:]
	return int(b) % n
}

func (c *choices) one(list ...string) string { return list[c.of(len(list))] }

// draw makes a role with policies that are about some of the questions, and gives the conditions that they have.
func draw(c *choices, about []ask.Call) (*role.Snapshot, []condition) {
	used := []condition{conditions[c.of(len(conditions))], conditions[c.of(len(conditions))]}
	document := func(allow bool) string {
		var list []map[string]any
		for range 1 + c.of(3) {
			list = append(list, drawStatement(c, about, used))
		}
		if allow {
			list = append(list, map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"})
		}
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": list}, json.Deterministic(true))
		if err != nil {
			panic(err)
		}
		return string(text)
	}
	r := &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: account, Name: "orders", ARN: ourRole},
		Identity: role.Have(role.Identity{ID: "AROAORDERS", ARN: ourRole}), Tags: role.Have(map[string]string{"team": "pay"}),
		Inline: role.Have([]role.Policy{role.NewPolicy("inline:a", document(false), policy.Identity)}), Attached: role.Have([]role.Policy(nil)),
		Boundary: role.None[role.Policy](), SCPs: role.None[[][]policy.Part](),
	}
	if c.of(3) == 0 {
		r.Boundary = role.Have(role.NewPolicy("boundary", document(c.of(2) == 0), policy.Boundary))
	}
	if c.of(3) == 0 {
		scp := role.NewPolicy("scp:a", document(c.of(2) == 0), policy.SCP)
		r.SCPs = role.Have([][]policy.Part{{scp.AsPart()}})
	}
	return r, used
}

func drawStatement(c *choices, about []ask.Call, used []condition) map[string]any {
	call := about[c.of(len(about))]
	service, _, _ := strings.Cut(call.Action, ":")
	s := map[string]any{"Effect": c.one("Allow", "Allow", "Deny")}
	s[c.one("Action", "Action", "Action", "NotAction")] = c.one(call.Action, service+":*", "*", "*", "*")
	prefix, _, _ := strings.Cut(call.Resource, "*")
	resource := c.one("*", "*", "*", "*", call.Resource, prefix+"a*", prefix+"*", "arn:aws:"+service+":*:*:*", "arn:aws:"+service+":*:*:other")
	if !aws.IsARN(resource) {
		resource = "*"
	}
	s[c.one("Resource", "Resource", "Resource", "NotResource")] = resource
	block := map[string]map[string]string{}
	for range c.of(3) {
		k := used[c.of(len(used))]
		operator, value := k.operators[c.of(len(k.operators))], k.values[c.of(len(k.values))]
		if operator == "Null" {
			value = c.one("true", "false")
		}
		if block[operator] == nil {
			block[operator] = map[string]string{}
		}
		block[operator][k.key] = value
	}
	if len(block) > 0 {
		s["Condition"] = block
	}
	return s
}

// requestsOf are all requests that a call may be in the small universe.
func requestsOf(c ask.Call, used []condition) []policy.Request {
	var out []policy.Request
	for _, resource := range resourcesOf(c) {
		r := policy.Request{Principal: "arn:aws:sts::111122223333:assumed-role/orders/orders-api", Action: c.Action, Resource: resource}
		list := []map[string][]string{{
			"aws:PrincipalArn": {ourRole}, "aws:PrincipalAccount": {account}, "aws:PrincipalTag/team": {"pay"}, "aws:userid": {"AROAORDERS:c"},
			"aws:RequestedRegion": {region}, "aws:CurrentTime": {someTime},
		}}
		for _, k := range used {
			var next []map[string][]string
			for _, keys := range list {
				for _, values := range valuesOf(k, c) {
					one := map[string][]string{k.key: values}
					for key, v := range keys {
						if key != k.key {
							one[key] = v
						}
					}
					next = append(next, one)
				}
			}
			list = next
		}
		for _, keys := range list {
			r.Context = policy.Context{Keys: map[string]policy.ContextValue{}}
			for key, values := range keys {
				if len(values) > 0 {
					r.Context.Keys[key] = policy.ContextValue{Presence: policy.KeyPresent, Values: values}
				}
			}
			out = append(out, r)
		}
	}
	return out
}

func resourcesOf(c ask.Call) []string {
	switch {
	case c.New:
		return []string{strings.Replace(c.Resource, "*", "0123456789abcdef0", 1)}
	case strings.Contains(c.Resource, ask.AnyDay):
		var out []string
		for _, day := range []string{"2026/03/02", "2026/03/03", "2027/01/01"} {
			for _, name := range []string{"a", "ab", "b"} {
				out = append(out, strings.ReplaceAll(ask.OnDay(c.Resource, day), "*", name))
			}
		}
		return out
	case strings.HasSuffix(c.Resource, "fs-*"), strings.HasSuffix(c.Resource, "/*"):
		return []string{strings.Replace(c.Resource, "*", "a", 1), strings.Replace(c.Resource, "*", "ab", 1), strings.Replace(c.Resource, "*", "b", 1)}
	case strings.HasSuffix(c.Resource, ":*"):
		var out []string
		for _, name := range []string{"a", "ab", "b"} {
			out = append(out, strings.Replace(c.Resource, "*", name, 1))
		}
		return out
	}
	return []string{c.Resource}
}

// valuesOf are the values that a key may have in a call, by AWS's documentation.
func valuesOf(k condition, c ask.Call) [][]string {
	switch k.key {
	case "lambda:SourceFunctionArn":
		switch c.Source {
		case carried:
			return [][]string{{orders}}
		case notCarried:
			return [][]string{{}}
		}
		return k.universe
	case "aws:ResourceAccount":
		if arn, err := aws.ParseARN(c.Resource); err == nil && arn.Service == "s3" {
			return append([][]string{{}}, k.values[:1], []string{"444455556666"})
		}
		return k.universe
	}
	if !listed(c.Action, k.key) || c.Direct && ask.OnlyThroughEndpoint(k.key) {
		return [][]string{{}}
	}
	return k.universe
}

// listed reports whether AWS's list says nothing of a key, or has it for the action.
func listed(action, key string) bool {
	prefix, _, _ := strings.Cut(key, ":")
	isTag := slices.Contains([]string{"aws:RequestTag/x", "aws:ResourceTag/x", "aws:TagKeys"}, key)
	if !isTag && prefix != actions.ServiceOf(action) || key == "sqs:NotAKey" {
		return true
	}
	a, ok := actions.Lookup(action)
	if !ok {
		panic(fmt.Sprintf("no action %s", action))
	}
	all := slices.Clone(a.ConditionKeys)
	for _, t := range a.ResourceTypes {
		all = append(all, t.Keys...)
	}
	family, _, _ := strings.Cut(key, "/")
	return slices.ContainsFunc(all, func(one string) bool {
		const context = "kms:EncryptionContext:"
		return strings.EqualFold(one, key) || strings.HasPrefix(one, family+"/") || strings.HasPrefix(one, context) && strings.HasPrefix(key, context)
	})
}

// set is what the requests are evaluated with.
func set(r *role.Snapshot, c ask.Call) policy.Set {
	s := policy.Set{Identity: []policy.Part{r.Inline.Or(nil)[0].AsPart()}, SCPs: r.SCPs.Or(nil)}
	if b, ok := r.Boundary.Get(); ok {
		s.Boundaries = []policy.Part{b.AsPart()}
	}
	if actions.ServiceOf(c.Action) == "kms" {
		text := `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"}}`
		key := role.NewPolicy("key", text, policy.Resource).AsPart()
		s.Resource = &key
	}
	return s
}

func at() time.Time {
	now, err := time.Parse(time.RFC3339, someTime)
	if err != nil {
		panic(err)
	}
	return now
}

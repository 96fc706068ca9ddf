package ask

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Lambda asks for the requests that Lambda makes with a role's credentials because of how a function is configured. Nobody here
// chooses what such a request carries: an answer is certain where it is the same whatever the keys hold whose values are not
// known, and unknown otherwise. It is not safe for concurrent use.
type Lambda struct {
	*Caller
	arn string
	// onAll are the replies about every resource that depend on no condition key, by action: several functions need the same.
	onAll map[string]Reply
}

// Call is one request of Lambda's.
type Call struct {
	Action string
	// Resource is "*", an ARN, or a pattern of ARNs. A pattern stands for one resource whose name is not known, or with New for
	// one that Lambda makes, so that no policy names it.
	Resource string
	New      bool
	// Runes are the characters that the wildcards of a pattern stand for, and empty for any.
	Runes string
	// From is the first day on which the request may be made, as YYYY/MM/DD, where Resource has a pattern for the day (AnyDay); empty for
	// any day.
	From string
	// Target is the resource as a text names it; empty for the same.
	Target string
	// Function is the ARN of the function. The request goes to its Region.
	Function string
	// Source says whether the request carries the function's ARN in lambda:SourceFunctionArn:
	// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
	Source actions.Carriage
	// Direct says that the request does not go through a VPC endpoint: Lambda makes it from its own network, or the code of a
	// function makes it that is not in a VPC. Where it is not set, the request may go through one.
	Direct bool
	// Key is a condition key, in small letters, whose value is documented of this request alone.
	Key, Value string
}

// Reply is what the policies say to a call.
type Reply struct {
	Verdict policy.Verdict
	// DependsOn says what an unknown verdict depends on, in words.
	DependsOn []role.Gap
}

// ofAnyRequest are the keys that every request with a role's credentials includes.
var ofAnyRequest = []string{
	"aws:principalarn", "aws:principalaccount", "aws:principaltype", "aws:principalisawsservice", "aws:principalorgid", "aws:username", "aws:userid",
	"aws:securetransport", "aws:currenttime", "aws:epochtime",
	// Lambda's use of an execution role is that of a service role, for which this is false, as it is for calls by the code:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-viaawsservice
	"aws:viaawsservice",
}

// ofEndpoints are the keys that a request carries only if it goes through a VPC endpoint. Which one a call by the code of a
// function in a VPC goes through, if any, is not known: the endpoint may be in another VPC than the function.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-network-properties,
// read on 2026-11-29.
var ofEndpoints = []string{
	"aws:sourcevpc", "aws:sourcevpcarn", "aws:sourcevpce", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
}

// OnlyThroughEndpoint reports whether a request carries a key only if it goes through a VPC endpoint.
func OnlyThroughEndpoint(key string) bool { return slices.Contains(ofEndpoints, strings.ToLower(key)) }

// NewLambda asks for the role of a caller.
func NewLambda(c *Caller) *Lambda {
	c.prepare()
	return &Lambda{Caller: c, arn: c.sessionARN()}
}

// Ask answers whether a call is allowed.
func (l *Lambda) Ask(c Call) Reply {
	if c.Resource != "*" {
		return l.ask(c)
	}
	if known, ok := l.onAll[c.Action]; ok {
		return known
	}
	before := l.Budget.Unanswered()
	reply := l.ask(c)
	if l.Budget.Unanswered() == before && len(l.plain) > 0 && len(l.plain[0].Keys(c.Action)) == 0 {
		if l.onAll == nil {
			l.onAll = map[string]Reply{}
		}
		l.onAll[c.Action] = reply
	}
	return reply
}

func (l *Lambda) ask(c Call) Reply {
	pattern, _ := aws.ParseARNPattern(c.Resource)
	p := pattern.ARN
	at := resourcePolicy{unread: p.Account != "" && p.Account != l.Role.Ref.Account}
	if !at.unread && needsResourcePolicy(actions.ServiceOf(c.Action)) {
		at.account = p.Account
	}
	at.limited = !at.unread && l.isLimited(actions.ServiceOf(c.Action))
	var first Reply
	for i, prober := range l.probersFor(at, l.Role.RCPs) {
		settled := prober.Settle(l.probe(prober, &c, p))
		switch {
		case settled.Exceeded:
			l.Budget.Exceed(settled.Costliest...)
		case i > 0 && settled.Verdict.Decision == policy.Allowed:
			return Reply{Verdict: settled.Verdict}
		}
		if i > 0 {
			continue
		}
		if first.Verdict = settled.Verdict; first.Verdict.Decision != policy.Unknown {
			return first
		}
		if first.DependsOn = l.dependsOn(&c, settled.Verdict, at); settled.Exceeded {
			first.DependsOn = []role.Gap{OverBudget(settled.Costliest...)}
		}
	}
	return first
}

// NamesResources reports whether the policies may say other things of an action on one resource than on another.
func (l *Lambda) NamesResources(action string) bool {
	return len(l.plain) == 0 || l.unread || slices.ContainsFunc(l.plain[0].Covering(action), func(ref policy.StatementRef) bool {
		st := ref.Statement
		return st.NotResource || slices.ContainsFunc(st.Resources, func(v policy.Value) bool { return v.Text != "*" })
	})
}

// AllowingSource are the statements that would allow a call that does not carry the function's ARN if it did.
func (l *Lambda) AllowingSource(c Call) []policy.StatementRef {
	c.Source = actions.Carried
	if r := l.Ask(c); r.Verdict.Decision == policy.Allowed {
		return Granting(r.Verdict)
	}
	return nil
}

// probe is the call as a question in which all keys are open whose values are not known.
func (l *Lambda) probe(prober *policy.Prober, c *Call, resource aws.ARN) policy.Probe {
	p := policy.Probe{Principal: l.arn, Action: c.Action, Resource: c.Resource, ResourceAccount: resource.Account, Context: policy.Context{RestUnknown: true}}
	p.Runes = c.Runes
	if c.New {
		p.Avoid = namedWithin(prober.Covering(c.Action), c.Resource)
	}
	if c.From != "" {
		p.Avoid = append(p.Avoid, before(c.Resource, c.From)...)
	}
	keys := prober.Keys(c.Action)
	if len(keys) == 0 {
		return p
	}
	values := make(map[string]policy.ContextValue, len(keys))
	p.Context.Keys, p.Like = values, map[string]string{}
	for _, key := range keys {
		v := l.value(key, c, resource)
		if values[key] = v; v.Presence == policy.KeyPrefixed {
			p.Like[key] = v.Values[0] + "*"
		}
	}
	p.Open = func(key string) bool {
		known := values[key].Presence
		return known == policy.KeyUnknown || known == policy.KeyPrefixed
	}
	return p
}

// value is what the call carries of a key: what is documented of Lambda's requests, else what the action's list says (rule 61).
func (l *Lambda) value(key string, c *Call, resource aws.ARN) policy.ContextValue {
	if c.Key != "" && key == c.Key {
		return Value(c.Value)
	}
	switch function, _ := aws.ParseARN(c.Function); {
	case IsRegionKey(key) && function.Region != "":
		return regionIn(key, function.Region, isOfEC2(c.Action))
	case key == "aws:resourceaccount" && (resource.Account != "" || !aws.IsARN(c.Resource)):
		return Value(cmp.Or(resource.Account, l.Role.Ref.Account))
	case key == "lambda:sourcefunctionarn" && c.Source == actions.Carried:
		return Value(c.Function)
	case key == "lambda:sourcefunctionarn" && c.Source == actions.NotCarried,
		c.Direct && OnlyThroughEndpoint(key), strings.HasPrefix(key, "aws:calledvia"):
		return absent
	}
	known, missing := l.knownKeys()
	isTag := strings.HasPrefix(key, principalTag)
	if v, ok := known[key]; ok && (isTag || slices.Contains(ofAnyRequest, key)) {
		return v
	}
	if actions.Carries(c.Action, key) == actions.NotCarried || isTag && slices.Contains(missing, principalTag) {
		return absent
	}
	return unknown
}

// dependsOn says in words what an unknown verdict depends on. Of the tags of a resource it names the resource.
func (l *Lambda) dependsOn(c *Call, v policy.Verdict, at resourcePolicy) []role.Gap {
	if at.unread && len(v.UnknownKeys) == 0 && slices.Equal(v.Unread, []string{policy.Resource.String()}) {
		what := "the policy of " + c.Resource + ", which is in account " + aws.AccountOf(c.Resource)
		return []role.Gap{{What: what, SettledBy: role.PolicySettledBy(c.Resource)}}
	}
	if l.Explain == nil {
		return nil
	}
	out := l.Explain(v)
	others := slices.DeleteFunc(slices.Clone(v.UnknownKeys), func(key string) bool { return IsResourceTag(strings.ToLower(key)) })
	if len(others) == len(v.UnknownKeys) || !aws.IsARN(c.Resource) {
		return out
	}
	left := policy.Verdict{Decision: policy.Unknown, UnknownKeys: others, Unread: v.Unread}
	if len(others)+len(v.Unread) > 0 {
		left.Statements = v.Statements
	}
	rest := l.Explain(left)
	if role.SameGaps(rest, out) {
		return out // It depends on what was not read at all.
	}
	resource := cmp.Or(c.Target, c.Resource)
	tags := role.Gap{What: "the tags of " + resource, SettledBy: role.TagsSettledBy(resource)}
	return role.DistinctGaps(append(rest, tags.In(v.Statements...)))
}

// namedWithin are the values of Resource that cover some of what a pattern covers, and not all of it.
func namedWithin(covering []policy.StatementRef, pattern string) []string {
	// No ARN has these characters, so that only a wildcard stands for them.
	instance := strings.ReplaceAll(pattern, "*", strings.Repeat("\x00", 100))
	var out []string
	for _, ref := range covering {
		for _, v := range ref.Statement.Resources {
			if full, ok := aws.CompleteARNPattern(v.Text); ok && aws.IsARN(v.Text) && !Matches(full.String(), instance) {
				out = append(out, v.Text)
			}
		}
	}
	return distinct(out)
}

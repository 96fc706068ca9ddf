package danger

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// improbable is a name that nobody writes into a policy: what is allowed on it is allowed on anything.
const improbable = "q7zk3-rolewatch-probe"

// maxRegions bounds in how many Regions a request is tried.
const maxRegions = 4

// judge asks what the role's session may do in the ways in which the checks of this package ask.
type judge struct {
	subject *check.Subject
	e       *effective.Permissions
	// delegated is made when it is first asked.
	delegated *effective.Permissions
	// regions are those of the functions, and those that policies name.
	regions  []string
	contexts map[scope]policy.Context
	arns     map[place]string
	mentions []string
	// whole is set where every policy of the role was read and could be.
	whole bool
	// covering are the statements that allow an action, and patterns what they are found by.
	covering map[string][]policy.StatementRef
	patterns map[string][]pattern
}

// scope is what a context hangs on: the Region that a request goes to, and whether the resource is one that nobody named,
// and which has no tags, or one that may have any.
type scope struct {
	region  string
	unnamed bool
}

type judgeKey struct{}

func judgeOf(s *check.Subject) *judge {
	return check.Memo(s, judgeKey{}, func() *judge { return newJudge(s, effective.Of(s)) })
}

func newJudge(s *check.Subject, e *effective.Permissions) *judge {
	j := &judge{
		subject: s, e: e, contexts: map[scope]policy.Context{}, arns: map[place]string{}, mentions: e.Mentioned(),
		covering: map[string][]policy.StatementRef{},
	}
	j.regions = j.allRegions()
	j.whole = len(e.Missing)+len(e.Set.Unread) == 0 && !slices.ContainsFunc(e.Set.Identity, func(p policy.Part) bool { return p.Document == nil })
	return j
}

// answer is what one question or several together gave.
type answer struct {
	decision   policy.Decision
	statements []policy.StatementRef
	hangs      []string
	// asked are the requests that gave it; named is set where one of them is for a resource that a policy names.
	asked []asked
	named bool
}

// asked is a request that is allowed, or may be, and the statements that allow it.
type asked struct {
	action, resource string
	named            bool
	statements       []policy.StatementRef
}

// ask puts one question. The keys are those that the request has to carry.
func (j *judge) ask(action, resource string, at scope, keys map[string]string) answer {
	if !j.mayAllow(action, resource) {
		return answer{}
	}
	e, service := j.e, actions.ServiceOf(action)
	if service == "kms" || service == "sts" {
		if j.delegated == nil {
			j.delegated = e.Delegated()
		}
		e = j.delegated
	}
	at.region = j.requested(service, at.region)
	context := j.context(at)
	if len(keys) > 0 {
		more := make(map[string]policy.ContextValue, len(keys))
		for k, v := range keys {
			more[k] = effective.Value(v)
		}
		context = effective.With(context, more)
	}
	v, _ := e.Reach(action, resource, context, func(key string) bool { return isChosen(key, action) })
	out := answer{decision: v.Decision}
	switch v.Decision {
	case policy.Allowed:
		out.statements = effective.Granting(v)
		out.asked = []asked{{action: action, resource: resource, statements: out.statements}}
	case policy.Unknown:
		out.hangs, out.asked = e.Hangs(v), []asked{{action: action, resource: resource}}
	}
	return out
}

// both is the answer to two questions together.
func both(a, b answer) answer {
	switch {
	case a.decision != policy.Allowed && a.decision != policy.Unknown:
		return a
	case b.decision != policy.Allowed && b.decision != policy.Unknown:
		return b
	}
	out := answer{
		decision: policy.Allowed, statements: slices.Concat(a.statements, b.statements), hangs: distinct(slices.Concat(a.hangs, b.hangs)),
		asked: slices.Concat(a.asked, b.asked), named: a.named || b.named,
	}
	if a.decision == policy.Unknown || b.decision == policy.Unknown {
		out.decision = policy.Unknown
	}
	return out
}

// better is the better of two ways: one that is allowed, and of these one on a resource that nobody named.
func better(a, b answer) answer {
	rank := func(x answer) int {
		switch {
		case x.decision == policy.Allowed && !x.named:
			return 3
		case x.decision == policy.Allowed:
			return 2
		case x.decision == policy.Unknown:
			return 1
		}
		return 0
	}
	if rank(b) > rank(a) {
		return b
	}
	return a
}

func distinct(texts []string) []string {
	slices.Sort(texts)
	return slices.Compact(texts)
}

// context gives what is known of a request of the function's code, made at the time of the look.
func (j *judge) context(at scope) policy.Context {
	if c, ok := j.contexts[at]; ok {
		return c
	}
	c := j.e.Context()
	maps.Copy(c.Keys, j.known())
	c.Keys["aws:requestedregion"] = effective.Value(at.region)
	c.Keys["ec2:region"] = effective.Value(at.region)
	absent := policy.ContextValue{Presence: policy.KeyAbsent}
	c.AbsentPrefixes = append(slices.Clip(c.AbsentPrefixes), neverThere...)
	for _, key := range j.mentions {
		if _, ok := c.Keys[key]; ok {
			continue
		}
		switch {
		case at.unnamed && isResourceTag(key):
			c.Keys[key] = absent
		case at.unnamed && namesResource(key):
			c.Keys[key] = effective.Value(improbable)
		}
	}
	j.contexts[at] = c
	return c
}

// known are the keys that every call by the function's own code carries. It calls directly and not through a service, with
// credentials that are renewed all the time:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (j *judge) known() map[string]policy.ContextValue {
	r, now := j.subject.Role, j.subject.Now.UTC()
	known := map[string]policy.ContextValue{
		"aws:currenttime":            effective.Value(now.Format(time.RFC3339)),
		"aws:epochtime":              effective.Value(strconv.FormatInt(now.Unix(), 10)),
		"aws:tokenissuetime":         effective.Value(now.Format(time.RFC3339)),
		"aws:viaawsservice":          effective.Value("false"),
		"aws:securetransport":        effective.Value("true"),
		"aws:multifactorauthpresent": effective.Value("false"),
		"aws:resourceaccount":        effective.Value(r.Ref.Account),
		"s3:resourceaccount":         effective.Value(r.Ref.Account),
		"kms:calleraccount":          effective.Value(r.Ref.Account),
		"kms:grantisforawsresource":  effective.Value("false"),
		"events:creatoraccount":      effective.Value(r.Ref.Account),
	}
	if id := j.subject.Parameters.Organization; id != "" {
		known["aws:principalorgid"], known["aws:resourceorgid"] = effective.Value(id), effective.Value(id)
	}
	var functions []string
	for _, f := range r.Users.List {
		functions = append(functions, f.ARN)
	}
	if functions = distinct(functions); len(functions) == 1 && r.Users.Complete {
		known["lambda:sourcefunctionarn"] = effective.Value(functions[0])
	} else if len(functions) > 1 && r.Users.Complete {
		known["lambda:sourcefunctionarn"] = policy.ContextValue{Presence: policy.KeyOneOf, Values: functions}
	}
	return known
}

// allRegions are the Regions of the functions, then those that policies name.
func (j *judge) allRegions() []string {
	var list []string
	add := func(region string) {
		if region != "" && !strings.ContainsAny(region, "*?$") && !slices.Contains(list, region) && len(list) < maxRegions {
			list = append(list, region)
		}
	}
	for _, f := range j.subject.Role.Users.List {
		if arn, err := aws.ParseARN(f.ARN); err == nil {
			add(arn.Region)
		}
	}
	if len(list) == 0 {
		add(j.globalRegion())
	}
	for s := range j.e.Statements() {
		for _, c := range s.Conditions {
			if key := strings.ToLower(c.Key); key == "aws:requestedregion" || key == "ec2:region" {
				for _, v := range c.Values {
					add(v.Text)
				}
			}
		}
		for _, v := range s.Resources {
			if arn, ok := aws.CompleteARNPattern(v.Text); ok && aws.IsARN(v.Text) {
				add(arn.Region)
			}
		}
	}
	return list
}

// globalRegion is where the partition's services are that have one endpoint for all Regions.
func (j *judge) globalRegion() string {
	return aws.PartitionNamed(j.subject.Role.Ref.Partition).GlobalRegion
}

func (j *judge) requested(service, region string) string {
	if aws.IsGlobalService(service) || region == "" {
		return j.globalRegion()
	}
	return region
}

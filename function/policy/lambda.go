package policy

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/policy/actions"
	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
	"github.com/rolewatch/rolewatch/function/policy/internal/combine"
)

// AssumedByService is the question whether a service may assume a role for a function, with what is known of the
// context of such a call: absent is what a service's call never carries, and everything not documented is unknown.
// For Lambda, aws:SourceArn is the function's ARN, in either form, and aws:SourceAccount its account ("Lambda execution
// role" says that both may be used); without a function the ARN is unknown and the account is the role's. Any qualifier
// of functionARN is dropped. Tags are those of the role; nil where they are not known. The time is now, of which aws:CurrentTime and
// aws:EpochTime are made.
func AssumedByService(service, roleARN string, tags map[string]string, functionARN string, now time.Time) Request {
	at := clockAt(now)
	keys := map[string]ContextValue{"aws:currenttime": at.current, "aws:epochtime": at.epoch}
	if owner, ok := splitARN(roleARN); ok && aws.IsAccountID(owner[arnAccount]) {
		keys["aws:resourceaccount"] = present(owner[arnAccount])
	}
	base, neverSent := lambdaCall, neverByLambda
	if service == aws.LambdaService {
		addSource(keys, roleARN, functionARN)
	} else {
		base, neverSent = serviceCall, nil
		keys["aws:principalservicename"] = present(service)
	}
	request := Request{
		Principal: service,
		Action:    "sts:AssumeRole",
		Resource:  roleARN,
		Context:   Context{Keys: keys, base: base, neverSent: neverSent, AbsentPrefixes: absentFromServices, RestUnknown: true},
	}
	if tags == nil {
		return request
	}
	return request.onTagged(tags)
}

// onTagged is the request on a resource with these tags, and no others.
func (r Request) onTagged(tags map[string]string) Request {
	const resourceTag = "aws:resourcetag/"
	r.Context.Keys = maps.Clone(r.Context.Keys)
	if r.Context.Keys == nil {
		r.Context.Keys = map[string]ContextValue{}
	}
	for key, value := range tags {
		r.Context.Keys[resourceTag+ascii.Lower(key)] = present(value)
	}
	r.Context.AbsentPrefixes = append(slices.Clip(r.Context.AbsentPrefixes), resourceTag)
	return r
}

// clock is a time as condition keys give it.
type clock struct {
	second         int64
	current, epoch ContextValue
}

// lastClock is the clock that was asked for last: those who scan ask for one time only.
var lastClock atomic.Pointer[clock]

func clockAt(now time.Time) *clock {
	if last := lastClock.Load(); last != nil && last.second == now.Unix() {
		return last
	}
	at := &clock{now.Unix(), present(now.UTC().Format(time.RFC3339)), present(strconv.FormatInt(now.Unix(), 10))}
	lastClock.Store(at)
	return at
}

// serviceCall is what every service's call has in common, and lambdaCall what all of Lambda's do. They are never written. The pages were
// read on 2026-11-23.
var (
	serviceCall = map[string]ContextValue{
		"aws:principalisawsservice": present("true"),
		// AWS STS has no endpoints but for HTTPS: https://docs.aws.amazon.com/general/latest/gr/sts.html, read on 2026-11-30.
		"aws:securetransport": present("true"),
		"sts:externalid":      {Presence: KeyAbsent},
		"aws:sourceip":        {Presence: KeyAbsent},
		"aws:principalarn":    {Presence: KeyAbsent},
		"aws:sourceidentity":  {Presence: KeyAbsent},
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html: these are keys of a role session, of an IAM user, and of a service that calls with somebody's credentials.
		"aws:username":                     {Presence: KeyAbsent},
		"aws:assumedroot":                  {Presence: KeyAbsent},
		"aws:federatedprovider":            {Presence: KeyAbsent},
		"aws:signinsessionarn":             {Presence: KeyAbsent},
		"aws:chatbotsourcearn":             {Presence: KeyAbsent},
		"aws:ec2instancesourcevpc":         {Presence: KeyAbsent},
		"aws:ec2instancesourceprivateipv4": {Presence: KeyAbsent},
		"aws:calledvia":                    {Presence: KeyAbsent},
		"aws:calledviafirst":               {Presence: KeyAbsent},
		"aws:calledvialast":                {Presence: KeyAbsent},
	}
	lambdaCall = merged(serviceCall, map[string]ContextValue{
		"aws:principalservicename": present(aws.LambdaService),
		"sts:rolesessionname":      {Presence: KeyPrefixed, Values: []string{"awslambda_"}},
	})
	absentFromServices = []string{"aws:multifactorauth", "aws:sourcevpc", "aws:principalorg", "aws:principaltag/"}
)

// neverByLambda reports keys that Lambda's call of sts:AssumeRole is documented not to have: those of credentials, for the code runs
// with credentials that the call has yet to give, and those of a service that AWS does not list for sts:AssumeRole:
// "kms:ViaService", "lambda:FunctionArn". See
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html and
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
func neverByLambda(key string) bool {
	if strings.HasPrefix(key, "aws:") {
		return false
	}
	return actions.OfSession(key) || actions.IsListed(key) && actions.Carries("sts:AssumeRole", key) != actions.CarriedOnRequest
}

func merged(a, b map[string]ContextValue) map[string]ContextValue {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func present(value string) ContextValue {
	return ContextValue{Presence: KeyPresent, Values: []string{value}}
}

// addSource says on whose behalf Lambda calls.
func addSource(keys map[string]ContextValue, roleARN, functionARN string) {
	owner, known := splitARN(roleARN)
	if f, ok := splitARN(functionARN); ok {
		if name, isFunction := strings.CutPrefix(f[arnResource], "function:"); isFunction {
			name, _, _ = strings.Cut(name, ":")
			f[arnResource] = "function:" + name
			unqualified := strings.Join(f[:], ":")
			keys["aws:sourcearn"] = ContextValue{
				Presence: KeyQualified,
				Values:   []string{unqualified, unqualified + ":"},
			}
			owner, known = f, true
		}
	}
	if known && aws.IsAccountID(owner[arnAccount]) {
		keys["aws:sourceaccount"] = ContextValue{Presence: KeyOneOf, Values: []string{owner[arnAccount]}}
	}
}

// LambdaCanAssume answers whether Lambda may assume the role for the function. Only the trust policy and the resource
// control policies, from the root to the role's account, bear on that: SCPs do not bind services, and identity policies
// and boundaries bind the session, not its making. See AssumedByService for functionARN and now. Tags are those of the role; nil where they
// are not known.
func LambdaCanAssume(trust Part, rcps [][]Part, roleARN string, tags map[string]string, functionARN string, now time.Time) Verdict {
	isUsual := strings.Contains(roleARN, ":iam::") && strings.Contains(roleARN, ":role/") && !strings.Contains(roleARN, ":role/aws-service-role/")
	if len(rcps) > 0 || trust.Document == nil || !isUsual {
		return lambdaCanAssume(trust, rcps, roleARN, tags, functionARN, now)
	}
	// Most trust policies have no condition, and many roles have the same one. It says the same of each of them.
	plain := trust.Document.Memo(plainTrust(trust.Name), func() any {
		if set := (Set{Resource: &trust}); set.readsKeys() {
			return (*Verdict)(nil)
		}
		v := lambdaCanAssume(trust, nil, roleARN, nil, functionARN, now)
		return &v
	}).(*Verdict)
	if plain == nil {
		return lambdaCanAssume(trust, nil, roleARN, tags, functionARN, now)
	}
	v := *plain
	v.Statements, v.BlockedBy = slices.Clip(v.Statements), slices.Clip(v.BlockedBy)
	v.UnknownKeys, v.Unread = slices.Clip(v.UnknownKeys), slices.Clip(v.Unread)
	return v
}

// plainTrust is the name of a trust policy's part.
type plainTrust string

func lambdaCanAssume(trust Part, rcps [][]Part, roleARN string, tags map[string]string, functionARN string, now time.Time) Verdict {
	set := Set{Resource: &trust, RCPs: rcps}
	if !set.readsKeys() {
		// The context would be made for nobody.
		return Evaluate(Request{Principal: aws.LambdaService, Action: "sts:AssumeRole", Resource: roleARN}, set)
	}
	return Evaluate(AssumedByService(aws.LambdaService, roleARN, tags, functionARN, now), set)
}

// readsKeys reports whether a verdict may depend on what a request's condition keys hold.
func (s *Set) readsKeys() bool {
	e := evaluation{set: *s}
	for k := range combine.Kinds {
		for level := range e.levels(k) {
			for _, part := range e.parts(k, level) {
				if part.Document != nil && part.Document.compiled().readsKeys() {
					return true
				}
			}
		}
	}
	return false
}

func (c *compilation) readsKeys() bool {
	return slices.ContainsFunc(c.statements, func(st compiled) bool { return len(st.keys) > 0 })
}

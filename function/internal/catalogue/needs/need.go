package needs

import (
	"cmp"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// Whether Lambda sends lambda:SourceFunctionArn with a call:
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
const (
	// carryUnknown is for calls of which the page says nothing.
	carryUnknown = actions.CarriageUnknown
	// carried is for calls by the code, and for logs, traces and file systems.
	carried = actions.Carried
	// notCarried is for the decryption of the environment, network interfaces, and the polling of event sources.
	notCarried = actions.NotCarried
)

// maker is who makes a call with the role's credentials.
type maker int

// The makers. Of the calls of the zero maker it is not documented from which network they come.
const (
	someone maker = iota
	// lambdaItself makes calls from its own network, and not through a VPC endpoint of the function's VPC, for logs, traces and EFS
	// file systems (https://github.com/aws-samples/data-perimeter-policy-examples/blob/main/service_specific_guidance/lambda-specific-guidance.md)
	// and for the network interfaces that take a function into its VPC (https://github.com/aws-samples/data-perimeter-policy-examples/issues/63).
	lambdaItself
	// code is the function's, with its extensions.
	code
)

// need is what a configuration requires of the role: actions on one resource.
type need struct {
	// actions are all needed; with any, one of them is enough.
	actions []string
	any     bool
	// resource is what AWS checks the call against, and on what a policy that allows it names; empty for the same.
	resource, on string
	// which is what is unknown where the resource is a pattern, and the answer differs between resources. The wildcards stand for runes, or
	// for any character where there are none. Where the resource has ask.AnyDay, what the policies say of past days does not count.
	which role.Gap
	runes string
	// key is a condition key of the calls, in lowercase, that has the value.
	key, value string
	// soft marks what the AWS documentation requires and Lambda does without, as far as is known.
	soft bool
	// carries says whether Lambda sends the function's ARN with the call.
	carries actions.Carriage
	// from says who makes the calls.
	from maker
	// unless says why lacking it is possibly not a failure; then it is undecided. It has no text where it is a failure. With open, that holds
	// where a policy denies it, too.
	unless role.Gap
	open   bool
	// instead are the resources that AWS checks the calls against where resource is "*". A policy that denies one of them denies the call, and
	// one that allows them all, and not "*", may be enough.
	instead []part
}

// part is a resource that a call is about, or a pattern for one whose name is not known. With made Lambda makes it, so that no
// policy names it.
type part struct {
	// resource is what is asked, on what a text names; empty for the same.
	resource, on string
	made         bool
	// which is what is unknown where the resource is a pattern, and the answer differs between resources.
	which role.Gap
	// unless says why a policy that does not allow the call on it is possibly not a failure; it has no text where it is one.
	unless role.Gap
}

// isOf reports whether AWS's list of actions has the part's type of resource for an action:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
func (p part) isOf(action string) bool {
	a, _ := actions.Lookup(action)
	word := typeOf(p.resource)
	return slices.ContainsFunc(a.ResourceTypes, func(t actions.ResourceType) bool {
		return slices.ContainsFunc(t.ARNs, func(template string) bool { return typeOf(template) == word })
	})
}

// typeOf is the word for the type of the resource in an ARN, or in a template for one.
func typeOf(arn string) string {
	p, _ := aws.ParseARNPattern(arn)
	if end := strings.IndexAny(p.Resource, "/:"); end >= 0 {
		return p.Resource[:end]
	}
	return p.Resource
}

// target is the resource that a fix names.
func (n need) target() string {
	if n.on != "" {
		return n.on
	}
	return n.resource
}

// on is a need of actions on one resource.
func on(resource string, carries actions.Carriage, names ...string) need {
	return need{resource: resource, carries: carries, actions: names}
}

// named are the characters in the random part of a name, and in a time.
const named = "0123456789abcdefT.-"

// anyName is a pattern for a name of which nothing is documented.
const anyName = "*"

// writeLog is what writing the streams of a log group takes, with a pattern for their names. CloudWatch Logs checks the writing of a stream
// against the stream's ARN: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatchlogs.html
func writeLog(p aws.ARN, group, stream string) need {
	n := on(p.In("logs", "log-group:"+group+":log-stream:"+stream).String(), carried, "logs:CreateLogStream", "logs:PutLogEvents")
	n.on = p.In("logs", "log-group:"+group+":*").String()
	n.which = role.Gap{
		What:      "the names of the log streams in the log group " + group + ": policies allow some names, and not others",
		SettledBy: "Allow the actions on " + n.on + ", and remove the statements that deny them on some of the log streams.",
	}
	return n
}

// ownStreams are the log streams that Lambda makes for a version. The name in a log group that was configured begins with the function's:
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html and
// https://docs.aws.amazon.com/lambda/latest/operatorguide/log-structure.html
func ownStreams(f *role.Function, p aws.ARN, group string) need {
	usual, name := "/aws/lambda/"+f.Name(), ""
	if group != "" && group != usual {
		name = f.Name()
	}
	n := writeLog(p, cmp.Or(group, usual), ask.AnyDay+"/"+name+"["+cmp.Or(f.Version, aws.LatestVersion)+"]*")
	n.runes = named + "[]"
	return n
}

// everywhere is a need that AWS checks against "*".
func everywhere(carries actions.Carriage, names ...string) need { return on("*", carries, names...) }

// by says who makes the calls.
func by(from maker, needs ...need) []need {
	for i := range needs {
		needs[i].from = from
	}
	return needs
}

// softly marks needs as soft.
func softly(n need) need {
	n.soft = true
	return n
}

// deliver is what delivering to a target requires. A bucket gets objects under a prefix. It is false for a service that
// Lambda delivers to by other means.
func deliver(arn, prefix string) ([]need, bool) {
	p, err := aws.ParseARN(arn)
	if err != nil {
		return nil, false
	}
	action, ok := aws.DeliversTo(p.Service)
	if !ok {
		return nil, false
	}
	if p.Service == "s3" {
		object := on(arn+"/aws/lambda/"+prefix+"/"+ask.AnyDay+"/*", carryUnknown, action)
		object.on = arn + "/*"
		if !strings.HasSuffix(prefix, "/"+anyName) {
			object.runes = named
		}
		object.which = role.Gap{
			What:      "the keys of the objects that Lambda puts into " + arn + ": policies allow some keys, and not others",
			SettledBy: "Allow the action on " + object.on + ", and remove the statements that deny it on some of the objects.",
		}
		return []need{object, on(arn, carryUnknown, "s3:ListBucket")}, true
	}
	return []need{on(arn, carryUnknown, action)}, true
}

// asked are a function version's needs for one check, and what would have to be known for the others.
type asked struct {
	needs   []need
	missing []role.Gap
}

func (a *asked) add(needs ...need) {
	if len(a.needs) == 0 {
		a.needs = slices.Clip(needs)
		return
	}
	a.needs = append(a.needs, needs...)
}

func (a *asked) miss(gap role.Gap) { a.missing = addGaps(a.missing, gap) }

// addGaps adds what is not known, each thing once.
func addGaps(list []role.Gap, gaps ...role.Gap) []role.Gap {
	for _, gap := range gaps {
		i := slices.IndexFunc(list, func(o role.Gap) bool { return o.What == gap.What })
		if i < 0 {
			list = append(list, gap)
		} else {
			list[i] = role.DistinctGaps([]role.Gap{list[i], gap})[0]
		}
	}
	return list
}

// notResource is why it is undecided which permissions a text requires that should be a resource's ARN.
func notResource(text string) role.Gap {
	return role.Gap{What: text + " is not the ARN of a resource", SettledBy: role.SettledByCorrection}
}

// known gives a fact, or notes that it is not known.
func known[T any](a *asked, name string, m role.Maybe[T]) (T, bool) {
	v, ok := m.Get()
	if m.State() == role.Unknown {
		a.miss(m.Gap(name))
	}
	return v, ok
}

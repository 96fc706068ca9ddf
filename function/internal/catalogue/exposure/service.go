package exposure

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// otherServices evaluates every service, other than Lambda, that the trust policy names.
func otherServices(p *check.Pass) {
	g, ok := gateOf(p)
	if !ok || !effective.MayBe(policy.LambdaCanAssume(p.Role.Trust.Or(role.Policy{}).AsPart(), nil, p.Role.ARN(), p.Role.KnownTags(), "", p.Now)) {
		return // Other checks report who is trusted instead of Lambda.
	}
	var names []string
	var refs []policy.StatementRef
	everybody := false
	for _, one := range services(g.Gate) {
		if one.principal == aws.LambdaService || one.principal == aws.EdgeService && mayBeEdge(p.Role) || slices.Contains(names, one.label) {
			continue
		}
		if v := g.byService(p, one); effective.MayBe(v) && (!one.everybody || !g.isOpen(p)) {
			names, refs, everybody = append(names, one.label), append(refs, granting(v)...), everybody || one.everybody
		}
	}
	names = distinctServices(names)
	if len(names) == 0 {
		return
	}
	why := "It names " + words.List(names) + "."
	if everybody {
		why = "It names every principal, and its condition admits " + words.List(names) + "."
	}
	refs = effective.Distinct(refs)
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: titled(names) + " can assume " + p.Role.Ref.Name + ", in addition to Lambda",
		Detail:   fmt.Sprintf("In addition to Lambda, the trust policy of %s allows %s to assume the role. Anyone who can pass the role to such a service gets the permissions of the functions.%s", p.Role.Ref.Name, words.List(names), means(names)),
		Evidence: evidenceOf(refs, why), Fix: dropServices(p, g.Document(), refs, names, everybody),
	})
}

// byService is the verdict on a service that assumes the role, now or later.
func (g gate) byService(p *check.Pass, one service) (v policy.Verdict) {
	for _, at := range g.Moments(assumeRole) {
		if v = g.byServiceAt(p, one, at); effective.MayBe(v) {
			break
		}
	}
	return v
}

// byServiceAt is the verdict at a time. A service that no policy names acts for resources of its own.
func (g gate) byServiceAt(p *check.Pass, one service, at time.Time) (v policy.Verdict) {
	r := policy.AssumedByService(one.principal, p.Role.ARN(), p.Role.KnownTags(), "", at)
	if !one.everybody {
		return g.Evaluate(r)
	}
	r.Context = ask.With(r.Context, map[string]policy.ContextValue{"aws:principalservicenameslist": ask.Value(one.principal)})
	if !one.isAny || len(g.Values(sourceARN)) == 0 {
		return onlySource(g.Evaluate(r))
	}
	service, _, _ := strings.Cut(one.principal, ".")
	for _, text := range append([]string{"arn:" + p.Role.Ref.Partition + ":" + service + ":*:*:*"}, g.Values(sourceARN)...) {
		if arn, ok := aws.ParseARNPattern(text); ok && arn.Service != service && !strings.Contains(arn.Service, "*") {
			continue
		}
		r.Context = ask.With(r.Context, map[string]policy.ContextValue{sourceARN: ask.Value(ask.Sample(text, g.Name()))})
		if v = onlySource(g.Evaluate(r)); effective.MayBe(v) {
			return v
		}
	}
	return v
}

// onlySource is a verdict on a service that only a statement for everybody names: it is unknown for lack of the resource that the service
// acts for. Other keys are as in the call of anybody, which other checks ask for.
func onlySource(v policy.Verdict) policy.Verdict {
	isOther := func(key string) bool { return !strings.HasPrefix(strings.ToLower(key), "aws:source") }
	if v.Decision == policy.Unknown && (len(v.UnknownKeys) == 0 || slices.ContainsFunc(v.UnknownKeys, isOther)) {
		return policy.Verdict{Decision: policy.ImplicitDeny}
	}
	return v
}

// isOpen reports whether everybody can assume the role, now or later, which another check reports.
func (g gate) isOpen(p *check.Pass) bool {
	others, _ := strangers(p, "", g.Gate)
	return g.AskFromAnywhere(ordinary(g.Gate, others), ask.Visit{Action: assumeRole, Context: call(), Chosen: isTime}).Decision == policy.Allowed
}

// means says, for each service that is known, what a principal who passes it the role does with it.
func means(services []string) string {
	out := ""
	for _, service := range services {
		if does, known := danger.PassedTo(service); known {
			out += " Through " + service + ", such a principal " + does + "."
		}
	}
	return out
}

// mayBeEdge reports whether a function of the role is replicated as Lambda@Edge, or may be.
func mayBeEdge(r *role.Snapshot) bool {
	return slices.ContainsFunc(r.Users.List, func(f role.Function) bool { return f.Edge.Or(f.Edge.State() == role.Unknown) })
}

func dropServices(p *check.Pass, doc *policy.Document, refs []policy.StatementRef, names []string, everybody bool) check.Fix {
	fix := check.Fix{Summary: "Allow only Lambda in the trust policy, and give each other service a role of its own."}
	return withText(fix, p.Role, without(p, doc, refs, func(one policy.Principal) bool {
		return everybody && one.Text == "*" || one.Type == "Service" && slices.Contains(names, one.Text)
	}))
}

type functionsKey struct{}

// byFunction are the role's users by function, in their order.
func byFunction(s *check.Subject) [][]role.Function {
	return check.Memo(s, functionsKey{}, func() [][]role.Function { return role.ByFunction(s.Role.Users.List) })
}

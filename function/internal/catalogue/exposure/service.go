package exposure

import (
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
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
	if !ok || !effective.MayBe(policy.LambdaCanAssume(p.Role.Trust.Or(role.Policy{}).AsPart(), nil, p.Role.ARN(), "", p.Now)) {
		return // Other checks report who is trusted instead of Lambda.
	}
	doc := g.Document()
	var names []string
	var refs []policy.StatementRef
	for i := range doc.Statements {
		s := &doc.Statements[i]
		for _, one := range s.Principals {
			if s.Effect != policy.Allow || one.Type != "Service" || one.Text == aws.LambdaService || one.Text == aws.EdgeService && mayBeEdge(p.Role) ||
				slices.Contains(names, one.Text) {
				continue
			}
			v := g.Evaluate(policy.AssumedByService(one.Text, p.Role.ARN(), "", p.Now))
			if effective.MayBe(v) {
				names, refs = append(names, one.Text), append(refs, granting(v)...)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	p.Report(check.Diagnostic{
		Functions: p.Role.Users.List, Title: words.List(names) + " can assume " + p.Role.Ref.Name + ", in addition to Lambda",
		Detail:   fmt.Sprintf("In addition to Lambda, the trust policy of %s allows %s to assume the role. Anyone who can pass the role to such a service gets the permissions of the functions.%s", p.Role.Ref.Name, words.List(names), means(names)),
		Evidence: evidenceOf(effective.Distinct(refs), "It names "+words.List(names)+"."), Fix: dropServices(p, doc, effective.Distinct(refs), names),
	})
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

func dropServices(p *check.Pass, doc *policy.Document, refs []policy.StatementRef, names []string) check.Fix {
	fix := check.Fix{Summary: "Allow only Lambda in the trust policy, and give each other service a role of its own."}
	return withText(fix, p.Role, without(p, doc, refs, func(one policy.Principal) bool { return one.Type == "Service" && slices.Contains(names, one.Text) }))
}

type functionsKey struct{}

// byFunction are the role's users by function, in their order.
func byFunction(s *check.Subject) [][]role.Function {
	return check.Memo(s, functionsKey{}, func() [][]role.Function { return role.ByFunction(s.Role.Users.List) })
}

package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// door is one resource policy of a function.
type door struct {
	function  role.Function
	qualifier string
	part      policy.Part
}

// arn is the function as a caller names it.
func (d door) arn() string {
	if d.qualifier == "" {
		return d.function.ARN
	}
	return d.function.ARN + ":" + d.qualifier
}

// doorsOf are the resource policies of a function's versions, each once; what is not known is said.
func doorsOf(p *check.Pass, versions []role.Function) (out []door) {
	for _, f := range versions {
		if f.Config.Policies.State() == role.Unknown {
			p.Undecided(f.ARN, "resource policies: "+f.Config.Policies.Why())
		}
		for _, one := range slices.Concat(f.Config.Policies.Or(nil), f.Config.SeenPolicies) {
			if slices.ContainsFunc(out, func(d door) bool { return d.qualifier == one.Qualifier }) {
				continue
			}
			doc, _ := policy.Parse([]byte(one.Text), policy.Resource)
			if doc == nil {
				p.Undecided(f.ARN, "resource policies: one is no policy")
				continue
			}
			out = append(out, door{f, one.Qualifier, policy.Part{Name: partName(one), Document: doc}})
		}
	}
	return out
}

func partName(one role.ResourcePolicy) string {
	if one.Qualifier == "" {
		return "function policy"
	}
	return "function policy of " + one.Qualifier
}

// call is somebody's call of a function.
func (d door) call(principal, action string, keys map[string]policy.ContextValue) policy.Verdict {
	r := stranger(d.function.ARN)
	r.Action, r.Resource = action, d.arn()
	if principal != "" {
		r.Principal, r.Context = principal, policy.Context{}
	}
	r.Context = effective.With(r.Context, keys)
	return policy.Evaluate(r, policy.Set{Resource: &d.part, Identity: everything()})
}

// public asks for a stranger, and for somebody without any credentials, to invoke a function.
func public(p *check.Pass) {
	for _, versions := range byFunction(p.Role) {
		var refs []policy.StatementRef
		var open []door
		for _, d := range doorsOf(p, versions) {
			v := d.call("", "lambda:InvokeFunction", nil)
			if v.Decision != policy.Allowed {
				v = d.call("*", "lambda:InvokeFunction", nil)
			}
			if v.Decision == policy.Allowed {
				refs, open = append(refs, granting(v)...), append(open, d)
			}
		}
		if len(open) == 0 {
			continue
		}
		f := open[0].function
		p.Report(check.Diagnostic{
			Key: f.ARN, Functions: reaching(open, versions), Title: "Anyone can invoke " + f.Name(),
			Detail:   fmt.Sprintf("The resource policy of %s lets principals of any AWS account invoke it, under no condition that a stranger would fail.", f.Name()),
			Evidence: evidenceOf(effective.Distinct(refs), "It lets everybody invoke the function."), Parts: []string{"function:" + f.ARN},
			Fix: removeStatements("Remove the statement. If an account or a service is meant, name it.", open, refs),
		})
	}
}

// reaching are the versions that the doors lead to.
func reaching(open []door, versions []role.Function) (out []role.Function) {
	for _, f := range versions {
		if slices.ContainsFunc(open, func(d door) bool { return f.ReachedBy(d.qualifier, true) }) {
			out = append(out, f)
		}
	}
	if len(out) == 0 {
		return versions
	}
	return out
}

// removeStatements is the command that takes statements out of a function's policy, where they have the Sid that it takes.
func removeStatements(summary string, doors []door, refs []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: summary}
	for _, ref := range effective.Distinct(refs) {
		for _, d := range doors {
			if d.part.Name != ref.Policy || ref.Statement.Sid == "" {
				continue
			}
			words := []string{"--function-name", d.function.ARN, "--statement-id", ref.Statement.Sid}
			if d.qualifier != "" {
				words = append(words, "--qualifier", d.qualifier)
			}
			if fix.Command != "" {
				fix.Command += "\n"
			}
			fix.Command += rewrite.Command("lambda remove-permission", words...)
		}
	}
	return fix
}

// openService asks for a service on behalf of somebody else's resource.
func openService(p *check.Pass) {
	for _, versions := range byFunction(p.Role) {
		var names []string
		var refs []policy.StatementRef
		var open []door
		for _, d := range doorsOf(p, versions) {
			for _, service := range servicesOf(d.part.Document) {
				name, _, _ := strings.Cut(service, ".")
				v := d.call(service, "lambda:InvokeFunction", map[string]policy.ContextValue{
					"aws:sourceaccount": effective.Value("999999999999"), "aws:principalisawsservice": effective.Value("true"),
					"aws:sourcearn":            effective.Value("arn:" + partitionOf(d.function.ARN) + ":" + name + ":us-east-1:999999999999:rolewatch-probe"),
					"aws:principalservicename": effective.Value(service),
				})
				if v.Decision != policy.Allowed {
					continue
				}
				if refs, open = append(refs, granting(v)...), append(open, d); !slices.Contains(names, service) {
					names = append(names, service)
				}
			}
		}
		if len(open) == 0 {
			continue
		}
		f := open[0].function
		p.Report(check.Diagnostic{
			Key: f.ARN, Functions: reaching(open, versions), Title: listed(names) + " may invoke " + f.Name() + " for anybody",
			Detail:   fmt.Sprintf("The resource policy of %s lets %s invoke it, whoever's resource is behind the call: neither aws:SourceArn nor aws:SourceAccount is asked for.", f.Name(), listed(names)),
			Evidence: evidenceOf(effective.Distinct(refs), "It asks neither for aws:SourceArn nor for aws:SourceAccount."), Parts: []string{"function:" + f.ARN},
			Fix: check.Fix{Summary: "Remove the permission, and add it again with --source-arn of the resource that is meant to invoke the function, or with --source-account " + p.Role.Ref.Account + "."},
		})
	}
}

func servicesOf(doc *policy.Document) (out []string) {
	for _, s := range doc.Statements {
		for _, one := range s.Principals {
			if s.Effect == policy.Allow && one.Type == "Service" && !slices.Contains(out, one.Text) {
				out = append(out, one.Text)
			}
		}
	}
	return out
}

// publicURL asks for somebody without credentials to use a URL that asks for none.
func publicURL(p *check.Pass) {
	for _, versions := range byFunction(p.Role) {
		var hit []role.Function
		var refs []policy.StatementRef
		var doors []door
		for _, f := range versions {
			if f.Config.URLs.State() == role.Unknown {
				p.Undecided(f.ARN, "function URLs: "+f.Config.URLs.Why())
				continue
			}
			for _, url := range f.Config.URLs.Or(nil) {
				if url.Auth != "NONE" {
					continue
				}
				for _, d := range doorsOf(p, []role.Function{f}) {
					v := d.call("*", "lambda:InvokeFunctionUrl", map[string]policy.ContextValue{"lambda:functionurlauthtype": effective.Value("NONE")})
					if d.qualifier == url.Qualifier && v.Decision == policy.Allowed {
						hit, refs, doors = append(hit, f), append(refs, granting(v)...), append(doors, d)
					}
				}
			}
		}
		if len(hit) > 0 {
			p.Report(urlDiagnostic(hit, refs, doors))
		}
	}
}

func urlDiagnostic(hit []role.Function, refs []policy.StatementRef, doors []door) check.Diagnostic {
	f := hit[0]
	words := []string{"--function-name", f.ARN, "--auth-type", "AWS_IAM"}
	if doors[0].qualifier != "" {
		words = append(words, "--qualifier", doors[0].qualifier)
	}
	return check.Diagnostic{
		Key: f.ARN, Functions: slices.CompactFunc(hit, func(a, b role.Function) bool { return a.QualifiedARN() == b.QualifiedARN() }),
		Title:    f.Name() + " has a public URL",
		Detail:   fmt.Sprintf("The URL of %s has AuthType NONE, and the function's policy lets everybody use it: no credentials are asked for.", f.Name()),
		Evidence: evidenceOf(effective.Distinct(refs), "It lets everybody use a URL that asks for no credentials."), Parts: []string{"function:" + f.ARN},
		Fix: check.Fix{Summary: "Let the URL ask for credentials. Callers must sign their requests then.", Command: rewrite.Command("lambda update-function-url-config", words...)},
	}
}

// powers are the checks of a role that make a public function dangerous, the worst first.
var powers = []string{"RW301", "RW302", "RW308", "RW312"}

// publicAndPrivileged joins what is public with what makes the role powerful.
func publicAndPrivileged(p *check.Pass, found []check.Diagnostic) {
	i := slices.IndexFunc(powers, func(id string) bool {
		return slices.ContainsFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == id })
	})
	if i < 0 {
		return
	}
	power := found[slices.IndexFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == powers[i] })]
	var told []string
	for _, d := range found {
		if d.Check.ID != "RW407" && d.Check.ID != "RW409" || slices.Contains(told, d.Key) {
			continue
		}
		told = append(told, d.Key)
		name := d.Functions[0].Name()
		p.Report(check.Diagnostic{
			Key: d.Key, Functions: d.Functions, Title: name + " is public, and its role is powerful",
			Detail:   fmt.Sprintf("%s (%s), and %s (%s).", d.Title, d.Check.ID, lower(power.Title), power.Check.ID),
			Evidence: slices.Concat(d.Evidence, power.Evidence), Parts: slices.Concat(d.Parts, power.Parts),
			Fix: check.Fix{Summary: "Close the function first: " + d.Fix.Summary + " Then take the power from the role: " + power.Fix.Summary, Command: d.Fix.Command},
		})
	}
}

// lower keeps a title as it is but for its first letter, which stands within a sentence; names keep theirs.
func lower(title string) string {
	for _, article := range []string{"The ", "An ", "A ", "Any "} {
		if strings.HasPrefix(title, article) {
			return strings.ToLower(title[:1]) + title[1:]
		}
	}
	return title
}

package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
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
	var unread []string
	for _, f := range versions {
		if f.Config.Policies.State() == role.Unknown {
			if !slices.Contains(unread, f.Config.Policies.Why()) {
				unread = append(unread, f.Config.Policies.Why())
				p.Undecided(f.ARN, "resource policies: "+f.Config.Policies.Why())
			}
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
			d := door{function: f, qualifier: one.Qualifier}
			d.part = policy.Part{Name: role.FunctionPart(d.arn()).String(), Document: doc}
			out = append(out, d)
		}
	}
	return out
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

// publicActions are what is asked for strangers: to invoke a function, and to change it, which lets them invoke whatever
// they like.
var publicActions = []string{
	"lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission",
}

// forStrangers asks for a stranger, who chooses what he can, and for somebody without any credentials.
func (d door) forStrangers(p *check.Pass, action string, keys map[string]policy.ContextValue) (policy.Verdict, bool) {
	g, c := gate{part: d.part}, choice{key: isFree, fill: fillAs(p, false)}
	r := around(p, stranger(d.function.ARN))
	r.Action, r.Resource, r.Context = action, d.arn(), effective.With(r.Context, keys)
	if v, _ := g.reach(r, c); v.Decision == policy.Allowed {
		return v, true
	}
	v := d.call("*", action, keys)
	return v, v.Decision == policy.Allowed
}

// public asks for a stranger, and for somebody without any credentials, to invoke a function or change it.
func public(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var refs []policy.StatementRef
		var open []door
		var names []string
		whole := false
		for _, d := range doorsOf(p, versions) {
			may, by, all := d.publicly(p, versions)
			if len(may) > 0 {
				open, refs, names, whole = append(open, d), append(refs, by...), append(names, may...), whole || all
			}
		}
		if len(open) == 0 {
			continue
		}
		f := open[0].function
		slices.Sort(names)
		names = slices.Compact(names)
		verb := "change"
		if slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "lambda:Invoke") }) {
			verb = "invoke"
		}
		detail := fmt.Sprintf("The resource policy of %s lets principals of any AWS account %s it (%s), under no condition that a stranger would fail.",
			f.Name(), verb, words.List(names))
		var severity check.Severity // The check's own.
		if !whole {
			detail, severity = detail+half, check.High
		}
		p.Report(check.Diagnostic{
			Key: f.ARN, Severity: severity, Functions: reaching(open, versions), Title: "Anyone can " + verb + " " + f.Name(), Detail: detail,
			Evidence: evidenceOf(effective.Distinct(refs), "It lets everybody "+verb+" the function."), Parts: []role.Part{role.FunctionPart(f.ARN)},
			Fix: removeStatements("Remove the statement. If an account or a service is meant, name it.", open, refs),
		})
	}
}

// publicly are the actions that strangers may call through the door, and the statements that let them. A URL that asks for
// credentials takes those of any account; one that asks for none is told by another check. It is not whole where a URL is
// the only way, and half of what that takes is granted.
func (d door) publicly(p *check.Pass, versions []role.Function) (names []string, refs []policy.StatementRef, whole bool) {
	for _, action := range publicActions {
		if v, ok := d.forStrangers(p, action, nil); ok {
			names, refs, whole = append(names, action), append(refs, granting(v)...), true
		}
	}
	if v, ok := d.forStrangers(p, urlAction, byURL("AWS_IAM")); ok && d.hasURL(p, versions, "AWS_IAM") {
		names, refs = append(names, urlAction), append(refs, granting(v)...)
		if v, ok := d.forStrangers(p, "lambda:InvokeFunction", byURL("AWS_IAM")); ok {
			refs, whole = append(refs, granting(v)...), true
		}
	}
	return names, refs, whole
}

// hasURL tells whether a URL of an AuthType leads through the door; what is not known is said.
func (d door) hasURL(p *check.Pass, versions []role.Function, auth string) bool {
	for _, f := range versions {
		if f.Config.URLs.State() == role.Unknown {
			p.Undecided(f.ARN, "function URLs: "+f.Config.URLs.Why())
			return false
		}
		if slices.ContainsFunc(f.Config.URLs.Or(nil), func(u role.URL) bool { return u.Qualifier == d.qualifier && u.Auth == auth }) {
			return true
		}
	}
	return false
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

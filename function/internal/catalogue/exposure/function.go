package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
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
	gate      *ask.Gate
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
				p.Undecided(f.ARN, f.Config.Policies.Gap("resource policies"))
			}
		}
		for _, one := range slices.Concat(f.Config.Policies.Or(nil), f.Config.SeenPolicies) {
			if slices.ContainsFunc(out, func(d door) bool { return d.qualifier == one.Qualifier }) {
				continue
			}
			doc, _ := policy.Parse([]byte(one.Text), policy.Resource)
			if doc == nil {
				p.Undecided(f.ARN, role.Gap{What: "resource policies: one is no policy", SettledBy: role.SettledByGrammar}.InPolicy(role.FunctionPart(f.ARN)))
				continue
			}
			d := door{function: f, qualifier: one.Qualifier}
			d.part = policy.Part{Name: role.FunctionPart(d.arn()).String(), Document: doc}
			d.gate = ask.NewGate(d.arn(), d.part, nil, effective.BudgetOf(p.Subject))
			d.gate.Now = p.Now
			out = append(out, d)
		}
	}
	return out
}

// call is a call of a function by somebody who is of no account.
func (d door) call(principal, action string, keys map[string]policy.ContextValue) policy.Verdict {
	return d.gate.Ask([]ask.Visitor{ask.Outside(principal)}, ask.Visit{Action: action, Context: policy.Context{Keys: keys}}).Verdict
}

// publicActions are what is asked for strangers: to invoke a function, and to change it, which lets them invoke whatever
// they like.
var publicActions = []string{
	"lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission",
}

// reach is how far a door is open to strangers.
type reach int

const (
	toNobody reach = iota
	// toFitting is to those whose account's ID matches a pattern, toAnyone to everybody.
	toFitting
	toAnyone
)

// forStrangers asks for a stranger, who chooses what a caller can, and for somebody without any credentials.
func (d door) forStrangers(p *check.Pass, action string, keys map[string]policy.ContextValue) (policy.Verdict, reach) {
	others, fitting := strangers(p, d.function.ARN, d.gate)
	visit := ask.Visit{Action: action, Context: call(around(p), keys), Chosen: isFree, Like: map[string]string{"aws:requestedregion": aRegion}}
	a := d.gate.Ask(everybody(d.gate, others, action), visit)
	if a.Decision == policy.Allowed {
		return a.Verdict, toAnyone
	}
	d.undecided(p, a)
	if v := d.call("*", action, keys); v.Decision == policy.Allowed {
		return v, toAnyone
	}
	if a = d.gate.Ask(everybody(d.gate, fitting, action), visit); a.Decision == policy.Allowed {
		return a.Verdict, toFitting
	}
	d.undecided(p, a)
	return policy.Verdict{}, toNobody
}

// undecided says what an unknown answer depends on.
func (d door) undecided(p *check.Pass, a ask.Passage) {
	if a.Decision == policy.Unknown {
		undecidedOnce(p, d.function.ARN, depends(a, func(key string) string { return "whether " + key + " denies strangers " + d.arn() },
			"resource policies: how AWS reads a condition of one")...)
	}
}

// public asks for a stranger, and for somebody without any credentials, to invoke a function or change it.
func public(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var refs []policy.StatementRef
		var open []door
		var names []string
		whole, far := false, toNobody
		for _, d := range doorsOf(p, versions) {
			w := d.publicly(p, versions)
			if len(w.names) > 0 {
				open, refs, names, whole, far = append(open, d), append(refs, w.refs...), append(names, w.names...), whole || w.whole, max(far, w.reach)
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
		who := "Anyone"
		if far == toFitting {
			who = "Accounts that nobody named"
			detail = fmt.Sprintf("The resource policy of %s allows principals of every AWS account whose ID matches a pattern to %s it (%s), whoever owns the account.",
				f.Name(), verb, words.List(names))
		}
		var severity check.Severity // The check's own.
		if !whole {
			detail += half
		}
		if !whole || far == toFitting {
			severity = check.High
		}
		p.Report(check.Diagnostic{
			Key: f.ARN, Severity: severity, Functions: reaching(open, versions), Title: who + " can " + verb + " " + f.Name(), Detail: detail,
			Evidence: evidenceOf(effective.Distinct(refs), "It lets everybody "+verb+" the function."), Parts: []role.Part{role.FunctionPart(f.ARN)},
			Fix: removeStatements("Remove the statement. If an account or a service is meant, name it.", open, refs),
		})
	}
}

// way is what strangers may do through a door.
type way struct {
	names []string
	refs  []policy.StatementRef
	reach reach
	// whole is not set where a URL is the only way, and half of what that takes is granted.
	whole bool
}

// publicly are the actions that strangers may call through the door, and the statements that let them. A URL that asks for
// credentials takes those of any account; one that asks for none is told by another check.
func (d door) publicly(p *check.Pass, versions []role.Function) way {
	var w way
	if !d.gate.NamesEverybody() {
		return w
	}
	for _, action := range publicActions {
		if v, far := d.forStrangers(p, action, nil); far > toNobody {
			w.names, w.refs, w.whole, w.reach = append(w.names, action), append(w.refs, granting(v)...), true, max(w.reach, far)
		}
	}
	if v, far := d.forStrangers(p, urlAction, byURL("AWS_IAM")); far > toNobody && d.hasURL(p, versions, "AWS_IAM") {
		w.names, w.refs, w.reach = append(w.names, urlAction), append(w.refs, granting(v)...), max(w.reach, far)
		if v, far := d.forStrangers(p, "lambda:InvokeFunction", byURL("AWS_IAM")); far > toNobody {
			w.refs, w.whole = append(w.refs, granting(v)...), true
		}
	}
	return w
}

// hasURL tells whether a URL of an AuthType leads through the door; what is not known is said.
func (d door) hasURL(p *check.Pass, versions []role.Function, auth string) bool {
	for _, f := range versions {
		if f.Config.URLs.State() == role.Unknown {
			p.Undecided(f.ARN, f.Config.URLs.Gap("function URLs"))
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

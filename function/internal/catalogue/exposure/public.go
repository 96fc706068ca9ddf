package exposure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

func moreOf(n int) string { return strconv.Itoa(n) + " more" }

// public evaluates whether strangers, and callers without credentials, can invoke a function or change it.
func public(p *check.Pass) {
	forEverybody(p, func(u use) bool { return u >= invokes })
}

// publicAPI evaluates whether they can call any other action on a function.
func publicAPI(p *check.Pass) {
	forEverybody(p, func(u use) bool { return u < invokes })
}

// forEverybody reports for each function what strangers can do with it, of the uses that asked selects.
func forEverybody(p *check.Pass, asked func(use) bool) {
	for _, versions := range byFunction(p.Subject) {
		var open []door
		all := way{}
		for _, d := range doorsOf(p, versions) {
			if w := d.publicly(p, versions, asked); len(w.names) > 0 {
				open, all = append(open, d), all.and(w)
			}
		}
		if len(open) > 0 {
			p.Report(publicDiagnostic(open, versions, all))
		}
	}
}

func publicDiagnostic(open []door, versions []role.Function, w way) check.Diagnostic {
	f := open[0].function
	verb := verbs[gravest(w.names)]
	if slices.ContainsFunc(w.names, func(name string) bool { return uses[name] == invokes }) {
		verb = verbs[invokes]
	}
	what := words.List(actionTexts(w.names))
	who, severity := "Anyone", check.Severity(0) // The check's own.
	detail := fmt.Sprintf("The resource policy of %s allows principals of any AWS account to %s it (%s). No condition restricts this to principals that you trust.", f.Name(), verb, what)
	switch {
	case w.reach == toFitting:
		who, severity = "Any account whose ID matches a pattern", check.High
		detail = fmt.Sprintf("The resource policy of %s allows principals of every AWS account whose ID matches a pattern to %s it (%s), whoever owns the account.", f.Name(), verb, what)
	case w.reach == toAnyOrganization:
		who = "Any account of any organization"
		detail = fmt.Sprintf("The resource policy of %s allows any account of any organization to %s it (%s). Anyone who owns an account can create an organization.", f.Name(), verb, what)
	case w.doubtful:
		who, severity = "Anyone whom NotPrincipal does not list", check.High
		detail = fmt.Sprintf("The resource policy of %s allows everyone whom NotPrincipal does not list to %s it (%s). AWS no longer supports NotPrincipal with Allow. Before, AWS documented "+
			"that it allows everyone else, including callers without credentials.", f.Name(), verb, what)
	}
	if w.half {
		detail, severity = detail+half, check.High
	}
	if gravest(w.names) < invokes {
		severity = apiSeverity(gravest(w.names), w)
	}
	return check.Diagnostic{
		Key: f.ARN, Severity: severity, Functions: reaching(open, versions), Title: who + " can " + verb + " " + f.Name(), Detail: detail,
		Evidence: evidenceOf(effective.Distinct(w.refs), "It allows everyone to "+verb+" the function."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: removeStatements("Remove the statement. If an account or a service has to use the function, name it.", open, w.refs),
	}
}

// apiSeverity is that of what neither invokes a function nor changes it.
func apiSeverity(u use, w way) check.Severity {
	severity := check.Medium
	if u == reads {
		severity = check.High
	}
	if w.reach == toFitting || w.doubtful {
		severity--
	}
	return severity
}

// way is what strangers can do through a door.
type way struct {
	names []string
	refs  []policy.StatementRef
	reach reach
	// half is set where a URL is the only way and the policy allows one of the two actions that it requires. doubtful is set where only
	// statements that AWS does not support allow it.
	half, doubtful bool
}

// and is what strangers can do through one door or the other.
func (w way) and(o way) way {
	first := len(w.names) == 0
	return way{
		names: append(w.names, o.names...), refs: append(w.refs, o.refs...), reach: max(w.reach, o.reach),
		half: o.half && (first || w.half), doubtful: o.doubtful && (first || w.doubtful),
	}
}

// publicly are the actions that strangers can call through the door, and the statements that allow them. A URL that requires
// credentials accepts those of any account. Another check reports a URL that requires none.
func (d door) publicly(p *check.Pass, versions []role.Function, asked func(use) bool) way {
	var w way
	if d.gate.NamesEverybody() {
		w = d.usedBy(p, versions, asked)
	}
	if other, ok := d.withNotPrincipal(p); ok && len(w.names) == 0 {
		if w = other.usedBy(p, versions, asked); len(w.names) > 0 {
			w.doubtful = true
			for i := range w.refs {
				w.refs[i] = policy.StatementRef{
					Policy: w.refs[i].Policy, Document: d.part.Document, Statement: &d.part.Document.Statements[w.refs[i].Statement.Index], Effect: policy.Allow,
				}
			}
		}
	}
	return w
}

func (d door) usedBy(p *check.Pass, versions []role.Function, asked func(use) bool) way {
	var w way
	w.half = true
	for _, action := range d.covered(p.Subject) {
		if !asked(uses[action]) {
			continue
		}
		if v, far := d.through(p, action).directlyForStrangers(p, action); far > toNobody {
			w.names, w.refs, w.half, w.reach = append(w.names, action), append(w.refs, granting(v)...), false, max(w.reach, far)
		}
	}
	if asked(uses[urlAction]) {
		if v, far := d.forStrangers(p, urlAction, byURL("AWS_IAM")); far > toNobody && d.hasURL(p, versions, "AWS_IAM") {
			w.names, w.refs, w.reach = append(w.names, urlAction), append(w.refs, granting(v)...), max(w.reach, far)
			if v, far := d.forStrangers(p, invokeAction, byURL("AWS_IAM")); far > toNobody {
				w.refs, w.half = append(w.refs, granting(v)...), false
			}
		}
	}
	return w
}

// withNotPrincipal is the door as if its Allow statements with NotPrincipal named everyone; ok is not set where it has none. See
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (d door) withNotPrincipal(p *check.Pass) (out door, ok bool) {
	doc := d.part.Document
	var edits []policy.Edit
	for _, s := range doc.Statements {
		if s.Effect != policy.Allow || !s.NotPrincipal {
			continue
		}
		const name = `"NotPrincipal"`
		at := strings.LastIndex(string(doc.Source())[:s.PrincipalSpan.Start], name)
		if at < 0 {
			return door{}, false
		}
		edits = append(edits, policy.Edit{Span: policy.Span{Start: at, End: s.PrincipalSpan.End}, Text: `"Principal": "*"`})
	}
	if len(edits) == 0 {
		return door{}, false
	}
	text, err := policy.Apply(doc, edits...)
	if err != nil {
		return door{}, false
	}
	edited, _ := policy.Parse(text, policy.Resource)
	if edited == nil {
		return door{}, false
	}
	out = d
	out.part.Document = edited
	return out.gated(p), true
}

package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/policy"
)

// guessDiagnostic reports a role that can be given more permissions, and something that may run as it: which role that is is not known.
// Each of the two is allowed for certain. It is not reported where a known path of the role is.
func (j *judge) guessDiagnostic(e *ending, end *reach.End) (check.Diagnostic, bool) {
	isGuess := func(h reach.Hop) bool { return h.Edge.IsOpen() }
	if end.Changes&reach.Policies == 0 || !slices.ContainsFunc(end.Hops, isGuess) ||
		slices.ContainsFunc(end.Hops, func(h reach.Hop) bool { return len(h.Edge.DependsOn) > 0 || h.Edge.First() == nil }) {
		return check.Diagnostic{}, false
	}
	first := end.Hops[0]
	for _, f := range j.kept() {
		if f.id == first.Edge.Path || f.isAllowedBy(first) && !f.isChosen() {
			return check.Diagnostic{}, false
		}
	}
	name := e.NameOf(end.At)
	sentences := []string{"The role " + j.subject.Role.Ref.Name + " can give " + name + " any permissions, and get into what may run as it."}
	for i := range end.Hops {
		sentences = append(sentences, e.sentence(&end.Hops[i]))
	}
	sentences = append(sentences, "Whether it runs as "+name+" is not known: the listing of the account does not say.")
	return check.Diagnostic{
		Key: first.Edge.Key(), Severity: check.High, Functions: j.subject.Role.Users.List, Title: e.Line(end.Hops),
		Detail: detail(append(sentences, j.e.Caveats...)...), Evidence: j.hopEvidence(e, end.Hops), Fix: e.fix(end.Hops),
		RestsOn: e.RestsOn(end), Path: e.substance(end, first.Edge.Key()),
	}, true
}

// isAllowedBy reports whether the statement that allows the first request of a step is one that the path needs.
func (f found) isAllowedBy(h reach.Hop) bool {
	first := h.Statement()
	return first != nil && slices.ContainsFunc(f.Steps, func(s ask.Step) bool {
		return slices.ContainsFunc(s.Statements, func(ref policy.StatementRef) bool { return ref.Statement == first.Statement })
	})
}

// whyUnknown says why nothing is known of other accounts that a path leads to.
func (e *ending) whyUnknown(f *found) []string {
	var whys []string
	for _, end := range e.openBehind(f) {
		if why, ok := e.WhyUnread(end.At); ok && !slices.Contains(whys, why.What) {
			whys = append(whys, why.What)
		}
	}
	return whys
}

// whereItLeads says of a path to what no policy names where it leads in this account, and of one to what the listing does not have that
// nothing is known of it.
func (j *judge) whereItLeads(f *found) string {
	e := j.ending()
	if e == nil {
		return ""
	}
	if names := e.unknownBehind(f); f.isChosen() && len(names) > 0 {
		if whys := e.whyUnknown(f); len(whys) > 0 {
			return "It is not known what that may do: " + list(whys) + "."
		}
		return "The listing of the account does not have " + list(names) + ", so that it is not known what that may do."
	}
	for i := range e.Paths {
		if p := &e.Paths[i]; p.Hops[0].Edge.Path == f.id || !f.isChosen() && f.isAllowedBy(p.Hops[0]) {
			return e.leads(p)
		}
	}
	return ""
}

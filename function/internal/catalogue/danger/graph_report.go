package danger

import (
	"slices"
	"strconv"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// ending is where the ways of a role lead in the graph of its account.
type ending struct {
	*reach.View
	// wide are the paths that lead to what no policy names: they are reported whatever the account has.
	wide []found
}

type endingKey struct{}

// ending gives where the role's ways lead; nil where there is no graph.
func (j *judge) ending() *ending {
	return check.Memo(j.subject, endingKey{}, func() *ending {
		if j.subject.Reach == nil {
			return nil
		}
		e := &ending{View: j.subject.Reach}
		for _, f := range j.escalations() {
			if f.Allowed() && !f.isChosen() && !f.isOfItself() && len(f.Needs()) == 0 {
				e.wide = append(e.wide, f)
			}
		}
		return e
	})
}

// follows reports whether the graph follows a path to where it ends in the account.
func (e *ending) follows(f *found) bool {
	if f.isOfItself() {
		return true
	}
	if !f.isChosen() || f.makes || !isFollowed(f.id) {
		return false
	}
	switch f.steps[0].on {
	case aUser, aGroup:
		return e.NoUsers == ""
	case otherFunction:
		return e.NoFunctions == ""
	}
	return true
}

// isOfItself reports whether a path only changes the role itself.
func (f *found) isOfItself() bool {
	return !slices.ContainsFunc(f.steps, func(s step) bool { return s.on != itself || s.through })
}

// isFollowed reports whether the graph has edges of a path: those that pass a role, and those that hoppers ask for by name.
func isFollowed(id string) bool { return followed()[id] }

var followed = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{"assume-role": true, "role-trust": true, "policy-version": true}
	for _, p := range functionPaths() {
		out[p.id] = true
	}
	for _, s := range signIns {
		out[s.path] = true
	}
	for _, c := range slices.Concat(roleChanges, userChanges, groupChanges) {
		out[c.path] = true
	}
	for _, p := range paths {
		for _, way := range p.ways {
			out[p.id] = out[p.id] || slices.ContainsFunc(way, func(s step) bool { return s.on == passedRole })
		}
	}
	return out
})

// unknownBehind are what a path leads to of which the graph does not know what it may do.
func (e *ending) unknownBehind(f *found) []string {
	var names []string
	for _, end := range e.openBehind(f) {
		if name := e.ARNOf(end.At); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// openBehind are the ends of a path of which the graph does not know what they may do.
func (e *ending) openBehind(f *found) (out []*reach.End) {
	for i := range e.Open {
		end := &e.Open[i]
		certain := !slices.ContainsFunc(end.Hops, func(h reach.Hop) bool { return h.Edge.Kind == reach.Compute })
		if end.Standing.Power == reach.Unknown && certain && slices.ContainsFunc(end.Hops, func(h reach.Hop) bool { return h.From == e.At && h.Edge.Path == f.id }) {
			out = append(out, end)
		}
	}
	return out
}

// kept are the escalations that are reported by what they are, whatever the graph says: those of which it does not know where they lead.
func (j *judge) kept() []found {
	e := j.ending()
	if e == nil {
		return j.escalations()
	}
	return slices.DeleteFunc(slices.Clone(j.escalations()), func(f found) bool { return e.follows(&f) && len(e.unknownBehind(&f)) == 0 })
}

// toldBy gives the wide path that a path of the graph follows from: it begins with a statement of that one, or is the same.
func (e *ending) toldBy(p *reach.Path) *found {
	first := p.Hops[0].Statement()
	for i := range e.wide {
		f := &e.wide[i]
		if f.id == p.Hops[0].Edge.Path {
			return f
		}
		for _, ref := range f.Statements() {
			if first != nil && ref.Statement == first.Statement {
				return f
			}
		}
	}
	return nil
}

// reportEnds reports the paths of the graph that lead to more power than the role has.
func (j *judge) reportEnds(p *check.Pass) {
	e := j.ending()
	if e == nil {
		return
	}
	told := map[string]bool{}
	for i := range e.Paths {
		one := &e.Paths[i]
		if e.toldBy(one) == nil && one.Hops[0].Edge.Kind != reach.Make {
			told[one.Key] = true
			p.Report(j.endDiagnostic(e, one))
		}
	}
	var missing []role.Gap
	for i := range e.Open {
		// Of ends that begin with one statement, the one with the most power is reported.
		if d, ok := j.guessDiagnostic(e, &e.Open[i]); ok {
			if !told[d.Key] {
				told[d.Key] = true
				p.Report(d)
			}
			continue
		}
		missing = append(missing, e.Open[i].Standing.DependsOn...)
		for _, h := range e.Open[i].Hops {
			missing = append(missing, h.Edge.DependsOn...)
		}
	}
	if len(missing) > 0 {
		p.Undecided("", role.DistinctGaps(missing)...)
	}
}

// severityOfWide is that of what a role may do to any role, by where it leads in the account, with a sentence that says so. It is never
// less than it is without a graph, for the next role that is made may be more powerful.
func (j *judge) severityOfWide(kind reach.Kind, statements []policy.StatementRef) (check.Severity, string) {
	e := j.ending()
	if e == nil {
		return 0, ""
	}
	for i := range e.Paths {
		p := &e.Paths[i]
		first := p.Hops[0].Statement()
		isCause := first != nil && slices.ContainsFunc(statements, func(ref policy.StatementRef) bool { return ref.Statement == first.Statement })
		if !isCause || p.Hops[0].Edge.Kind != kind || p.Accepted != nil {
			continue
		}
		severity := check.Severity(0)
		if p.Standing.Power.IsAdministrator() {
			severity = check.Critical
		}
		return severity, e.leads(p)
	}
	return 0, ""
}

// leads says where a path leads.
func (e *ending) leads(p *reach.Path) string {
	if p.At == e.At {
		return "In this account, the role can " + e.gains(&p.End) + e.linkTo(&p.End) + p.Standing.Does + ": " + e.Line(p.Hops) + "."
	}
	if e.IsElsewhere(p.At) {
		return "A path leads to " + e.EndName(&p.End) + ", which " + p.Standing.Does + ": " + e.Line(p.Hops) + "."
	}
	return "In this account, the path leads to " + e.EndName(&p.End) + ", which " + p.Standing.Does + ": " + e.Line(p.Hops) + "."
}

// gains says what a path to an end gives the role, as a sentence goes on after "can". A path to the role itself changes it.
func (e *ending) gains(end *reach.End) string {
	itself, name := end.At == e.At, e.EndOnlyName(end)
	switch {
	case itself && end.Changes&reach.Policies != 0:
		return "give itself any permissions"
	case itself:
		return "remove its own permissions boundary"
	case end.Changes&reach.Policies != 0:
		return "give " + name + " any permissions and obtain them"
	case end.Changes&reach.Boundary != 0:
		return "remove the permissions boundary of " + name + " and obtain its permissions"
	case len(end.Hops) == 1 && end.Hops[0].Edge.Kind == reach.Assume:
		return "assume " + name
	}
	return "obtain the permissions of " + name
}

// linkTo goes on from what gains says to what the end then does.
func (e *ending) linkTo(end *reach.End) string {
	if end.At == e.At || end.Changes != 0 {
		return ", and then "
	}
	return ", which "
}

// changesItself says where a change of the role's own policies or boundary leads. With a graph that knows that the role has no more power
// then, known is set and the path is nil.
func (j *judge) changesItself() (path *reach.Path, known bool) {
	e := j.ending()
	if e == nil {
		return nil, false
	}
	for i := range e.Paths {
		if p := &e.Paths[i]; p.At == e.At || slices.ContainsFunc(p.Others, func(o reach.End) bool { return o.At == e.At }) {
			return p, true
		}
	}
	return nil, !slices.ContainsFunc(e.Open, func(o reach.End) bool { return o.At == e.At })
}

// severityOfEnd is that of a path by where it ends.
func severityOfEnd(p *reach.Path) check.Severity {
	switch {
	case p.Standing.Power >= reach.Becomes:
		return check.Critical
	case p.Strong:
		return check.Medium
	}
	return check.High
}

func (j *judge) endDiagnostic(e *ending, p *reach.Path) check.Diagnostic {
	name, gains := j.subject.Role.Ref.Name, e.gains(&p.End)
	sentences := []string{"The role " + name + " can " + gains + e.linkTo(&p.End) + p.Standing.Does + ": " + e.Line(p.Hops) + ". Every step is allowed:"}
	for i := range p.Hops {
		sentences = append(sentences, strconv.Itoa(i+1)+". "+e.sentence(&p.Hops[i]))
	}
	for _, requires := range requiredBy(p.Hops) {
		sentences = append(sentences, "This requires "+requires+".")
	}
	if p.Strong {
		sentences = append(sentences, "Unlike "+name+", it can call "+stepTexts(p.Standing.Strong)+".")
	}
	if others := e.others(p); len(others) > 0 {
		sentences = append(sentences, "The same statement also leads to "+list(others)+".")
	}
	return check.Diagnostic{
		Key: p.Key, Severity: severityOfEnd(p), Functions: j.subject.Role.Users.List, Accepted: p.Accepted,
		Title: name + " can " + gains + " (" + p.Standing.Power.String() + ")", Detail: detail(append(sentences, j.e.Caveats...)...), Evidence: j.hopEvidence(e, p.Hops), Fix: e.fix(p.Hops),
		RestsOn: e.RestsOn(&p.End), Path: e.substance(&p.End, p.Key),
	}
}

func requiredBy(hops []reach.Hop) (out []string) {
	for i := range hops {
		if r := hops[i].Edge.Requires; r != "" && !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

// others are the other ends of a path, with what they are.
func (e *ending) others(p *reach.Path) []string {
	var out []string
	for i := range p.Others {
		if name := e.EndName(&p.Others[i]) + " (" + p.Others[i].Standing.Power.String() + ")"; !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

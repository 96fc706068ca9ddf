package danger

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// found is a path that can be taken, or may be.
type found struct {
	path
	ask.Answer
	steps []step
}

type escalationKey struct{}

// escalations are the paths that the role can take, or may, without those that follow from a wider one.
func (j *judge) escalations() []found {
	return check.Memo(j.subject, escalationKey{}, j.findEscalations)
}

func (j *judge) findEscalations() []found {
	var all []found
	for _, p := range paths {
		best := found{path: p}
		for _, steps := range p.tried {
			if got := j.take(steps); !ask.AtLeast(best.Answer, got) {
				best.steps, best.Answer = steps, got
			}
			if best.IsBest() {
				break
			}
		}
		if best.Possible() && !(p.onlyAny && best.Named() && len(best.Needs()) == 0) {
			all = append(all, best)
		}
	}
	return slices.DeleteFunc(slices.Clone(all), func(f found) bool {
		return slices.ContainsFunc(all, func(wider found) bool { return wider.implies(f) })
	})
}

// implies says whether another path follows from this one: it takes all that this one takes, or this one's patterns cover
// what it takes. Whoever may do everything with IAM may do everything. A path that requires something does not stand for one that does
// not: where what it requires is missing, the other one still leads to more.
func (f found) implies(other found) bool {
	if f.id == other.id || !f.Allowed() || f.severity() < other.severity() || f.requires != "" && f.requires != other.requires {
		return false
	}
	if f.id == "iam-everything" {
		return true
	}
	covered := func(s step) bool {
		return slices.ContainsFunc(f.steps, func(o step) bool { return ask.Matches(strings.ToLower(o.action), strings.ToLower(s.action)) })
	}
	if !slices.ContainsFunc(other.steps, func(s step) bool { return !covered(s) }) {
		return len(f.steps[0].each) > 0 || len(f.steps) < len(other.steps)
	}
	return len(f.steps) < len(other.steps) && !slices.ContainsFunc(f.steps, func(s step) bool {
		return !slices.ContainsFunc(other.steps, func(o step) bool { return o.action == s.action })
	})
}

// severity is less where what the path leads to is named: somebody chose it, and it may be harmless. To name the roles that
// are passed is what is asked of everybody; a pattern of names also covers roles that nobody chose.
func (f found) severity() check.Severity {
	severity := check.High
	switch {
	case !f.isChosen():
		severity = check.Critical
	case f.usual, slices.ContainsFunc(f.Steps, func(s ask.Step) bool { return namesOne(s) && s.Action == "iam:PassRole" }):
		severity = check.Medium
	}
	if len(f.Needs()) > 0 || f.elsewhere {
		return lower(severity)
	}
	return severity
}

// isChosen reports whether somebody chose what the path leads to. What the role makes itself under a name that a pattern covers is new.
func (f found) isChosen() bool {
	return f.Named() && (!f.makes || slices.ContainsFunc(f.Steps, namesOne))
}

// namesOne reports whether a step is on a resource that a policy names, and not by a pattern of names.
func namesOne(s ask.Step) bool {
	pattern, _ := aws.CompleteARNPattern(s.Pattern)
	return s.Named && !strings.ContainsAny(pattern.Resource, "*?$")
}

// maxUndecided bounds how many paths are said to be undecided one by one.
const maxUndecided = 5

func escalation(p *check.Pass) {
	j := judgeOf(p.Subject)
	undecided := map[string][]role.Gap{}
	var hangs []role.Gap
	for _, f := range j.escalations() {
		if !f.Allowed() {
			undecided[f.id], hangs = f.DependsOn, append(hangs, f.DependsOn...)
		}
	}
	for _, group := range j.byCause() {
		p.Report(j.escalationDiagnostic(group))
	}
	if missing := j.unread(); len(missing) > 0 || len(undecided) > maxUndecided {
		p.Undecided("", role.DistinctGaps(append(hangs, missing...))...)
		return
	}
	for _, one := range paths {
		if missing, ok := undecided[one.id]; ok {
			p.Undecided(one.id, missing...)
		}
	}
}

// maxAlike is how many paths that the same statements allow are told one by one.
const maxAlike = 4

// byCause gives the paths that can be taken, each by itself; but many that the same statements allow have one cause, and
// are told together, the worst first.
func (j *judge) byCause() [][]found {
	var order []string
	groups := map[string][]found{}
	for _, f := range j.escalations() {
		if !f.Allowed() {
			continue
		}
		cause := causeOf(f.Statements())
		if len(groups[cause]) == 0 {
			order = append(order, cause)
		}
		groups[cause] = append(groups[cause], f)
	}
	var out [][]found
	for _, cause := range order {
		group := groups[cause]
		if len(group) > maxAlike {
			slices.SortStableFunc(group, func(a, b found) int { return int(b.severity() - a.severity()) })
			out = append(out, group)
			continue
		}
		for _, f := range group {
			out = append(out, []found{f})
		}
	}
	return out
}

func causeOf(statements []policy.StatementRef) string {
	var places []string
	for _, s := range statements {
		places = append(places, s.Policy+"#"+strconv.Itoa(s.Statement.Index))
	}
	return strings.Join(distinct(places), "\n")
}

// escalationDiagnostic tells a path, and the others that have the same cause.
func (j *judge) escalationDiagnostic(group []found) check.Diagnostic {
	r, f := j.subject.Role, group[0]
	sentences := []string{"The role " + r.Ref.Name + " can " + f.does + ". Every step is allowed: " + stepTexts(f.Steps) + "."}
	if f.requires != "" {
		sentences = append(sentences, "This requires "+f.requires+".")
	}
	title := r.Ref.Name + " can " + f.does
	if len(group) > 1 {
		var others []string
		for _, o := range group[1:] {
			others = append(others, o.does)
		}
		title += ", and take " + strconv.Itoa(len(others)) + " other ways to more power"
		sentences = append(sentences, "The same statements let it "+strings.Join(others, "; ")+".")
	}
	if f.isChosen() {
		sentences = append(sentences, "What is named here is not known to be more powerful than the role; if it is no more, this is harmless.")
	}
	if _, bounded := r.Boundary.Get(); bounded && slices.ContainsFunc(f.steps, func(s step) bool { return s.on == itself }) {
		sentences = append(sentences, "The role's permissions boundary still limits what it gains for itself.")
	}
	if needs := f.Needs(); len(needs) > 0 {
		sentences = append(sentences, "This is so for resources "+tagged(needs)+", which the role cannot tag so itself.")
	}
	return check.Diagnostic{
		Key: f.id, Severity: f.severity(), Functions: r.Users.List,
		Title:    title,
		Detail:   detail(append(sentences, j.e.Caveats...)...),
		Evidence: j.stepEvidence(f.Steps),
		Fix:      check.Fix{Summary: escalationFix(f)},
	}
}

// stepEvidence quotes each statement once, with the steps that it allows.
func (j *judge) stepEvidence(all []ask.Step) []check.Evidence {
	var out []check.Evidence
	steps := map[string][]string{}
	place := func(e check.Evidence) string { return e.Policy + "#" + strconv.Itoa(e.Statement) }
	for _, a := range all {
		for _, e := range j.e.Evidence(a.Statements, "") {
			at := place(e)
			if _, seen := steps[at]; !seen {
				out = append(out, e)
			}
			if !slices.Contains(steps[at], a.Action) {
				steps[at] = append(steps[at], a.Action)
			}
		}
	}
	for i := range out {
		out[i].Why = "It allows " + list(steps[place(out[i])]) + "."
	}
	return out[:min(len(out), maxEvidence)]
}

func escalationFix(f found) string {
	var names []string
	for _, s := range f.steps {
		if !slices.Contains(names, s.action) {
			names = append(names, s.action)
		}
	}
	if slices.Contains(names, "iam:PassRole") {
		return "Let iam:PassRole pass only the roles that the function has to hand on, by their ARNs in Resource, and only to their service, by " +
			"iam:PassedToService; or take another step away: " + list(slices.DeleteFunc(names, func(n string) bool { return n == "iam:PassRole" })) + "."
	}
	if f.makes {
		return "Require a permissions boundary, by a condition on iam:PermissionsBoundary where " + list(names) + " are allowed; or take one of these steps away."
	}
	if len(names) == 1 {
		return "Take " + names[0] + " away, or allow it only on the resources that the function has to use it on, by their ARNs in Resource."
	}
	return "Take one of the steps away, or allow it only on the resources that the function has to use it on: " + list(names) + "."
}

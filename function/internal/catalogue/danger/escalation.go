package danger

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// found is a path of which all steps are allowed, or may be.
type found struct {
	path
	ask.Answer
	steps []step
}

type escalationKey struct{}

// escalations are the paths that the role can take, or may, without those that follow from a wider one.
func (j *judge) escalations() []found { return j.searchPaths().paths }

// pathSearch is what the search for paths found; isPartial is set where something was left out for lack of budget.
type pathSearch struct {
	paths     []found
	isPartial bool
}

func (j *judge) searchPaths() pathSearch {
	return check.Memo(j.subject, escalationKey{}, func() (out pathSearch) {
		j.Budget.Aside(func() { out.paths, out.isPartial = j.findEscalations() })
		return out
	})
}

func (j *judge) findEscalations() (kept []found, isPartial bool) {
	var all []found
	for i := range paths {
		p, before := &paths[i], j.Budget.Unanswered()
		best, steps := j.best(p)
		isPartial = isPartial || j.Budget.Unanswered() > before && best.Decision != policy.Unknown // An unknown one says so.
		if best.Possible() && !(p.onlyAny && best.Named() && len(best.Needs()) == 0) {
			all = append(all, found{path: *p, Answer: best, steps: steps})
		}
	}
	if len(all) == 0 {
		return nil, isPartial
	}
	return slices.DeleteFunc(slices.Clone(all), func(f found) bool {
		return slices.ContainsFunc(all, func(wider found) bool { return wider.implies(f) })
	}), isPartial
}

// best is the best answer to the ways of a path, with the steps of its way.
func (j *judge) best(p *path) (best ask.Answer, steps []step) {
	for i, tried := range p.tried {
		if !j.mayBeGranted().has(&p.needed[i]) {
			continue
		}
		if got := j.take(tried); !ask.AtLeast(best, got) {
			best, steps = got, tried
		}
		if best.IsBest() {
			break
		}
	}
	return best, steps
}

// implies reports whether another path follows from this one: it has all steps that this one has, or this one's patterns cover
// its steps. A role that can perform every IAM action can do everything. A path that requires something does not imply one that does
// not: where what it requires is missing, the other one still escalates.
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

// severity is lower where a policy names what the path leads to: somebody chose it, and it may be harmless. AWS recommends to name
// the roles that are passed. A pattern of names also matches roles that nobody chose.
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
	defer j.reportEnds(p)
	for _, f := range j.kept() {
		if !f.Allowed() {
			undecided[f.id], hangs = f.DependsOn, append(hangs, f.DependsOn...)
		}
	}
	for _, group := range j.byCause() {
		p.Report(j.escalationDiagnostic(group))
	}
	missing := j.missing(j.searchPaths().isPartial)
	if len(missing) > 0 || len(undecided) > maxUndecided {
		p.Undecided("", role.DistinctGaps(append(hangs, missing...))...)
		return
	}
	for _, one := range paths {
		if missing, ok := undecided[one.id]; ok {
			p.Undecided(one.id, missing...)
		}
	}
}

// maxAlike is how many paths that the same statements allow are reported one by one.
const maxAlike = 4

// byCause gives the paths that are allowed, each by itself. Many that the same statements allow have one cause, and are reported
// together, the worst first.
func (j *judge) byCause() [][]found {
	var order []string
	groups := map[string][]found{}
	for _, f := range j.kept() {
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

// escalationDiagnostic reports a path, and the others that have the same cause. The first of them gives the key and the severity.
func (j *judge) escalationDiagnostic(group []found) check.Diagnostic {
	r, ordered := j.subject.Role, byPreconditions(group)
	f, others := ordered[0], ordered[1:]
	title := r.Ref.Name + " has a known privilege-escalation path: it can " + f.does
	sentences := []string{"The policies of " + r.Ref.Name + " allow every step of a known privilege-escalation path: " + stepTexts(f.Steps) + "."}
	if f.requires != "" {
		sentences = append(sentences, "The path requires "+f.requires+".")
	}
	if f.isChosen() {
		sentences = append(sentences, "The policies allow the path only on resources that they name. It is unknown whether these resources give the role more permissions. If they do not, the path is harmless.")
	}
	if leads := j.whereItLeads(&f); leads != "" {
		sentences = append(sentences, leads)
	}
	if _, bounded := r.Boundary.Get(); bounded && slices.ContainsFunc(f.steps, func(s step) bool { return s.on == itself }) {
		sentences = append(sentences, "The permissions boundary of the role still limits what it gains for itself.")
	}
	if needs := f.Needs(); len(needs) > 0 {
		sentences = append(sentences, needsSentence(needs))
	}
	evidence := j.stepEvidence(f.Steps)
	if len(others) > 0 {
		title = r.Ref.Name + " has " + words.Count(len(group), "known privilege-escalation path") + ": for example, it can " + f.does
		sentences = append(sentences, "The same statements allow "+words.Count(len(others), "other path")+". For example, the role can also "+
			strings.Join(doings(others[:min(len(others), maxExamples)]), ", or ")+". The evidence lists all paths.")
		evidence[0].Why += " The other paths: the role can " + strings.Join(doings(others), "; ") + "."
	}
	var path *check.Path
	if e := j.ending(); e != nil {
		path = e.substanceOfWide(group)
	}
	return check.Diagnostic{
		Key: group[0].id, Severity: group[0].severity(), Functions: r.Users.List, Path: path,
		Title:    title,
		Detail:   detail(append(sentences, j.e.Caveats...)...),
		Evidence: evidence,
		Fix:      check.Fix{Summary: escalationFix(f)},
	}
}

// maxExamples bounds how many paths of many a detail names. The evidence lists all.
const maxExamples = 2

// byPreconditions puts the paths of the highest severity first, and of those the ones that require the least.
func byPreconditions(group []found) []found {
	requirements := func(f found) int {
		if f.requires != "" {
			return 1
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(group), func(a, b found) int {
		return cmp.Or(int(b.severity()-a.severity()), requirements(a)-requirements(b), len(a.steps)-len(b.steps))
	})
}

// doings are what the paths allow, as a sentence goes on after "can".
func doings(group []found) (out []string) {
	for _, f := range group {
		out = append(out, f.does)
	}
	return out
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
		others := slices.DeleteFunc(names, func(n string) bool { return n == "iam:PassRole" })
		return "Allow iam:PassRole only on the ARNs of the roles that the function has to pass, and only to their service, with a condition on " +
			"iam:PassedToService. Or remove " + words.Either(len(others), "", "one of the other permissions: ") + list(others) + "."
	}
	if f.makes {
		return "Where " + list(names) + " are allowed, require a permissions boundary with a condition on iam:PermissionsBoundary. Or remove one of these permissions."
	}
	if len(names) == 1 {
		return "Remove " + names[0] + ", or allow it only on the ARNs of the resources that the function needs it for."
	}
	return "Remove the permission for one of the steps, or allow it only on the ARNs of the resources that the function needs it for: " + list(names) + "."
}

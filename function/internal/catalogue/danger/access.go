package danger

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
	"github.com/rolewatch/rolewatch/function/policy"
)

// newAccess reports recent edits by which the role can do more than before, unless everything new is harmless.
func newAccess(p *check.Pass) {
	if len(p.Before.Parts) == 0 {
		return
	}
	j := judgeOf(p.Subject)
	was, before, parts, missing := j.before()
	if len(missing) > 0 {
		p.Undecided("", missing...)
		return
	}
	if len(parts) == 0 || j.addsLittle(before.Set) {
		return
	}
	c := j.compare(before.Set, j.e.Set)
	former := &check.Subject{Role: was, Now: p.Now, Parameters: p.Parameters}
	effective.ShareBudget(former, p.Subject)
	then := newJudge(former, before)
	grants, hangs := j.confirm(c.Grants, func(step ask.Step) bool { return !then.on(step.Action, step.Resource, nil).Possible() })
	severity := check.Low
	var kept []confirmed
	for _, g := range grants {
		if harm := j.harm(&g, then); harm > check.Low {
			severity, kept = max(severity, harm), append(kept, g)
		}
	}
	grants = kept
	if len(grants) == 0 {
		if hangs = append(hangs, undecidable(c.Unknown)...); len(hangs) > 0 {
			p.Undecided("", role.DistinctGaps(hangs)...)
		}
		return
	}
	severity, opened := j.opened(then, severity)
	p.Report(j.accessDiagnostic(grants, blamed(grants, parts), severity, opened))
}

// blamed are the edited parts whose statements allow the grants. Where none of them allows a grant, an edit removed what denied
// it, such as a Deny statement. Then each of the edits can be the cause.
func blamed(grants []confirmed, edited []role.Part) []role.Part {
	var out []role.Part
	for _, part := range edited {
		if slices.ContainsFunc(grants, func(g confirmed) bool {
			by := func(name role.Part) bool {
				return slices.ContainsFunc(g.asked.Statements, func(s policy.StatementRef) bool { return s.Policy == name.String() })
			}
			return by(part) || !slices.ContainsFunc(edited, by)
		}) {
			out = append(out, part)
		}
	}
	return out
}

// before gives the role and its permissions with the parts as they were before their edits, and which parts were edited.
func (j *judge) before() (was *role.Snapshot, then *effective.Permissions, edited []role.Part, missing []role.Gap) {
	r := *j.subject.Role
	var policies []role.Policy
	for _, name := range slices.Sorted(maps.Keys(j.subject.Before.Parts)) {
		former := j.subject.Before.Parts[name]
		if name.Kind() == role.Trust || name.Kind() == role.Tags || name.Kind() == role.Itself {
			continue
		}
		edited = append(edited, name)
		one, ok := former.Get()
		switch {
		case former.State() == role.Unknown:
			missing = append(missing, former.Gap(name.String()+" as it was").InPolicy(name))
		case name == role.PartBoundary:
			r.Boundary = former
		case ok:
			policies = append(policies, one)
		}
	}
	isEdited := func(p role.Policy) bool { return slices.Contains(edited, p.Part) }
	cut := func(m role.Maybe[[]role.Policy]) role.Maybe[[]role.Policy] {
		list, ok := m.Get()
		if !ok {
			return m
		}
		return role.Have(slices.DeleteFunc(slices.Clone(list), isEdited))
	}
	r.Inline, r.Attached = cut(r.Inline), cut(r.Attached)
	r.Seen = append(slices.DeleteFunc(slices.Clone(r.Seen), isEdited), policies...)
	return &r, effective.OfRole(&r), edited, missing
}

// opened says what the edit added beyond its grants: administrator access, or privilege-escalation paths.
func (j *judge) opened(then *judge, severity check.Severity) (check.Severity, string) {
	if j.opening().everything {
		if !then.opening().everything {
			return check.Critical, "This gave the role administrator access."
		}
		return severity, ""
	}
	reached, severity := j.reachedAnew(then, severity)
	known := map[string]bool{}
	for _, f := range then.escalations() {
		known[f.id] = f.Allowed()
	}
	var ways []string
	for _, f := range j.kept() {
		if f.Allowed() && !known[f.id] {
			severity, ways = max(severity, min(f.severity(), check.High)), append(ways, f.does)
		}
	}
	if len(ways) == 0 {
		return severity, reached
	}
	text := "The change adds a privilege-escalation path: the role can " + ways[0] + "."
	if more := len(ways) - 1; more > 0 {
		text += " It adds " + words.Count(more, "other path") + "."
	}
	return severity, strings.TrimSpace(reached + " " + text)
}

// reachedAnew says which roles and users of the account the edit lets the role become that it could not become before.
func (j *judge) reachedAnew(then *judge, severity check.Severity) (string, check.Severity) {
	e := j.ending()
	if e == nil || len(e.Paths) == 0 {
		return "", severity
	}
	was := e.Former(then.subject.Role)
	var first string
	more := 0
	for i := range e.Paths {
		p := &e.Paths[i]
		if p.Accepted == nil && was.Lacks(p.End) {
			if severity = max(severity, severityOfEnd(p)); first == "" {
				first = "The change lets the role " + e.gains(&p.End) + e.linkTo(&p.End) + p.Standing.Does + ": " + e.Line(p.Hops) + "."
			} else {
				more++
			}
		}
		for _, other := range p.Others {
			if was.Lacks(other) {
				more++
			}
		}
	}
	if first == "" || more == 0 {
		return first, severity
	}
	return first + " It adds " + words.Count(more, "other role or user") + " whose permissions the role can obtain.", severity
}

func (j *judge) accessDiagnostic(grants []confirmed, parts []role.Part, severity check.Severity, opened string) check.Diagnostic {
	r := j.subject.Role
	edits := j.editTexts(parts)
	title := words.Upper(edits)
	if len(parts) > maxNamed {
		title = words.Count(len(parts), "change")
	}
	switch {
	case severity == check.Critical && j.opening().everything:
		title += " gave " + r.Ref.Name + " administrator access"
	case severity == check.Critical:
		title += " lets " + r.Ref.Name + " become an administrator"
	default:
		title += " gave " + r.Ref.Name + " new permissions: " + grantActions(grants)
	}
	sentences := []string{"The role " + r.Ref.Name + " can now perform actions that it could not perform before: " + grantTexts(grants) + "."}
	if opened != "" {
		sentences = append(sentences, opened)
	}
	return check.Diagnostic{
		Severity: severity, Functions: r.Users.List, Parts: parts,
		Title:    title,
		Detail:   detail(append(sentences, j.e.Caveats...)...),
		Evidence: j.grantEvidence(grants, "It allows what was not allowed before."),
		Fix:      check.Fix{Summary: "If the functions do not need the new permissions, undo " + edits + ". If they need them, allow them only on the resources that the functions use."},
	}
}

// maxNamed bounds how many edits a title names.
const maxNamed = 2

// editTexts says in words what was done to parts.
func (j *judge) editTexts(parts []role.Part) string {
	var out []string
	for _, part := range parts {
		out = append(out, j.editText(part))
	}
	return list(out)
}

func (j *judge) editText(part role.Part) string {
	r := j.subject.Role
	added := j.subject.Before.Parts[part].State() == role.Absent
	isPart := func(p role.Policy) bool { return p.Part == part }
	switch name := part.InWords(); part.Kind() {
	case role.Managed:
		attached, known := r.Attached.Get()
		switch {
		case added:
			return "the attachment of " + name
		case known && !slices.ContainsFunc(attached, isPart):
			return "the detachment of " + name
		}
		return "the edit of " + name
	case role.Boundary:
		switch {
		case added:
			return "the addition of the permissions boundary"
		case r.Boundary.State() == role.Absent:
			return "the removal of the permissions boundary"
		}
		return "the change of the permissions boundary"
	default:
		inline, known := r.Inline.Get()
		switch {
		case added:
			return "the addition of " + name
		case known && !slices.ContainsFunc(inline, isPart):
			return "the removal of " + name
		}
		return "the edit of " + name
	}
}

// maxTitle bounds how many actions a title names.
const maxTitle = 3

// grantActions names the first actions of grants, those of the witnesses first.
func grantActions(grants []confirmed) string {
	var names []string
	add := func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	total := 0
	for _, g := range grants {
		add(g.asked.Action)
		total += max(1, len(g.Actions))
	}
	if total = max(total, len(names)); total <= maxTitle {
		for _, g := range grants {
			for _, name := range g.Actions {
				add(name)
			}
		}
	}
	return firstOfTotal(names, total)
}

// firstOf is the first names of a list, as a title has room for, and how many more there are.
func firstOf(names []string) string { return firstOfTotal(names, len(names)) }

func firstOfTotal(names []string, total int) string {
	shown := names[:min(len(names), maxTitle)]
	if more := total - len(shown); more > 0 {
		return strings.Join(shown, ", ") + " and " + strconv.Itoa(more) + " more"
	}
	return list(shown)
}

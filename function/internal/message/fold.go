package message

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// roleNames is how many roles a list names.
const roleNames = 10

// fold is what a message reports of one check: the findings of several roles, or of one.
type fold struct {
	kind     finding.TransitionKind
	check    string
	severity check.Severity
	// findings are in the message's order, so that the first is the worst.
	findings []finding.Finding
}

// folds are the findings of a message by kind and check, the most urgent first.
func (m *Message) folds() []fold {
	var out []fold
	for _, g := range m.groups() {
		from := len(out)
		for _, f := range g.list {
			i := slices.IndexFunc(out[from:], func(o fold) bool { return o.check == f.Check })
			if i < 0 {
				out = append(out, fold{kind: g.kind, check: f.Check, severity: f.Severity})
				i = len(out) - from - 1
			}
			out[from+i].findings = append(out[from+i].findings, f)
		}
		slices.SortStableFunc(out[from:], func(a, b fold) int { return cmp.Compare(b.severity, a.severity) })
	}
	return out
}

// roles are the ARNs of the roles of a fold, in order of their first finding.
func (f fold) roles() []string { return rolesOf(f.findings) }

func rolesOf(list []finding.Finding) []string {
	var out []string
	seen := map[string]bool{}
	for _, one := range list {
		if !seen[one.Role] {
			seen[one.Role] = true
			out = append(out, one.Role)
		}
	}
	return out
}

// allRoles are the roles that a message reports findings of.
func (m *Message) allRoles() []string {
	return rolesOf(slices.Concat(m.Opened, m.Changed, m.Resolved))
}

// functions counts the functions that the findings of a fold hit: of each role those of its finding that hits most.
func (f fold) functions() int {
	most := map[string]int{}
	for _, one := range f.findings {
		most[one.Role] = max(most[one.Role], one.FunctionsTotal)
	}
	n := 0
	for _, of := range most {
		n += of
	}
	return n
}

// headline is what a fold is about in one line: the finding's title where it is one, else the check's with the number of roles.
func (f fold) headline() string {
	if len(f.findings) == 1 {
		return about(f.findings[0])
	}
	one := f.findings[0]
	title := clip(cmp.Or(one.CheckTitle, Headline(one)), 200)
	hit := ""
	if n := f.functions(); n > 0 {
		hit = ", " + words.Count(n, "function")
	}
	roles := f.roles()
	if len(roles) == 1 {
		return title + " (role " + RoleName(roles[0]) + ", " + words.Count(len(f.findings), "finding") + hit + ")"
	}
	return title + " (" + words.Count(len(roles), "role") + hit + ")"
}

// names lists the roles of a fold by name, the first ten of them.
func (f fold) names() string {
	var names []string
	roles := f.roles()
	for _, arn := range roles[:min(len(roles), roleNames)] {
		names = append(names, clip(RoleName(arn), 128))
	}
	text := strings.Join(names, ", ")
	if more := len(roles) - len(names); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

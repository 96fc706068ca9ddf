package message

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// roleNames is how many roles a list names.
const roleNames = 10

// Fold is what is reported of one check in one way (opened, changed or resolved), be it of one role or of many.
type Fold struct {
	Kind     finding.TransitionKind `json:"kind"`
	Check    string                 `json:"check"`
	Severity check.Severity         `json:"severity"`
	// Lead is the gravest of the findings, and stands for all of them.
	Lead finding.Finding `json:"lead"`
	// Findings, Roles and Functions count: of each role the functions of its finding that hits most.
	Findings  int `json:"findings"`
	Roles     int `json:"roles"`
	Functions int `json:"functions"`
	// Names are the names of the first ten roles.
	Names []string `json:"names"`
	// SameFix says that one fix is that of all of them.
	SameFix bool `json:"sameFix,omitzero"`
	// Policy is the ARN of the managed policy that is the cause of all of them; empty where there is not one.
	Policy string `json:"policy,omitempty"`
	// Cause is the ID of the record that all of them name as their cause; empty where there is not one.
	Cause string `json:"cause,omitempty"`
	// ResolvedBy is the ID of the record that ended all of them; empty where there is not one.
	ResolvedBy string `json:"resolvedBy,omitempty"`
}

// FoldsOf are the findings that were opened, changed and resolved, by kind and check, the most urgent first.
func FoldsOf(opened, changed, resolved []finding.Finding) []Fold {
	m := Message{Opened: opened, Changed: changed, Resolved: resolved}
	var out []Fold
	for _, g := range m.groups() {
		var checks []string
		of := map[string][]finding.Finding{}
		for _, f := range g.list {
			if of[f.Check] == nil {
				checks = append(checks, f.Check)
			}
			of[f.Check] = append(of[f.Check], f)
		}
		for _, id := range checks {
			out = append(out, newFold(g.kind, of[id]))
		}
	}
	return orderedFolds(out)
}

func newFold(kind finding.TransitionKind, list []finding.Finding) Fold {
	f := Fold{Kind: kind, Check: list[0].Check, Severity: list[0].Severity, Lead: list[0], Findings: len(list), Cause: causeOf(list), Policy: policyOf(list)}
	if first := list[0].ResolvedBy; first != nil && !slices.ContainsFunc(list, func(one finding.Finding) bool {
		return one.ResolvedBy == nil || one.ResolvedBy.EventID != first.EventID
	}) {
		f.ResolvedBy = first.EventID
	}
	f.SameFix = !slices.ContainsFunc(list, func(one finding.Finding) bool { return !sameFix(one, f.Lead) })
	most := map[string]int{}
	for _, one := range list {
		if _, seen := most[one.Role]; !seen && len(f.Names) < roleNames {
			f.Names = append(f.Names, clip(RoleName(one.Role), 128))
		}
		most[one.Role] = max(most[one.Role], one.FunctionsTotal)
	}
	f.Roles = len(most)
	for _, n := range most {
		f.Functions += n
	}
	return f
}

func sameFix(a, b finding.Finding) bool {
	return a.Fix.Summary == b.Fix.Summary && a.Fix.Command == b.Fix.Command
}

// oneFix reports whether the fix of the lead is that of all findings.
func (f Fold) oneFix() bool { return f.Findings == 1 || f.SameFix }

// FixText says what fixes the findings of a fold: where each role needs another fix, what fixes the one that stands for all.
func (f Fold) FixText() string {
	text := f.Lead.Fix.Summary
	if f.oneFix() || text == "" {
		return text
	}
	return "For " + RoleName(f.Lead.Role) + ": " + text
}

// verify says how to see that the findings of a fold are fixed.
func (f Fold) verify() string {
	if f.Findings == 1 || f.Lead.Fix.Verify == "" {
		return Verifying(f.Lead)
	}
	return f.Lead.Fix.Verify + " no longer lists these roles"
}

// causeOf is the record that all findings name as their cause; empty where there is not one.
func causeOf(list []finding.Finding) string {
	cause := list[0].Cause
	if cause == nil || slices.ContainsFunc(list, func(f finding.Finding) bool { return f.Cause == nil || f.Cause.EventID != cause.EventID }) {
		return ""
	}
	return cause.EventID
}

// policyOf is the managed policy that all findings have as the part to blame; empty where there is not one.
func policyOf(list []finding.Finding) string {
	policy := ""
	for i, f := range list {
		if f.Cause == nil {
			return ""
		}
		part, arn := role.Part(f.Cause.Part), ""
		if part.Kind() == role.Managed {
			arn = part.String()
		}
		if arn == "" || i > 0 && arn != policy {
			return ""
		}
		policy = arn
	}
	return policy
}

// orderedFolds puts what was opened first, then what has changed and what was resolved; of each the worst first.
func orderedFolds(list []Fold) []Fold {
	kinds := []finding.TransitionKind{finding.KindOpened, finding.KindChanged, finding.KindResolved}
	slices.SortStableFunc(list, func(a, b Fold) int {
		return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)), cmp.Compare(b.Severity, a.Severity))
	})
	return list
}

// Merge adds folds of other roles.
func Merge(list, more []Fold) []Fold {
	list = slices.Clone(list)
	for _, f := range more {
		i := slices.IndexFunc(list, func(o Fold) bool { return o.Kind == f.Kind && o.Check == f.Check })
		if i < 0 {
			list = append(list, f)
			continue
		}
		o := &list[i]
		o.SameFix = o.oneFix() && f.oneFix() && sameFix(o.Lead, f.Lead)
		if f.Severity > o.Severity {
			o.Severity, o.Lead = f.Severity, f.Lead
		}
		if o.Cause != f.Cause {
			o.Cause = ""
		}
		if o.ResolvedBy != f.ResolvedBy {
			o.ResolvedBy = ""
		}
		if o.Policy != f.Policy {
			o.Policy = ""
		}
		if !o.SameFix {
			o.Lead.Fix.Command = ""
		}
		o.Findings, o.Roles, o.Functions = o.Findings+f.Findings, o.Roles+f.Roles, o.Functions+f.Functions
		names := slices.Concat(o.Names, f.Names)
		o.Names = names[:min(len(names), roleNames)]
	}
	return orderedFolds(list)
}

// folds are what a message reports, the most urgent first.
func (m *Message) folds() []Fold {
	switch {
	case m.Change != nil:
		return m.Change.Folds
	case m.Digest != nil:
		return m.Digest.Folds
	}
	return FoldsOf(m.Opened, m.Changed, m.Resolved)
}

// passedFolds are what a digest has of findings that were opened and resolved since the last one.
func (m *Message) passedFolds() []Fold {
	if m.Digest == nil {
		return nil
	}
	return m.Digest.PassedFolds
}

// Headline is what a fold is about in one line: the finding's title where it is one, else the check's with the policy through which it
// came about and the number of roles.
func (f Fold) Headline() string { return f.headline(summaryLimit) }

func (f Fold) headline(limit int) string {
	if f.Findings == 1 {
		return about(f.Lead, limit)
	}
	title := clip(cmp.Or(f.Lead.CheckTitle, Headline(f.Lead)), 200)
	hits := []string{words.Count(f.Roles, "role")}
	if f.Roles == 1 {
		hits = []string{"role " + f.Names[0], words.Count(f.Findings, "finding")}
	}
	if f.Policy != "" {
		hits[0] += ", policy " + clip(policyName(f.Policy), 64)
	}
	if f.Functions > 0 {
		hits = append(hits, words.Count(f.Functions, "function"))
	}
	return withHits(title, hits, limit)
}

// policyName is the name in the ARN of a managed policy.
func policyName(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// RoleNames lists the roles of a fold by name, the first ten of them.
func (f Fold) RoleNames() string {
	text := strings.Join(f.Names, ", ")
	if more := f.Roles - len(f.Names); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// also is a fold in one line.
func (f Fold) also() string { return clip(string(f.Kind)+": "+f.line(), 500) }

// line is a fold in one line, without what became of its findings.
func (f Fold) line() string {
	return clip(strings.ToUpper(f.Severity.String())+" "+f.Check+" "+f.Headline(), 500)
}

// example stands before what is said of one of several roles.
func (f Fold) example() string {
	if f.Findings == 1 {
		return ""
	}
	return "For example, " + RoleName(f.Lead.Role) + ": "
}

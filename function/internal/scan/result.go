package scan

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Result is what a scan found.
type Result struct {
	// Findings are ordered by severity, the gravest first, then by role and check.
	Findings []finding.Finding
	Excepted []Excepted
	// Unknowns are ordered by what is missing, each input once.
	Unknowns []Unknown
	Tally    Tally
}

// Tally counts what a scan went through and found.
type Tally struct {
	Functions int `json:"functions"`
	// Roles are those in scope.
	Roles    int `json:"roles"`
	Findings int `json:"findings"`
	Unknown  int `json:"unknown"`
	Excepted int `json:"excepted"`
	// Partial says that the scan broke off, and that there may be more.
	Partial bool `json:"partial,omitzero"`
}

// Unknown is an input that is missing, and what could not be decided without it.
type Unknown struct {
	Missing string `json:"missing"`
	// Checks are the IDs of the checks that could not be decided, and Roles counts the roles of which that is so. Without
	// checks, Roles counts the roles that may be in scope and were not judged; an input of the account as a whole has neither.
	Checks []string `json:"checks"`
	Roles  int      `json:"roles"`
	// SettledBy is a sentence that says what makes the input known, or what to do where nothing does.
	SettledBy string `json:"settledBy"`
	// RoleARNs are the roles that Roles counts, and FunctionARNs the functions that the input is of, where it is of some of them.
	RoleARNs     []string `json:"roleArns"`
	FunctionARNs []string `json:"functionArns"`
	// Statements are those whose meaning depends on the input.
	Statements []Statement `json:"statements"`
}

// Statement names a statement of a policy of a role.
type Statement struct {
	RoleARN string `json:"roleArn"`
	role.StatementName
}

// Excepted is a finding that an exception covers.
type Excepted struct {
	finding.Finding
	Exception Exception `json:"exception"`
}

// Exception is what covers a finding.
type Exception struct {
	// Resource is the ARN of the resource with the tag; By is "settings", or "tag" where the tag itself makes the exception.
	Resource string    `json:"resource"`
	By       string    `json:"by"`
	Tag      string    `json:"tag"`
	Reason   string    `json:"reason"`
	Until    time.Time `json:"until"`
}

// missing is what is known of an input that is missing: the IDs of checks that lack it, and what it is about.
type missing struct {
	settledBy                string
	checks, roles, functions map[string]bool
	statements               map[Statement]bool
}

// collection is a result in the making.
type collection struct {
	Result
	missing map[string]*missing
}

// take adds what was found of one role in scope.
func (c *collection) take(snapshot *role.Snapshot, j *inforce.Judgement, now time.Time) {
	c.Tally.Roles++
	key, arn := snapshot.Ref.Key(), snapshot.ARN()
	for _, d := range j.Result.Diagnostics {
		c.Findings = append(c.Findings, finding.Of(key, arn, now, d))
	}
	for _, e := range j.Excepted {
		by := "settings"
		if e.ByTag {
			by = "tag"
		}
		c.Excepted = append(c.Excepted, Excepted{finding.Of(key, arn, now, e.Diagnostic), Exception{
			Resource: e.Resource, By: by, Tag: e.Exception.Tag, Reason: e.Exception.Reason, Until: e.Exception.Until,
		}})
	}
	for _, u := range j.Result.Undecided {
		for _, gap := range u.Missing {
			c.miss(gap, u.Check.ID, arn)
		}
	}
	for _, n := range j.Notes {
		c.miss(n.Gap(), n.Check, arn)
	}
}

// unscoped adds what would decide whether a role is in scope.
func (c *collection) unscoped(arn string, inputs []role.Gap) {
	for _, gap := range inputs {
		gap.What = "whether the role is in scope: " + gap.What
		c.lacks(gap).of(gap, arn)
	}
}

// miss adds an input that is missing, for a check on a role where id is not empty.
func (c *collection) miss(gap role.Gap, id, arn string) {
	m := c.lacks(gap)
	if id != "" {
		m.checks[id] = true
		m.of(gap, arn)
	}
}

// of adds the role of which an input is missing.
func (m *missing) of(gap role.Gap, arn string) {
	m.roles[arn] = true
	for _, function := range gap.Functions {
		m.functions[function] = true
	}
	for _, one := range gap.Statements {
		m.statements[Statement{arn, one}] = true
	}
}

// lacks is the entry of an input that is missing.
func (c *collection) lacks(gap role.Gap) *missing {
	m := c.missing[gap.What]
	if m == nil {
		m = &missing{
			settledBy: gap.SettledBy, checks: map[string]bool{}, roles: map[string]bool{}, functions: map[string]bool{}, statements: map[Statement]bool{},
		}
		c.missing[gap.What] = m
	}
	return m
}

// unknown is the entry in the form that a result has it.
func (m *missing) unknown(what string) Unknown {
	statements := slices.SortedFunc(maps.Keys(m.statements), func(a, b Statement) int {
		return cmp.Or(cmp.Compare(a.RoleARN, b.RoleARN), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Statement, b.Statement))
	})
	return Unknown{
		Missing: what, Checks: sorted(m.checks), Roles: len(m.roles), SettledBy: m.settledBy,
		RoleARNs: sorted(m.roles), FunctionARNs: sorted(m.functions), Statements: append([]Statement{}, statements...),
	}
}

// sorted are the members of a set; an empty list is one all the same.
func sorted(set map[string]bool) []string {
	return append([]string{}, slices.Sorted(maps.Keys(set))...)
}

// done orders and counts what was collected.
func (c *collection) done() Result {
	slices.SortStableFunc(c.Findings, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Check, b.Check), cmp.Compare(a.ID, b.ID))
	})
	for _, what := range slices.Sorted(maps.Keys(c.missing)) {
		c.Unknowns = append(c.Unknowns, c.missing[what].unknown(what))
	}
	c.Tally.Findings, c.Tally.Unknown, c.Tally.Excepted = len(c.Findings), len(c.Unknowns), len(c.Excepted)
	return c.Result
}

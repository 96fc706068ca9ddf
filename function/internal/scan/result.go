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

// missing is who lacks an input: IDs of checks, and keys of roles.
type missing struct{ checks, roles map[string]bool }

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
		for _, what := range u.Missing {
			c.miss(what, u.Check.ID, key)
		}
	}
	for _, n := range j.Notes {
		c.miss(n.Text, n.Check, key)
	}
}

// unscoped adds what would decide whether a role is in scope.
func (c *collection) unscoped(key string, inputs []string) {
	for _, what := range inputs {
		c.lacks("whether the role is in scope: " + what).roles[key] = true
	}
}

// miss adds an input that is missing, for a check on a role where id is not empty.
func (c *collection) miss(what, id, key string) {
	m := c.lacks(what)
	if id != "" {
		m.checks[id], m.roles[key] = true, true
	}
}

// lacks is the entry of an input that is missing.
func (c *collection) lacks(what string) *missing {
	m := c.missing[what]
	if m == nil {
		m = &missing{map[string]bool{}, map[string]bool{}}
		c.missing[what] = m
	}
	return m
}

// done orders and counts what was collected.
func (c *collection) done() Result {
	slices.SortStableFunc(c.Findings, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Check, b.Check), cmp.Compare(a.ID, b.ID))
	})
	for _, what := range slices.Sorted(maps.Keys(c.missing)) {
		m := c.missing[what]
		ids := slices.AppendSeq([]string{}, maps.Keys(m.checks))
		slices.Sort(ids)
		c.Unknowns = append(c.Unknowns, Unknown{Missing: what, Checks: ids, Roles: len(m.roles)})
	}
	c.Tally.Findings, c.Tally.Unknown, c.Tally.Excepted = len(c.Findings), len(c.Unknowns), len(c.Excepted)
	return c.Result
}

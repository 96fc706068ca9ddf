package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// powers are the checks of a role that make a public function a serious risk, the worst first.
var powers = []string{danger.Admin, danger.AdminManagedPolicy, danger.Escalation, danger.PermissionsManagement}

// publicAndPrivileged joins what is public with what makes the role powerful. Where one of the two is reported and the other is
// undecided, this is undecided too.
func publicAndPrivileged(p *check.Pass, found []check.Diagnostic) {
	missing := missingOf(p.Left())
	var power *check.Diagnostic
	for i := range found {
		rank := slices.Index(powers, found[i].Check.ID)
		if rank >= 0 && found[i].Accepted == nil && (power == nil || rank < slices.Index(powers, power.Check.ID) ||
			p.Reach != nil && rank == slices.Index(powers, power.Check.ID) && found[i].Severity > power.Severity) {
			power = &found[i]
		}
	}
	told := map[string]bool{}
	for _, d := range found {
		if !isPublic(d.Check) || told[d.Key] {
			continue
		}
		told[d.Key] = true
		if power == nil {
			undecided(p, d.Key, missing.powers)
			continue
		}
		name := d.Functions[0].Name()
		severity := check.Severity(0)
		if p.Reach != nil && power.Check.ID == danger.Escalation {
			severity = power.Severity // It is known where the role's ways lead.
		}
		p.Report(check.Diagnostic{
			Key: d.Key, Severity: severity, Functions: d.Functions, Title: name + " is public, and its role is powerful",
			Detail:   fmt.Sprintf("%s (%s), and %s (%s).", d.Title, d.Check.ID, lower(power.Title), power.Check.ID),
			Evidence: slices.Concat(d.Evidence, power.Evidence), Parts: slices.Concat(d.Parts, power.Parts),
			Fix: check.Fix{Summary: "First, remove public access to the function. " + d.Fix.Summary + " Then reduce the permissions of the role. " + power.Fix.Summary, Command: d.Fix.Command},
		})
	}
	if power == nil && !missing.anyPower {
		return
	}
	for _, key := range missing.keys {
		if !told[key] {
			undecided(p, key, missing.public[key])
		}
	}
}

func isPublic(c *check.Check) bool { return c.ID == functionPublic || c.ID == urlPublic }

// missing is why the joined checks are undecided: powers, of the role, and public, of functions by their keys, which are in
// order.
type missing struct {
	powers   []role.Gap
	anyPower bool
	public   map[string][]role.Gap
	keys     []string
}

func missingOf(left []check.Undecided) missing {
	m := missing{public: map[string][]role.Gap{}}
	for _, u := range left {
		if slices.Contains(powers, u.Check.ID) {
			m.powers, m.anyPower = append(m.powers, u.Missing...), true
		}
		if isPublic(u.Check) {
			if _, seen := m.public[u.Key]; !seen {
				m.keys = append(m.keys, u.Key)
			}
			m.public[u.Key] = append(m.public[u.Key], u.Missing...)
		}
	}
	return m
}

// undecided says for a key what other checks miss, each thing once.
func undecided(p *check.Pass, key string, what []role.Gap) {
	if len(what) > 0 {
		p.Undecided(key, role.DistinctGaps(what)...)
	}
}

// lower makes the first letter of a title small within a sentence, except that of a name.
func lower(title string) string {
	for _, article := range []string{"The ", "An ", "A ", "Any "} {
		if strings.HasPrefix(title, article) {
			return words.Lower(title)
		}
	}
	return title
}

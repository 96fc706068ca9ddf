package refusal

import (
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// young is how old a role, or a change of it, can be while IAM has not propagated it yet: Terraform's provider retries for as long.
const young = 5 * time.Minute

// byAge explains a rejected call for which the role's state gives no cause now; now says what is true.
func (e *explaining) byAge(now string) Explanation {
	out := Explanation{Fix: check.Fix{Summary: "Deploy again. If Lambda rejects the call again, rolewatch reports that in this finding."}}
	identity, _ := e.Role.Identity.Get()
	created, dated := identity.Created.Get()
	age := e.refusal.Time.Sub(created)
	edit, edited := e.edit()
	waiting := " Make deployments wait about 10 seconds after they create or change a role, and retry."
	switch {
	case e.refusal.Time.IsZero():
		out.Why = now + " The cause may have been fixed since the call. IAM takes about 10 seconds to propagate a new role or an edit."
		out.Fix.Summary = "Try again. If the call is rejected again, pass its CloudTrail record to `rolewatch diagnose` (--request). The record has the time and the parameters of the call."
	case dated && age >= 0 && age < young:
		out.Why = fmt.Sprintf("%s The role was %s old, and IAM had not propagated it yet. Nothing is wrong with the role.", now, ageText(age))
		out.Fix.Summary = "Deploy again. The role has had time to propagate since." + waiting
	case edited && !edit.Time.After(e.refusal.Time):
		out.Why = fmt.Sprintf("%s %s was changed %s before the call, by %s. IAM had not propagated the change yet.", now, words.Upper(edit.Part.InWords()), ageText(e.refusal.Time.Sub(edit.Time)), by(edit))
		out.Fix.Summary = "Deploy again. The change has had time to propagate since." + waiting
	case edited:
		out.Why = fmt.Sprintf("%s %s was changed %s after the call, by %s.", now, words.Upper(edit.Part.InWords()), ageText(edit.Time.Sub(e.refusal.Time)), by(edit))
	case !dated:
		out.Why = now + " It is unknown how old the role was at the time of the call. If it was only seconds old, IAM had not propagated it yet."
	case age < 0:
		out.Why = fmt.Sprintf("%s The current role was created %s after the call.", now, ageText(-age))
	default:
		out.Why = fmt.Sprintf("%s The role was %s old. It may have been fixed since the call, or edited seconds before the call, when IAM had not propagated the change yet.", now, ageText(age))
	}
	return out
}

// edit is the change of the role that is closest to the rejected call: a little before it, or after it.
func (e *explaining) edit() (closest check.Change, ok bool) {
	for _, c := range e.Changes {
		if c.Part == "" || c.Part == role.PartTags || c.Part == role.PartRefusal || e.refusal.Time.Sub(c.Time) >= young {
			continue
		}
		if !ok || c.Time.Sub(e.refusal.Time).Abs() < closest.Time.Sub(e.refusal.Time).Abs() {
			closest, ok = c, true
		}
	}
	return closest, ok
}

func by(c check.Change) string {
	if c.Actor == "" {
		return c.Event
	}
	return c.Actor + " (" + c.Event + ")"
}

// ageText is a duration in the unit that people would say.
func ageText(d time.Duration) string {
	n, unit := int(d/time.Second), "second"
	switch {
	case d >= 48*time.Hour:
		n, unit = int(d/(24*time.Hour)), "day"
	case d >= 2*time.Hour:
		n, unit = int(d/time.Hour), "hour"
	case d >= 2*time.Minute:
		n, unit = int(d/time.Minute), "minute"
	}
	return words.Count(n, unit)
}

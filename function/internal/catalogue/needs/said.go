package needs

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// lambdaSays is what a check adds to Lambda's report, once it knows whether a permission of the role explains the report.
type lambdaSays struct {
	// purpose is what Lambda needs the permissions for; elsewhere is what else may explain the report, where it is not read.
	purpose, elsewhere string
	// since says when Lambda last tried, where that is known, and again what makes it try again; retry is the command for that.
	since, again, retry string
}

// because says in a diagnostic whether a permission of the role explains what Lambda reports.
func (l lambdaSays) because(s *check.Subject, a Answer, d *check.Diagnostic) {
	switch {
	case a.Lacking != "":
		d.Title += ": its role is not allowed to call " + a.Lacking
		d.Detail += " " + strings.Join(a.Sentences, " ")
		d.Evidence, d.Fix = a.Evidence, a.Fix
		d.Fix.Summary += " " + l.again
		if d.Fix.Command != "" && l.retry != "" {
			d.Fix.Command += "\n" + l.retry
		}
		if len(a.Missing) > 0 {
			d.Detail += " In addition, the following is unknown: " + strings.Join(role.GapTexts(a.Missing), "; ") + "."
		}
	case len(a.Missing) > 0:
		l.unsure("Whether the role has every permission that Lambda needs depends on the following, which is unknown", "If the role has the permissions, you do not have to grant any.", a.Missing, d)
		d.Evidence = a.Hangs
	default:
		d.Title += ", but its role has the permissions now"
		d.Detail += " The role " + s.Role.Ref.Name + " now has the permissions that " + d.Functions[0].Name() + " needs " + l.purpose + "."
		if l.elsewhere == "" {
			d.Detail += " Lambda's report is older than these permissions."
		} else {
			d.Detail += " Either Lambda's report is older than these permissions, or " + l.elsewhere + "."
		}
		d.Detail += l.since
		d.Detail = strings.Join(append([]string{d.Detail}, effective.Of(s).Caveats...), " ")
		d.Fix = check.Fix{Summary: "You do not have to grant the role any permission. " + l.again, Command: l.retry}
	}
}

// unsure says in a diagnostic what is unknown, and what to do if nothing is wrong.
func (l lambdaSays) unsure(what, well string, missing []role.Gap, d *check.Diagnostic) {
	d.Detail += " " + what + ": " + strings.Join(role.GapTexts(missing), "; ") + "."
	d.Fix.Summary = strings.Join(append(role.Settling(missing), well+" "+l.again), " ")
}

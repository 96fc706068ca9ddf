package needs

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// lambdaSays is what a check adds to Lambda's own words, once it knows whether a permission of the role explains them.
type lambdaSays struct {
	// purpose is what Lambda needs the permissions for; elsewhere is what else may explain the words, where it is not read.
	purpose, elsewhere string
	// since says when Lambda last tried, where that is known, and again what makes it try again; retry is the command for that.
	since, again, retry string
}

// because says in a diagnostic whether a permission of the role explains what Lambda says.
func (l lambdaSays) because(s *check.Subject, a Answer, d *check.Diagnostic) {
	switch {
	case a.Lacking != "":
		d.Title += ": its role lacks " + a.Lacking
		d.Detail += " " + strings.Join(a.Sentences, " ")
		d.Evidence, d.Fix = a.Evidence, a.Fix
		d.Fix.Summary += " " + l.again
		if d.Fix.Command != "" && l.retry != "" {
			d.Fix.Command += "\n" + l.retry
		}
		if len(a.Missing) > 0 {
			d.Detail += " Not known in addition: " + strings.Join(role.GapTexts(a.Missing), "; ") + "."
		}
	case len(a.Missing) > 0:
		l.unsure("Whether the role has every permission that Lambda needs is not known", "Where the role has the permissions, nothing has to be granted.", a.Missing, d)
		d.Evidence = a.Hangs
	default:
		d.Title += ", and its role has the permissions now"
		d.Detail += " The role " + s.Role.Ref.Name + " now has the permissions that Lambda needs " + l.purpose +
			": what Lambda says is older than the role's permissions" + l.elsewhere + "." + l.since
		d.Detail = strings.Join(append([]string{d.Detail}, effective.Of(s).Caveats...), " ")
		d.Fix = check.Fix{Summary: "No permission of the role has to be granted. " + l.again, Command: l.retry}
	}
}

// unsure says in a diagnostic what is not known, and what to do where it turns out well.
func (l lambdaSays) unsure(what, well string, missing []role.Gap, d *check.Diagnostic) {
	d.Detail += " " + what + ": " + strings.Join(role.GapTexts(missing), "; ") + "."
	d.Fix.Summary = strings.Join(append(role.Settling(missing), well+" "+l.again), " ")
}

package selfcheck

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Permissions is the result of a look at the role of the function: how many of the actions that it needs are allowed, which are not,
// and of which that is unknown, with the reason.
func (f *Facts) Permissions(allowed int, lacking, undecided []string, why role.Reason) Result {
	switch {
	case len(lacking) > 0:
		return wrong("permissions", episode.Trouble{
			Key: "denied:" + lacking[0], Region: f.Home, Subject: fmt.Sprintf("The role of the function lacks permissions: %d", len(lacking)), Over: "the role of the function has its permissions again",
			Text: "Its policies do not allow " + strings.Join(lacking, ", ") + ". What these calls read is unknown, and what they write is not written.",
		}, redeploy(f.home().Name))
	case why.Given() || len(undecided) > 0:
		if !why.Given() {
			why = role.Because("its policies do not decide " + strings.Join(undecided, ", "))
		}
		return unknown("permissions", "Whether the role of the function allows what it needs is unknown", why)
	}
	return ok("permissions", fmt.Sprintf("The role of the function allows the %d actions that were looked at", allowed))
}

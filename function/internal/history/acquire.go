package history

import (
	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// acquire takes in a role that was made from a template, or that is there and was returned. The record shows its trust policy; what
// else the template sets is unknown: https://docs.aws.amazon.com/IAM/latest/APIReference/API_AcquireRole.html
func (a *Account) acquire(r *roleRecord, c *events.Change) {
	if c.Returned {
		if r.witness(c) && c.Document != nil {
			r.trust.set(documentOf(c, role.PartTrust, policy.Trust), c.Time)
		}
		return
	}
	if c.Time.Before(r.turned) {
		return
	}
	a.create(r, c)
	why := role.Because("the record " + c.ID + " does not show what the role template sets")
	for _, list := range []struct {
		complete *bool
		why      *role.Reason
	}{{&r.inline.complete, &r.inline.why}, {&r.attached.complete, &r.attached.why}, {&r.tags.complete, &r.tags.why}} {
		*list.complete, *list.why = false, why
	}
	if c.Boundary == "" {
		r.boundary.set(role.NotRead[string](why), c.Time)
	}
}

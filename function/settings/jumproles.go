package settings

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/reach"
)

// JumpRole accepts the power of a role: a path that ends there is shown as accepted.
type JumpRole struct {
	// Role is an ARN, which may be a pattern, or the beginning of a path, which starts and ends with a slash.
	Role   string `json:"role"`
	Reason string `json:"reason"`
	// Until is as in Exception.
	Until string `json:"until"`
}

// jumpRoles reads the roles whose power is accepted.
func (r *reader) jumpRoles(m member) []JumpRole {
	var out []JumpRole
	for _, e := range r.list(m.path, m.value) {
		var one JumpRole
		members := r.object(e.path, e.value)
		if members != nil {
			r.required(e.path, e.value, members, "role", "reason", "until")
		}
		for _, f := range members {
			switch f.key {
			case "role":
				if one.Role = r.text(f); notJumpRole(one.Role) {
					r.wrong(f.path, f.value, `it is neither the ARN of a role, such as "arn:aws:iam::*:role/ops-*", nor a path, such as "/ops/"`)
				}
			case "reason":
				one.Reason = r.text(f)
			case "until":
				if one.Until = r.text(f); one.Until != "" {
					if _, err := inforce.ParseUntil(one.Until); err != nil {
						r.wrong(f.path, f.value, "it %w", err)
					}
				}
			default:
				r.stranger(f, "role", "reason", "until")
			}
		}
		out = append(out, one)
	}
	return out
}

func notJumpRole(text string) bool {
	if isPath(text) || text == "" {
		return false
	}
	pattern, ok := aws.ParseARNPattern(text)
	return !ok || !aws.IsARN(text) || pattern.Service != "iam" || !strings.HasPrefix(pattern.Resource, "role/")
}

func isPath(text string) bool {
	return len(text) > 1 && strings.HasPrefix(text, "/") && strings.HasSuffix(text, "/")
}

// Accepted are the roles whose power is accepted.
func (r Rules) Accepted() []reach.Acceptance {
	var out []reach.Acceptance
	for _, one := range r.JumpRoles {
		pattern := one.Role
		if isPath(pattern) {
			pattern = "arn:*:iam::*:role" + pattern + "*"
		}
		// Without an end nothing is accepted. Rules that were read have one.
		if until, err := inforce.ParseUntil(one.Until); err == nil {
			out = append(out, reach.Acceptance{Role: pattern, Reason: one.Reason, Until: until})
		}
	}
	return out
}

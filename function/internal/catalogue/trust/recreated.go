package trust

import (
	"fmt"
	"time"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// recreated is the cause for a role that is not the one for which the function's environment variables were encrypted.
func recreated(s *check.Subject, f role.Function) []cause {
	identity, ok := s.Role.Identity.Get()
	encrypted, known := encrypts(f)
	if !ok || f.ARN == "" || known && !encrypted {
		return nil
	}
	how, missing := howRecreated(s, f, identity)
	switch {
	case missing.What != "":
		return []cause{{check: roleRecreated, missing: []role.Gap{missing}}}
	case how == "":
		return nil
	case !known:
		return []cause{{check: roleRecreated, missing: []role.Gap{f.Environment.Gap("whether " + f.QualifiedARN() + " has environment variables")}}}
	}
	return []cause{{check: roleRecreated, diagnostic: check.Diagnostic{
		Title: "The role " + s.Role.Ref.Name + " was deleted and created again: " + f.Name() + " cannot decrypt its environment variables",
		Detail: fmt.Sprintf("The role was created again %s. The environment variables of %s are encrypted under a grant for the former role, so the function fails to decrypt them.",
			how, f.QualifiedARN()),
		Parts: []role.Part{role.PartItself}, Recreated: true,
		Fix: check.Fix{
			Summary: "Configure the function with another role, wait until the update is complete, and configure it with this role again. Set OTHER to the ARN of any other role that Lambda can assume." + published(f),
			Command: "OTHER=" + check.Shell(aws.RoleARN(s.Role.Ref.Partition, s.Role.Ref.Account, "/", "NAME").String()) + "\n" +
				rewrite.Command("lambda update-function-configuration", "--function-name", f.ARN) + ` --role "$OTHER"` + "\n" +
				rewrite.Command("lambda wait function-updated-v2", "--function-name", f.ARN) + "\n" + setRole(f, s.Role.ARN()),
		},
	}}}
}

// howRecreated says when the role became another one than the function was configured with, and how that shows; nothing
// when it did not, and what is missing when that cannot be decided.
func howRecreated(s *check.Subject, f role.Function, identity role.Identity) (how string, missing role.Gap) {
	created, dated := identity.Created.Get()
	modified, touched := f.LastModified.Get()
	on := func(t time.Time) string { return "on " + t.UTC().Format("2006-01-02 15:04:05 MST") }
	const another = ": its unique ID has changed"
	switch {
	case !s.Before.RecreatedAt.IsZero() && (!touched || modified.Before(s.Before.RecreatedAt)):
		return on(s.Before.RecreatedAt) + another, role.Gap{}
	case s.Before.RoleID != "" && identity.ID != "" && s.Before.RoleID != identity.ID && (!touched || modified.Before(identity.Created.Or(s.Now))):
		if !dated {
			return "since the last check" + another, role.Gap{}
		}
		return on(created) + another, role.Gap{}
	case dated && touched && created.After(modified):
		return on(created) + ": it is newer than the function's configuration", role.Gap{}
	case dated && !touched:
		return "", f.LastModified.Gap("when " + f.QualifiedARN() + " was last changed")
	}
	return "", role.Gap{}
}

// encrypts reports whether a function has something encrypted for its role, and whether that is known.
func encrypts(f role.Function) (yes, known bool) {
	env, ok := f.Environment.Get()
	_, key := f.KMSKey.Get()
	return env || key, ok || key || f.Environment.State() == role.Absent
}

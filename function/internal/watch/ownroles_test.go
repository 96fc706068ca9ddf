package watch_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// changed is the record of a call on a role by a session of a role, through what invoked it.
func (l *lab) changed(call, role, by, invokedBy string) []byte {
	return l.record(call, map[string]any{"roleName": role, "policyName": "rolewatch"}, map[string]any{"userIdentity": map[string]any{
		"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/" + by + "/session", "accountId": "111122223333", "invokedBy": invokedBy,
		"sessionContext": map[string]any{"sessionIssuer": map[string]any{"userName": by}},
	}})
}

// A change of the roles with which a member sends and is read is reported, unless the StackSet makes it: once an hour for a caller's calls.
func TestAChangeOfTheRolesOfAMemberIsReported(t *testing.T) {
	const cloudFormation = "cloudformation.amazonaws.com"
	told, silent := 0, 0
	for name, tt := range map[string]struct {
		call, role, by, invokedBy string
		roles                     []string
		want                      string
	}{
		"somebody":                            {"DeleteRolePolicy", "rolewatch-sender", "admin", "", memberRoles, "admin/session changed rolewatch's role rolewatch-sender"},
		"somebody, the reader":                {"PutRolePolicy", "rolewatch-reader", "admin", "", memberRoles, "admin/session changed rolewatch's role rolewatch-reader"},
		"somebody through CloudFormation":     {"DeleteRole", "rolewatch-reader", "admin", cloudFormation, memberRoles, "admin/session changed rolewatch's role rolewatch-reader"},
		"the StackSet":                        {"PutRolePolicy", "rolewatch-sender", "stacksets-exec-0a1b2c3d", cloudFormation, memberRoles, ""},
		"who assumed the role of StackSets":   {"PutRolePolicy", "rolewatch-sender", "stacksets-exec-0a1b2c3d", "", memberRoles, "stacksets-exec-0a1b2c3d/session changed rolewatch's role rolewatch-sender"},
		"another role":                        {"PutRolePolicy", "rolewatch-sender-2", "admin", "", memberRoles, ""},
		"an account that no StackSet manages": {"DeleteRole", "rolewatch-sender", "admin", "", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := orders(t)
			l.config.OwnRoles = tt.roles
			l.watch = l.another()
			l.notices = nil
			l.must(l.changed(tt.call, tt.role, tt.by, tt.invokedBy))
			l.must(l.changed(tt.call, tt.role, tt.by, tt.invokedBy))
			if tt.want == "" {
				silent++
				l.wantTold()
				return
			}
			told++
			l.wantTold(tt.want)
			l.pass(2 * time.Hour)
			l.must(l.changed(tt.call, tt.role, tt.by, tt.invokedBy))
			l.wantTold(tt.want)
		})
	}
	if told != 4 || silent != 3 {
		t.Errorf("%d are reported and %d are not", told, silent)
	}
}

var memberRoles = []string{deploy.SenderRole, deploy.ReaderRole}

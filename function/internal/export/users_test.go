package export_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const withUsers = `{"UserDetailList":[
	{"UserName":"ann","UserId":"AIDAANN","Arn":"arn:aws:iam::111122223333:user/team/ann","UserPolicyList":[{"PolicyName":"own","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}],
	 "GroupList":["admins"],"AttachedManagedPolicies":[],"Tags":[{"Key":"team","Value":"a"}]},
	{"UserName":"bob","UserId":"AIDABOB","Arn":"arn:aws:iam::111122223333:user/bob","GroupList":["gone"],"AttachedManagedPolicies":[]}],
"GroupDetailList":[{"GroupName":"admins","Arn":"arn:aws:iam::111122223333:group/admins","GroupPolicyList":[{"PolicyName":"all","PolicyDocument":{"Version":"2012-10-17","Statement":[]}}],
	"AttachedManagedPolicies":[{"PolicyName":"AdministratorAccess","PolicyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}]}],
"RoleDetailList":[{"RoleName":"app","RoleId":"AROAAPP","Path":"/","Arn":"arn:aws:iam::111122223333:role/app","CreateDate":"2026-01-01T00:00:00+00:00","AssumeRolePolicyDocument":{"Version":"2012-10-17","Statement":[]}}],
"Policies":[]}`

// TestUsersHaveThePoliciesOfTheirGroups reads users: those of a group that the export does not have are not all known.
func TestUsersHaveThePoliciesOfTheirGroups(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "iam.json"), []byte(withUsers), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := export.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	users, why, _ := a.IAMUsers(t.Context())
	if why != "" || len(users) != 2 {
		t.Fatalf("%d users, %s", len(users), why)
	}
	bob, ann := users[0], users[1]
	if !ann.IsUser || len(ann.Inline.Or(nil)) != 2 || ann.Inline.Or(nil)[1].Part != "inline:admins/all" || len(ann.Attached.Or(nil)) != 1 ||
		len(ann.Groups) != 1 || ann.Tags.Or(nil)["team"] != "a" || ann.Ref.Name != "ann" {
		t.Errorf("ann is %+v", ann)
	}
	if bob.Attached.State() != role.Unknown || bob.Boundary.State() != role.Absent {
		t.Errorf("bob, whose group is not in the export, is %+v", bob)
	}
	without := t.TempDir()
	if err := os.WriteFile(filepath.Join(without, "iam.json"), []byte(`{"RoleDetailList":[]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if a, err = export.Read(without); err != nil {
		t.Fatal(err)
	}
	if users, why, _ := a.IAMUsers(t.Context()); len(users) != 0 || why == "" {
		t.Errorf("without users: %d, %q", len(users), why)
	}
}

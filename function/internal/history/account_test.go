package history_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	otherTrust  = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	readLogs    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:Get*","Resource":"*"}]}`
	writeLogs   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:Put*","Resource":"*"}]}`
	adminARN    = "arn:aws:iam::aws:policy/AdministratorAccess"
	ownARN      = "arn:aws:iam::" + account + ":policy/logs"
)

func createRole(second int, name string) string {
	arn := "arn:aws:iam::" + account + ":role/service/" + name
	return record(second, "CreateRole", object{"roleName": name, "path": "/service/", "assumeRolePolicyDocument": lambdaTrust,
		"tags": []any{object{"key": "team", "value": "shop"}}},
		object{"responseElements": object{"role": object{"path": "/service/", "roleName": name, "roleId": "AROAEXAMPLE" + strings.ToUpper(name),
			"arn": arn, "createDate": start.Add(time.Duration(second) * time.Second).Format("Jan _2, 2006 3:04:05 PM")}}})
}

func onRole(second int, event, name string, more object) string {
	parameters := object{"roleName": name}
	for k, v := range more {
		parameters[k] = v
	}
	return record(second, event, parameters)
}

// view is a snapshot in words: known parts with their texts, and "unknown" or "absent".
func view(s role.Snapshot) map[string]string {
	out := map[string]string{"role": word(s.Identity), "trust": word(s.Trust), "boundary": word(s.Boundary), "tags": word(s.Tags),
		"inline": word(s.Inline), "attached": word(s.Attached)}
	if p, ok := s.Trust.Get(); ok {
		out["trust"] = p.Text.Or("no text: " + p.Text.Why())
	}
	if p, ok := s.Boundary.Get(); ok {
		out["boundary"] = p.ARN + " " + p.Text.Or("no text")
	}
	for _, p := range slices.Concat(s.Inline.Or(nil), s.Attached.Or(nil), s.Seen) {
		out[p.Part.String()] = p.Text.Or("no text")
	}
	return out
}

func word[T any](m role.Maybe[T]) string {
	return map[role.State]string{role.Known: "known", role.Absent: "absent", role.Unknown: "unknown"}[m.State()]
}

// wantParts compares the parts that are named.
func wantParts(t *testing.T, s role.Snapshot, want map[string]string) {
	t.Helper()
	got := view(s)
	for part := range got {
		if _, ok := want[part]; !ok && !strings.Contains(part, ":") {
			delete(got, part)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parts (-want +got):\n%s", diff)
	}
}

func TestCreateRoleMakesEverythingKnown(t *testing.T) {
	a := told(t, nil, createRole(1, "orders"))
	s := snapshot(t, a, "orders")
	wantParts(t, s, map[string]string{"role": "known", "trust": lambdaTrust, "boundary": "absent", "tags": "known", "inline": "known", "attached": "known"})
	id, _ := s.Identity.Get()
	created, _ := id.Created.Get()
	if id.ID != "AROAEXAMPLEORDERS" || !created.Equal(start.Add(time.Second)) || s.ARN() != "arn:aws:iam::"+account+":role/service/orders" {
		t.Errorf("identity %+v, created %v, ARN %s", id, created, s.ARN())
	}
	if tags := s.Tags.Or(nil); tags["team"] != "shop" || len(tags) != 1 {
		t.Errorf("tags %v", tags)
	}
}

func TestARoleFirstSeenByAnAttachmentIsKnownInThatAlone(t *testing.T) {
	a := told(t, nil, onRole(1, "AttachRolePolicy", "orders", object{"policyArn": adminARN}))
	s := snapshot(t, a, "orders")
	wantParts(t, s, map[string]string{"role": "known", "trust": "unknown", "boundary": "unknown", "tags": "unknown", "inline": "unknown",
		"attached": "unknown", adminARN: "no text"})
	if why := s.Trust.Why(); why != "no record shows the role's trust policy" {
		t.Errorf("why %q", why)
	}
	refs, err := a.PolicyRoles(ctx, adminARN)
	if err != nil || len(refs) != 1 || refs[0].Name != "orders" {
		t.Errorf("roles of the policy: %v, %v", refs, err)
	}
	none := snapshot(t, a, "never-named")
	wantParts(t, none, map[string]string{"role": "unknown", "trust": "unknown"})
}

func TestPartsFollowTheirRecords(t *testing.T) {
	a := told(t, nil, createRole(1, "orders"),
		onRole(2, "PutRolePolicy", "orders", object{"policyName": "logs", "policyDocument": readLogs}),
		onRole(3, "PutRolePolicy", "orders", object{"policyName": "gone", "policyDocument": readLogs}),
		onRole(4, "DeleteRolePolicy", "orders", object{"policyName": "gone"}),
		onRole(5, "PutRolePolicy", "orders", object{"policyName": "logs", "policyDocument": writeLogs}),
		onRole(6, "UpdateAssumeRolePolicy", "orders", object{"policyDocument": otherTrust}),
		onRole(7, "AttachRolePolicy", "orders", object{"policyArn": adminARN}),
		onRole(8, "AttachRolePolicy", "orders", object{"policyArn": ownARN}),
		onRole(9, "DetachRolePolicy", "orders", object{"policyArn": adminARN}),
		onRole(10, "PutRolePermissionsBoundary", "orders", object{"permissionsBoundary": ownARN}),
		onRole(11, "TagRole", "orders", object{"tags": []any{object{"key": "stage", "value": "test"}}}),
		onRole(12, "UntagRole", "orders", object{"tagKeys": []any{"team"}}),
	)
	s := snapshot(t, a, "orders")
	wantParts(t, s, map[string]string{"role": "known", "trust": otherTrust, "boundary": ownARN + " no text", "inline": "known",
		"attached": "known", "inline:logs": writeLogs, ownARN: "no text"})
	if diff := cmp.Diff(map[string]string{"stage": "test"}, s.Tags.Or(nil)); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestARefusedCallChangesNothing(t *testing.T) {
	refused := record(2, "UpdateAssumeRolePolicy", object{"roleName": "orders", "policyDocument": otherTrust},
		object{"errorCode": "MalformedPolicyDocumentException", "errorMessage": "Syntax errors in policy."})
	s := snapshot(t, told(t, nil, createRole(1, "orders"), refused), "orders")
	wantParts(t, s, map[string]string{"trust": lambdaTrust})
}

func TestAStragglerDoesNotOverwriteWhatIsNewer(t *testing.T) {
	trust := func(second int, document string) string {
		return onRole(second, "UpdateAssumeRolePolicy", "orders", object{"policyDocument": document})
	}
	cases := []struct {
		name    string
		records []string
		want    map[string]string
	}{
		{"an older trust policy", []string{createRole(1, "orders"), trust(9, otherTrust), trust(5, lambdaTrust)}, map[string]string{"trust": otherTrust}},
		{"the making after a part", []string{trust(9, otherTrust), createRole(1, "orders")}, map[string]string{"role": "known", "trust": otherTrust, "inline": "known"}},
		{"a policy put and deleted the other way round", []string{createRole(1, "orders"),
			onRole(9, "DeleteRolePolicy", "orders", object{"policyName": "logs"}),
			onRole(5, "PutRolePolicy", "orders", object{"policyName": "logs", "policyDocument": readLogs})},
			map[string]string{"inline": "known"}},
		{"a part of the deleted role", []string{createRole(1, "orders"), onRole(9, "DeleteRole", "orders", nil), trust(5, otherTrust)},
			map[string]string{"role": "absent", "trust": "absent"}},
		{"a deletion from before the role was made again", []string{createRole(9, "orders"), onRole(5, "DeleteRole", "orders", nil)},
			map[string]string{"role": "known", "trust": lambdaTrust}},
		{"a policy of the former role", []string{createRole(9, "orders"),
			onRole(5, "PutRolePolicy", "orders", object{"policyName": "logs", "policyDocument": readLogs})},
			map[string]string{"role": "known", "inline": "known"}},
		{"the parts of the same second before the making", []string{
			onRole(1, "PutRolePolicy", "orders", object{"policyName": "logs", "policyDocument": readLogs}), createRole(1, "orders")},
			map[string]string{"role": "known", "trust": lambdaTrust, "inline": "known", "inline:logs": readLogs}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantParts(t, snapshot(t, told(t, nil, c.records...), "orders"), c.want) })
	}
}

func TestARoleThatActsAfterItsEndWasMadeAgain(t *testing.T) {
	a := told(t, nil, createRole(1, "orders"), onRole(5, "DeleteRole", "orders", nil))
	wantParts(t, snapshot(t, a, "orders"), map[string]string{"role": "absent", "trust": "absent", "inline": "absent", "attached": "absent", "boundary": "absent", "tags": "absent"})
	a = told(t, nil, createRole(1, "orders"), onRole(5, "DeleteRole", "orders", nil), onRole(9, "AttachRolePolicy", "orders", object{"policyArn": adminARN}))
	wantParts(t, snapshot(t, a, "orders"), map[string]string{"role": "known", "trust": "unknown", "inline": "unknown", adminARN: "no text"})
}

func TestADocumentThatCloudTrailLeftOutIsUnknown(t *testing.T) {
	omitted := record(2, "PutRolePolicy", object{"roleName": "orders", "policyName": "big", "omitted": true})
	s := snapshot(t, told(t, nil, createRole(1, "orders"), omitted), "orders")
	wantParts(t, s, map[string]string{"inline": "known", "inline:big": "no text"})
}

func policyCall(second int, event string, parameters, response object) string {
	return record(second, event, parameters, object{"responseElements": response})
}

func TestAManagedPolicyIsItsDefaultVersion(t *testing.T) {
	steps := []string{
		createRole(1, "orders"),
		policyCall(2, "CreatePolicy", object{"policyName": "logs", "policyDocument": readLogs},
			object{"policy": object{"arn": ownARN, "policyName": "logs", "defaultVersionId": "v1"}}),
		onRole(3, "AttachRolePolicy", "orders", object{"policyArn": ownARN}),
		policyCall(4, "CreatePolicyVersion", object{"policyArn": ownARN, "policyDocument": writeLogs, "setAsDefault": false},
			object{"policyVersion": object{"versionId": "v2", "isDefaultVersion": false}}),
		policyCall(5, "SetDefaultPolicyVersion", object{"policyArn": ownARN, "versionId": "v2"}, nil),
		policyCall(6, "CreatePolicyVersion", object{"policyArn": ownARN, "policyDocument": readLogs, "setAsDefault": true},
			object{"policyVersion": object{"versionId": "v3", "isDefaultVersion": true}}),
		policyCall(7, "SetDefaultPolicyVersion", object{"policyArn": ownARN, "versionId": "v9"}, nil),
	}
	want := []string{2: readLogs, 3: readLogs, 4: writeLogs, 5: readLogs, 6: "no text"}
	a := history.New(nil)
	for i, step := range steps {
		if err := a.Apply(ctx, parsed(t, step)); err != nil {
			t.Fatal(err)
		}
		if i >= 2 {
			if got := view(snapshot(t, a, "orders"))[ownARN]; got != want[i] {
				t.Errorf("after step %d: %s, want %s", i, got, want[i])
			}
		}
	}
	attached, _ := snapshot(t, a, "orders").Attached.Get()
	if attached[0].Version != "v9" || !strings.Contains(attached[0].Text.Why(), "v9") {
		t.Errorf("attached %+v, why %q", attached[0], attached[0].Text.Why())
	}
}

func TestWithoutABaseNothingIsListed(t *testing.T) {
	a := told(t, nil, createRole(1, "orders"))
	if _, _, err := a.RolePage(ctx, ""); !errors.Is(err, role.ErrUnread) {
		t.Errorf("roles: %v", err)
	}
	if _, _, err := a.FunctionPage(ctx, "us-east-1", ""); !errors.Is(err, role.ErrUnread) {
		t.Errorf("functions: %v", err)
	}
}

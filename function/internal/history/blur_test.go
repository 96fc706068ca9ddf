package history_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// cut is a record without its parameters.
func cut(second int, name string) string {
	return record(second, name, object{"reason": "requestParameters too large", "omitted": true})
}

// TestARecordThatDoesNotNameItsRole makes what it may have changed of any role unknown, and what newer records tell is known again.
func TestARecordThatDoesNotNameItsRole(t *testing.T) {
	put := func(second int, name string) string {
		return onRole(second, "PutRolePolicy", "orders", object{"policyName": name, "policyDocument": readLogs})
	}
	trust := func(second int) string {
		return onRole(second, "UpdateAssumeRolePolicy", "orders", object{"policyDocument": otherTrust})
	}
	attached := onRole(3, "AttachRolePolicy", "orders", object{"policyArn": ownARN})
	version := record(2, "CreatePolicyVersion", object{"policyArn": ownARN, "policyDocument": readLogs, "setAsDefault": true}, object{"responseElements": object{"policyVersion": object{"versionId": "v2"}}})
	tests := map[string]struct {
		records []string
		want    map[string]string
	}{
		"an inline policy":               {[]string{createRole(1, "orders"), put(2, "logs"), cut(9, "PutRolePolicy")}, map[string]string{"role": "known", "trust": lambdaTrust, "inline": "unknown"}},
		"an inline policy, late":         {[]string{createRole(1, "orders"), cut(9, "PutRolePolicy"), put(2, "logs")}, map[string]string{"inline": "unknown"}},
		"an inline policy written since": {[]string{createRole(1, "orders"), put(2, "old"), cut(9, "PutRolePolicy"), put(12, "logs")}, map[string]string{"inline": "unknown", "inline:logs": readLogs}},
		"a role made since":              {[]string{cut(1, "PutRolePolicy"), createRole(2, "orders"), put(3, "logs")}, map[string]string{"inline": "known", "inline:logs": readLogs}},
		"a trust policy":                 {[]string{createRole(1, "orders"), cut(9, "UpdateAssumeRolePolicy")}, map[string]string{"role": "known", "trust": "unknown", "inline": "known"}},
		"a trust policy written since":   {[]string{createRole(1, "orders"), cut(9, "UpdateAssumeRolePolicy"), trust(12)}, map[string]string{"trust": otherTrust}},
		"a trust policy in that second":  {[]string{createRole(1, "orders"), cut(9, "UpdateAssumeRolePolicy"), trust(9)}, map[string]string{"trust": "unknown"}},
		"a role that was not there":      {[]string{cut(9, "CreateRole")}, map[string]string{"role": "unknown", "trust": "unknown", "inline": "unknown", "attached": "unknown"}},
		"a boundary":                     {[]string{createRole(1, "orders"), cut(9, "PutRolePermissionsBoundary")}, map[string]string{"boundary": "unknown"}},
		"tags":                           {[]string{createRole(1, "orders"), cut(9, "TagRole")}, map[string]string{"tags": "unknown"}},
		"a managed policy":               {[]string{createRole(1, "orders"), version, attached, cut(9, "CreatePolicyVersion")}, map[string]string{"attached": "known", ownARN: "no text"}},
		"a managed policy, late":         {[]string{createRole(1, "orders"), cut(1, "CreatePolicyVersion"), version, attached}, map[string]string{"attached": "known", ownARN: readLogs}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) { wantParts(t, snapshot(t, told(t, nil, tt.records...), "orders"), tt.want) })
	}
}

// TestARoleOfATemplate is there, with its trust policy; what the template sets is unknown.
func TestARoleOfATemplate(t *testing.T) {
	acquire := func(second int, created string) string {
		return record(second, "AcquireRole", object{"templateArn": "arn:aws:iam::aws:role-template/x"}, object{"responseElements": object{"role": object{
			"path": "/", "roleName": "orders", "roleId": "AROANEW", "arn": "arn:aws:iam::" + account + ":role/orders", "createDate": created, "assumeRolePolicyDocument": "%7B%7D"}}})
	}
	unread := map[string]string{"role": "known", "trust": "{}", "inline": "unknown", "attached": "unknown", "boundary": "unknown", "tags": "unknown"}
	wantParts(t, snapshot(t, told(t, base{}, acquire(1, "Mar 2, 2026 9:00:01 AM")), "orders"), unread)
	wantParts(t, snapshot(t, told(t, nil, acquire(1, "Feb 2, 2026 9:00:01 AM")), "orders"), unread)
	made := createRole(1, "orders")
	wantParts(t, snapshot(t, told(t, nil, made, acquire(600, "Mar 2, 2026 9:00:01 AM")), "orders"),
		map[string]string{"role": "known", "trust": "{}", "inline": "known", "attached": "known", "boundary": "absent", "tags": "known"})
}

// TestWhatIsNotUnderstoodIsNeverAbsent plays a record that no row has, on a role and a function that are there, that are not, and that
// are known to be missing.
func TestWhatIsNotUnderstoodIsNeverAbsent(t *testing.T) {
	lent := func(second int, parameters object) *events.Change {
		source := object{}
		if parameters["functionName"] != nil {
			source["eventSource"] = "lambda.amazonaws.com"
		}
		c, ok := events.ParseUnread([]byte(record(second, "LendThing", parameters, source)), "it is new")
		if !ok {
			t.Fatalf("%v names nothing", parameters)
		}
		return c
	}
	for name, tt := range map[string]struct {
		base    history.Base
		records []string
		want    map[string]string
	}{
		"a role that is not there": {base{}, nil, map[string]string{"role": "unknown", "trust": "unknown", "inline": "unknown"}},
		"a role that was deleted":  {nil, []string{createRole(1, "orders"), onRole(2, "DeleteRole", "orders", nil)}, map[string]string{"role": "unknown", "trust": "unknown"}},
		"a role that is there":     {nil, []string{createRole(1, "orders")}, map[string]string{"role": "known", "trust": "unknown", "inline": "unknown", "boundary": "unknown"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := told(t, tt.base, tt.records...)
			if err := a.Apply(ctx, lent(9, object{"roleName": "orders"})); err != nil {
				t.Fatal(err)
			}
			wantParts(t, snapshot(t, a, "orders"), tt.want)
		})
	}
	a := told(t, nil, record(1, "CreateFunction20150331", object{"functionName": functionARN}, object{"responseElements": object{"functionArn": functionARN, "role": "arn:aws:iam::" + account + ":role/new", "lastModified": "2026-03-02T09:00:00.000+0000"}}))
	if err := a.Apply(ctx, lent(9, object{"functionName": functionARN})); err != nil {
		t.Fatal(err)
	}
	versions, err := a.Function(ctx, functionARN)
	if !errors.Is(err, role.ErrUnread) || len(versions) != 1 {
		t.Fatalf("%v, %v", versions, err)
	}
	c := versions[0].Config
	for what, m := range map[string]role.State{"policies": c.Policies.State(), "URLs": c.URLs.State(), "sources": c.Sources.State(), "destinations": c.Destinations.State(), "layers": c.Layers.State(),
		"runtime": c.Runtime.State(), "runtime updates": c.RuntimeUpdates.State()} {
		if m != role.Unknown {
			t.Errorf("%s are %v", what, m)
		}
	}
	if !strings.Contains(c.Policies.Why(), "LendThing") || !strings.Contains(c.Policies.Why(), "it is new") {
		t.Errorf("why: %s", c.Policies.Why())
	}
}

// TestALogHandsOutWhatWasNotUnderstood reads records of a call that is new, of one that is harmless, and one that is broken.
func TestALogHandsOutWhatWasNotUnderstood(t *testing.T) {
	l := log(t, map[string]string{"a.jsonl": strings.Join([]string{
		onRole(1, "LendRole", "orders", nil), onRole(2, "AddRoleToInstanceProfile", "orders", nil), onRole(3, "GetRole", "orders", nil),
		record(4, "PutRolePolicy", object{"roleName": "orders", "policyName": 17}), onRole(5, "DeleteRole", "orders", nil),
	}, "\n")})
	unread := map[string]string{}
	for r := range l.Records(func(error) {}) {
		if r.Change.Unread != "" {
			unread[r.Change.Name] = r.Change.Unread
		}
	}
	if names := slices.Sorted(maps.Keys(unread)); !slices.Equal(names, []string{"LendRole", "PutRolePolicy"}) || !strings.Contains(unread["PutRolePolicy"], "policyName") {
		t.Errorf("not understood: %v", unread)
	}
	if l.Counts.Unread != 2 || l.Counts.Listed != 1 || l.Counts.Malformed != 1 {
		t.Errorf("%+v", l.Counts)
	}
}

// TestWhatBindsAnAccountIsUnknownOnceItsOrganizationChanged plays a change of a service control policy, and of one of another type.
func TestWhatBindsAnAccountIsUnknownOnceItsOrganizationChanged(t *testing.T) {
	changed := func(kind string) string {
		return record(9, "EnablePolicyType", object{"rootId": "r-1", "policyType": kind}, object{"eventSource": "organizations.amazonaws.com"})
	}
	for kind, unread := range map[string]bool{"SERVICE_CONTROL_POLICY": true, "RESOURCE_CONTROL_POLICY": true, "TAG_POLICY": false} {
		s := snapshot(t, told(t, base{}, changed(kind)), "old")
		if got := strings.Contains(s.SCPs.Why(), "EnablePolicyType"); got != unread || strings.Contains(s.RCPs.Why(), "EnablePolicyType") != unread {
			t.Errorf("%s: %s", kind, s.SCPs.Why())
		}
	}
}

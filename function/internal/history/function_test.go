package history_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

const functionARN = "arn:aws:lambda:us-east-1:" + account + ":function:checkout"

func functionCall(second int, event, version, roleName string, request object) string {
	response := object{"functionName": "checkout", "functionArn": functionARN, "version": version,
		"role": "arn:aws:iam::" + account + ":role/" + roleName, "lastModified": start.Add(time.Duration(second) * time.Second).Format("2006-01-02T15:04:05.000-0700")}
	if version != "$LATEST" {
		response["functionArn"] = functionARN + ":" + version
	}
	parameters := object{"functionName": "checkout"}
	for k, v := range request {
		parameters[k] = v
		if k == "environment" {
			response[k] = v
		}
	}
	return record(second, event, parameters, object{"responseElements": response})
}

// versions are a function's versions in words.
func versions(t *testing.T, a *history.Account) []string {
	t.Helper()
	list, err := a.Function(ctx, functionARN)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, strings.TrimSpace(f.Version+" "+f.Role[strings.LastIndexByte(f.Role, '/')+1:]+" "+strings.Join(f.Aliases, ",")))
	}
	return out
}

func TestAFunctionFollowsItsRecords(t *testing.T) {
	role := func(name string) object { return object{"role": "arn:aws:iam::" + account + ":role/" + name} }
	alias := func(second int, event, version string) string {
		return record(second, event, object{"functionName": "checkout", "name": "live", "functionVersion": version})
	}
	steps := []struct {
		record string
		want   []string
	}{
		{functionCall(1, "CreateFunction20150331", "$LATEST", "a", role("a")), []string{"$LATEST a"}},
		{functionCall(2, "PublishVersion20150331", "1", "a", nil), []string{"$LATEST a", "1 a"}},
		{functionCall(3, "UpdateFunctionConfiguration20150331v2", "$LATEST", "b", role("b")), []string{"$LATEST b", "1 a"}},
		{functionCall(4, "UpdateFunctionCode20150331v2", "2", "b", object{"publish": true}), []string{"$LATEST b", "1 a", "2 b"}},
		{alias(5, "CreateAlias20150331", "1"), []string{"$LATEST b", "1 a live", "2 b"}},
		{alias(6, "UpdateAlias20150331", "2"), []string{"$LATEST b", "1 a", "2 b live"}},
		{functionCall(3, "UpdateFunctionConfiguration20150331v2", "$LATEST", "late", role("late")), []string{"$LATEST b", "1 a", "2 b live"}},
		{alias(4, "UpdateAlias20150331", "1"), []string{"$LATEST b", "1 a", "2 b live"}},
		{record(7, "DeleteFunction20150331", object{"functionName": "checkout", "qualifier": "1"}), []string{"$LATEST b", "2 b live"}},
		{record(8, "DeleteAlias20150331", object{"functionName": "checkout", "name": "live"}), []string{"$LATEST b", "2 b"}},
		{record(2, "DeleteFunction20150331", object{"functionName": "checkout"}), []string{"$LATEST b", "2 b"}},
		{record(9, "DeleteFunction20150331", object{"functionName": "checkout"}), nil},
		{functionCall(8, "UpdateFunctionCode20150331v2", "3", "b", object{"publish": true}), nil},
		{functionCall(10, "CreateFunction20150331", "$LATEST", "c", role("c")), []string{"$LATEST c"}},
	}
	a := history.New(nil)
	for i, step := range steps {
		if err := a.Apply(ctx, parsed(t, step.record)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.want, versions(t, a)); diff != "" {
			t.Errorf("after step %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestTheEnvironmentIsKnownOnlyWhereNoneWasSent(t *testing.T) {
	a := told(t, nil, functionCall(1, "CreateFunction20150331", "$LATEST", "a", nil))
	list, _ := a.Function(ctx, functionARN)
	if has, ok := list[0].Environment.Get(); !ok || has {
		t.Errorf("no environment was sent: %+v", list[0].Environment)
	}
	a = told(t, nil, functionCall(1, "CreateFunction20150331", "$LATEST", "a", object{"environment": object{}}))
	list, _ = a.Function(ctx, functionARN)
	if list[0].Environment.State() != role.Unknown || !strings.Contains(list[0].Environment.Why(), "not whether it is empty") {
		t.Errorf("an environment was sent, CloudTrail blanks it: %+v", list[0].Environment)
	}
}

// TestAResourcePolicyIsReplacedAsAWhole plays the calls that write resource policies, in the order of the records and in another.
func TestAResourcePolicyIsReplacedAsAWhole(t *testing.T) {
	made := record(0, "CreateFunction20150331", object{"functionName": functionARN}, object{"responseElements": object{"functionArn": functionARN, "role": "arn:aws:iam::" + account + ":role/new", "lastModified": "2026-03-02T09:00:00.000+0000"}})
	add := func(second int, sid string) string {
		return record(second, "AddPermission20150331v2", object{"functionName": functionARN, "statementId": sid}, object{"responseElements": object{"statement": `{"Sid":"` + sid + `"}`}})
	}
	remove := func(second int, sid string) string {
		return record(second, "RemovePermission20150331v2", object{"functionName": functionARN, "statementId": sid})
	}
	put := func(second int, policy any) string {
		return record(second, "PutResourcePolicy20260709v2", object{"resourceArn": functionARN, "policy": policy})
	}
	gone := func(second int) string {
		return record(second, "DeleteResourcePolicy20260709v2", object{"resourceArn": functionARN})
	}
	whole := func(version, statements string) string {
		return `{"Version":"` + version + `","Id":"default","Statement":[` + statements + `]}`
	}
	const two = `{"Version":"2012-10-17","Statement":[{"Sid":"p"},{"Effect":"Deny"},{"Effect":"Allow"},{"Sid":"p","x":1}]}`
	const ofTwo = `{"Effect":"Deny"},{"Effect":"Allow"},{"Sid":"p"},{"Sid":"p","x":1}`
	tests := map[string]struct {
		records   []string
		want, why string
	}{
		"a statement":                     {[]string{made, add(1, "a")}, whole("2012-10-17", `{"Sid":"a"}`), ""},
		"replaced":                        {[]string{made, add(1, "a"), put(2, two)}, whole("2012-10-17", ofTwo), ""},
		"replaced, late":                  {[]string{made, put(2, two), add(1, "a")}, whole("2012-10-17", ofTwo), ""},
		"added to":                        {[]string{made, put(2, two), add(3, "z")}, whole("2012-10-17", ofTwo+`,{"Sid":"z"}`), ""},
		"added to, late":                  {[]string{made, add(3, "z"), put(2, two)}, whole("2012-10-17", ofTwo+`,{"Sid":"z"}`), ""},
		"both of a Sid removed":           {[]string{made, put(2, two), remove(3, "p")}, whole("2012-10-17", `{"Effect":"Deny"},{"Effect":"Allow"}`), ""},
		"deleted":                         {[]string{made, add(1, "a"), put(2, two), gone(3)}, "", ""},
		"deleted before it was written":   {[]string{made, gone(2), add(3, "a")}, whole("2012-10-17", `{"Sid":"a"}`), ""},
		"one statement that is no list":   {[]string{made, put(2, `{"Statement":{"Effect":"Deny"}}`)}, whole("2008-10-17", `{"Effect":"Deny"}`), ""},
		"a text that is left out":         {[]string{made, add(1, "a"), put(2, nil)}, "", "CloudTrail omitted the policy from record"},
		"a text that is no policy":        {[]string{made, put(2, "no")}, "", "cannot be read"},
		"a text of another form":          {[]string{made, put(2, 17)}, "", "CloudTrail omitted the policy from record"},
		"left out, and then written anew": {[]string{made, put(2, nil), put(3, two)}, whole("2012-10-17", ofTwo), ""},
		"left out, and the function anew": {[]string{put(-1, nil), made}, "", ""},
		"no making":                       {[]string{put(2, two)}, whole("2012-10-17", ofTwo), "no record shows that the function was created"},
	}
	for name, tt := range tests {
		records := append(tt.records, record(9, "UpdateFunctionConfiguration20150331v2", object{"functionName": functionARN, "role": "arn:aws:iam::" + account + ":role/new"}))
		versions, err := told(t, nil, records...).Function(ctx, functionARN)
		if err != nil || len(versions) != 1 {
			t.Errorf("%s: %v, %v", name, versions, err)
			continue
		}
		c, got := versions[0].Config, ""
		for _, p := range append(c.Policies.Or(nil), c.SeenPolicies...) {
			got += p.Text
		}
		if got != tt.want || (c.Policies.State() == role.Unknown) != (tt.why != "") || !strings.Contains(c.Policies.Why(), tt.why) {
			t.Errorf("%s: %s, unknown because %q; want %s, %q", name, got, c.Policies.Why(), tt.want, tt.why)
		}
	}
}

package watch_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/events"
	replay "github.com/rolewatch/rolewatch/function/internal/history"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const (
	logging   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*"}]}`
	nothing   = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"logs:*","Resource":"*"}]}`
	ofTeam    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"pay"}}}]}`
	exceptPay = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/team":"pay"}}}]}`
	limitARN  = "arn:aws:iam::" + account + ":policy/limit"
)

// explained is an event that takes away what a function needs, or allows too much: what it does, and what undoes it.
type explained struct {
	event, check string
	// inline is the role's inline policy "logs", and boundary the text of its boundary, before; none where they are empty.
	inline, boundary string
	// managed are the texts of the attached policy team, by version; v1 is in force.
	managed    map[string]string
	tags       map[string]string
	edit, undo func(l *lab) []byte
}

func (l *lab) call(name string, parameters map[string]any, more ...map[string]any) []byte {
	parameters["roleName"] = "orders"
	return l.record(name, parameters, more...)
}

func setInline(text string) func(*lab) []byte {
	return func(l *lab) []byte { return l.putInline("orders", "logs", text) }
}

func dropInline(l *lab) []byte {
	delete(l.cloud.roles["orders"].inline, "logs")
	return l.call("DeleteRolePolicy", map[string]any{"policyName": "logs"})
}

func attachTeam(l *lab) []byte {
	l.cloud.roles["orders"].attached[teamARN] = true
	return l.call("AttachRolePolicy", map[string]any{"policyArn": teamARN})
}

func detachTeam(l *lab) []byte {
	delete(l.cloud.roles["orders"].attached, teamARN)
	return l.call("DetachRolePolicy", map[string]any{"policyArn": teamARN})
}

func setBoundary(l *lab) []byte {
	l.cloud.roles["orders"].boundary = limitARN
	return l.call("PutRolePermissionsBoundary", map[string]any{"permissionsBoundary": limitARN})
}

func dropBoundary(l *lab) []byte {
	l.cloud.roles["orders"].boundary = ""
	return l.call("DeleteRolePermissionsBoundary", map[string]any{})
}

func setTag(l *lab) []byte {
	l.cloud.roles["orders"].tags = map[string]string{"team": "pay"}
	return l.call("TagRole", map[string]any{"tags": []any{map[string]any{"key": "team", "value": "pay"}}})
}

func dropTag(l *lab) []byte {
	l.cloud.roles["orders"].tags = map[string]string{}
	return l.call("UntagRole", map[string]any{"tagKeys": []any{"team"}})
}

func newVersion(text string) func(*lab) []byte {
	return func(l *lab) []byte {
		l.cloud.policies[teamARN] = text
		return l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": text, "setAsDefault": true},
			map[string]any{"responseElements": map[string]any{"policyVersion": map[string]any{"versionId": "v3", "isDefaultVersion": true}}})
	}
}

func oldVersion(version, text string) func(*lab) []byte {
	return func(l *lab) []byte {
		l.cloud.policies[teamARN] = text
		return l.record("SetDefaultPolicyVersion", map[string]any{"policyArn": teamARN, "versionId": version})
	}
}

func deleteRole(l *lab) []byte {
	delete(l.cloud.roles, "orders")
	return l.call("DeleteRole", map[string]any{})
}

// makeRole makes the role anew, without permissions.
func makeRole(event string) func(*lab) []byte {
	return func(l *lab) []byte {
		l.role("orders", goodTrust)
		r := l.cloud.roles["orders"]
		r.id, r.created = fmt.Sprintf("AROAORDERS%d", l.serial), l.now
		return l.call(event, map[string]any{"assumeRolePolicyDocument": goodTrust}, map[string]any{"responseElements": map[string]any{"role": map[string]any{
			"path": "/", "roleName": "orders", "roleId": r.id, "arn": roleARN("orders"), "createDate": l.now.Format("Jan 2, 2006 3:04:05 PM"),
			"assumeRolePolicyDocument": goodTrust,
		}}})
	}
}

// explaining are the events of the table that can change what a role may do, or who may assume it, each with what it takes away, and some
// with what it adds.
var explaining = []explained{
	{event: "UpdateAssumeRolePolicy", check: "RW102", edit: func(l *lab) []byte { return l.setTrust("orders", badTrust) }, undo: func(l *lab) []byte { return l.setTrust("orders", goodTrust) }},
	{event: "PutRolePolicy", check: "RW201", inline: logging, edit: setInline(harmless), undo: setInline(logging)},
	{event: "PutRolePolicy", check: "RW201", managed: map[string]string{"v1": logging}, edit: setInline(nothing), undo: dropInline},
	{event: "PutRolePolicy", check: "RW301", edit: setInline(everything), undo: dropInline},
	{event: "DeleteRolePolicy", check: "RW201", inline: logging, edit: dropInline, undo: setInline(logging)},
	{event: "DeleteRolePolicy", check: "RW301", inline: `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`, managed: map[string]string{"v1": everything},
		edit: dropInline, undo: setInline(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`)},
	{event: "DetachRolePolicy", check: "RW201", managed: map[string]string{"v1": logging}, edit: detachTeam, undo: attachTeam},
	{event: "CreatePolicyVersion", check: "RW201", managed: map[string]string{"v1": logging}, edit: newVersion(harmless), undo: newVersion(logging)},
	{event: "CreatePolicyVersion", check: "RW301", managed: map[string]string{"v1": logging}, edit: newVersion(everything), undo: newVersion(logging)},
	{event: "SetDefaultPolicyVersion", check: "RW201", managed: map[string]string{"v1": logging, "v2": harmless}, edit: oldVersion("v2", harmless), undo: oldVersion("v1", logging)},
	{event: "PutRolePermissionsBoundary", check: "RW201", inline: logging, edit: setBoundary, undo: dropBoundary},
	{event: "DeleteRolePermissionsBoundary", check: "RW301", inline: everything, boundary: harmless, edit: dropBoundary, undo: setBoundary},
	{event: "TagRole", check: "RW201", inline: exceptPay, edit: setTag, undo: dropTag},
	{event: "UntagRole", check: "RW201", inline: ofTeam, tags: map[string]string{"team": "pay"}, edit: dropTag, undo: setTag},
	{event: "DeleteRole", check: "RW101", inline: logging, edit: deleteRole, undo: makeRole("CreateRole")},
}

// attaching is apart: the policy is not attached before.
var attaching = explained{event: "AttachRolePolicy", check: "RW201", inline: logging, managed: map[string]string{"v1": nothing}, edit: attachTeam, undo: detachTeam}

// making are the events that make a role: one that is there without what a function needs.
var making = []string{"CreateRole", "AcquireRole"}

// cannotExplain are events of roles and managed policies with a reconcile that open no finding of a function's role.
var cannotExplain = map[string]string{
	"CreateServiceLinkedRole": "IAM makes the role for a service of AWS; RW114 reports a function that is given it, with the record of the function",
	"DeleteServiceLinkedRole": "IAM deletes the role later, and only where nothing uses it",
}

// TestEachEventThatChangesWhatARoleMayDoExplains plays each event twice, with something that undoes it in between, in the deployed flow and
// in a replay: a finding that it opens, or opens again, names its record and who made the call.
func TestEachEventThatChangesWhatARoleMayDoExplains(t *testing.T) {
	shown := map[string]bool{}
	for _, replayed := range []bool{false, true} {
		for i, e := range append(slices.Clone(explaining), attaching) {
			shown[e.event] = true
			t.Run(fmt.Sprintf("%s %d replayed %v", e.event, i, replayed), func(t *testing.T) {
				l := explainLab(t, &e, replayed)
				for range 2 {
					l.explains(e.check, e.edit(l))
					l.handled(e.undo(l))
				}
			})
		}
		for _, event := range making {
			shown[event] = true
			if event == "AcquireRole" && replayed {
				continue // No record tells which policies role manager gave the role.
			}
			t.Run(fmt.Sprintf("%s replayed %v", event, replayed), func(t *testing.T) {
				l := explainLab(t, &explained{check: "RW201", inline: logging}, replayed)
				for range 2 {
					l.handled(deleteRole(l))
					l.explains("RW201", makeRole(event)(l))
				}
			})
		}
	}
	for _, e := range events.Catalog() {
		grants := e.Subject == events.SubjectRole || e.Subject == events.SubjectPolicy
		if grants && e.Look && !shown[e.Name] && cannotExplain[e.Name] == "" {
			t.Errorf("%s: no case shows what it explains", e.Name)
		}
		if shown[e.Name] && cannotExplain[e.Name] != "" {
			t.Errorf("%s is shown, and cannot explain anything", e.Name)
		}
	}
}

// explainLab is a function with a role in order, after a sweep. In a replay the account is what its records say over what it was.
func explainLab(t *testing.T, e *explained, replayed bool) *lab {
	l := newLab(t, named(e.check)...)
	r := l.role("orders", goodTrust)
	l.cloud.policies[teamARN], l.cloud.policies[limitARN] = e.managed["v1"], harmless
	if r.tags = e.tags; e.inline != "" {
		r.inline["logs"] = e.inline
	}
	if e.boundary != "" {
		r.boundary = limitARN
	}
	if e.managed != nil && e.event != "AttachRolePolicy" {
		r.attached[teamARN] = true
	}
	l.function("api", "orders")
	for i := range l.cloud.functions[functionARN("api")] {
		f := &l.cloud.functions[functionARN("api")][i]
		f.Config = role.Settings{LogGroup: "/aws/lambda/api"}.Config(role.Because("not asked"))
	}
	if replayed {
		was := *l.cloud
		was.roles, was.policies = map[string]*cloudRole{"orders": {}}, maps.Clone(was.policies)
		*was.roles["orders"] = *r
		was.roles["orders"].inline, was.roles["orders"].attached = maps.Clone(r.inline), maps.Clone(r.attached)
		l.replayed = replay.New(archive{&was, e.managed})
		l.config.Account = l.replayed
		l.watch = l.another()
	}
	l.swept()
	l.pass(time.Hour)
	l.want()
	return l
}

// archive is an account as it was, with the versions of its managed policy.
type archive struct {
	*cloud
	versions map[string]string
}

func (a archive) ManagedPolicy(arn, version string) role.Policy {
	text := a.policies[arn]
	if version != "" {
		text = a.versions[version]
	}
	p := role.NewPolicy(role.ManagedPart(arn), text, policy.Identity)
	p.ARN, p.Version = arn, version
	return p
}

// handled plays a record, and lets it settle.
func (l *lab) handled(record []byte) {
	l.t.Helper()
	if l.replayed != nil {
		c, err := events.Parse(record)
		if err == nil {
			err = l.replayed.Apply(context.Background(), c)
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	l.messages = nil
	l.must(record)
	l.pass(10 * time.Minute)
	l.now = l.now.Add(20 * time.Minute)
}

// explains plays a record, which opens a finding that names it.
func (l *lab) explains(id string, record []byte) {
	l.t.Helper()
	want := fmt.Sprintf("00000000-0000-4000-8000-%012d", l.serial)
	l.handled(record)
	for _, m := range l.messages {
		for _, f := range m.Opened {
			if f.Check != id {
				continue
			}
			by := ""
			for _, c := range m.Changes {
				if c.EventID == want {
					by = c.Actor.Name
				}
			}
			if f.Cause == nil || f.Cause.EventID != want || by == "" || strings.Contains(m.Summary, "no record") {
				l.t.Errorf("%s is opened, by %q, and its cause is %+v, want %s", id, by, f.Cause, want)
			}
			return
		}
	}
	l.t.Errorf("%s is not opened", id)
}

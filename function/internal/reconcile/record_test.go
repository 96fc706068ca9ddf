package reconcile_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// recordOf is the record of a call, as package events reads it.
func recordOf(t *testing.T, source, name string) *events.Change {
	t.Helper()
	row, ok := events.Lookup(source+".amazonaws.com", name)
	if !ok {
		t.Fatalf("no row for %s %s", source, name)
	}
	c := &events.Change{ID: "e1", Event: row, Name: name, Time: now, Account: account, Region: "us-east-1", Partition: "aws", Role: events.RoleRef{Name: "orders", ID: "AROAORDERS"}}
	c.Function.ARN, c.Provider.ARN, c.Principal = functionARN("checkout"), providerARN, "ci"
	c.Policy.Name, c.Policy.ARN, c.Boundary = "logs", ofUser, ofAWS
	return c
}

const providerARN = "arn:aws:lambda:us-east-1:" + account + ":capacity-provider:big"

// A record is of a role, of a user or a group, or of a function: a change has what the record says of that, and of nothing else.
func TestWhatAChangeHasOfARecord(t *testing.T) {
	for name, want := range map[string]reconcile.Change{
		"iam PutRolePermissionsBoundary":    {Part: role.PartBoundary, Effect: reconcile.PartSet, Role: "orders", RoleID: "AROAORDERS", Value: ofAWS},
		"iam DeleteRolePermissionsBoundary": {Part: role.PartBoundary, Effect: reconcile.PartGone, Role: "orders", RoleID: "AROAORDERS", Value: ofAWS},
		"iam PutRolePolicy":                 {Part: "inline:logs", Effect: reconcile.PartSet, Role: "orders", RoleID: "AROAORDERS"},
		"iam DeleteRole":                    {Part: role.PartItself, Effect: reconcile.PartGone, Role: "orders", RoleID: "AROAORDERS"},
		"iam TagRole":                       {Part: role.PartTags, Effect: reconcile.PartSet, Role: "orders", RoleID: "AROAORDERS"},
		"iam SetDefaultPolicyVersion":       {Part: ofUser, Effect: reconcile.PartSet},
		"iam AttachUserPolicy":              {Principal: "user/ci"},
		"iam PutGroupPolicy":                {Principal: "group/ci"},
		"lambda CreateCapacityProvider":     {Provider: providerARN},
		"lambda DeleteCapacityProvider":     {},
		"lambda PutFunctionEventInvokeConfig": {
			Facet: events.FacetInvocation, Success: true, Configures: "invocation",
		},
		"lambda UpdateFunctionConfiguration20150331v2": {Facet: events.FacetConfiguration, Success: true},
		"lambda AddPermission20150331v2":               {Facet: events.FacetPolicy},
	} {
		source, event, _ := strings.Cut(name, " ")
		got := reconcile.NewChange(recordOf(t, source, event))
		same := got.Part == want.Part && got.Effect == want.Effect && got.Role == want.Role && got.RoleID == want.RoleID && got.Value == want.Value &&
			got.Principal == want.Principal && got.Provider == want.Provider && got.Facet == want.Facet && got.Success == want.Success && got.Configures == want.Configures
		if !same || got.Refused || got.Function != functionARN("checkout") {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

// Only a call that configures something can be rejected because of the role, and only with a message that says so.
func TestWhichCallsAreRejectedBecauseOfTheRole(t *testing.T) {
	const ofRole, ofCode = "The role defined for the function cannot be assumed by Lambda.", "Rate exceeded"
	for _, c := range []struct {
		source, event, message string
		want                   bool
	}{
		{"lambda", "UpdateFunctionConfiguration20150331v2", ofRole, true}, {"lambda", "UpdateFunctionConfiguration20150331v2", ofCode, false},
		{"lambda", "CreateEventSourceMapping20150331", ofRole, true}, {"lambda", "TagResource20170331v2", ofRole, false}, {"iam", "PutRolePolicy", ofRole, false},
	} {
		record := recordOf(t, c.source, c.event)
		record.ErrorCode, record.ErrorMessage = "InvalidParameterValueException", c.message
		got := reconcile.NewChange(record)
		if got.Refused != c.want || got.Success || got.Part != role.PartRefusal || (got.Configures != "") != (c.want && strings.HasPrefix(c.event, "CreateEventSource")) {
			t.Errorf("%s, %q: %+v", c.event, c.message, got)
		}
	}
}

// A call for a function without a qualifier is about $LATEST, whether the record says so.
func TestTheQualifierOfAnInvocation(t *testing.T) {
	for qualifier, want := range map[string][]string{"": {"", "$LATEST"}, "$LATEST": {"$LATEST", ""}, "live": {"live"}} {
		record := recordOf(t, "lambda", "PutFunctionEventInvokeConfig")
		record.Function.Qualifier = qualifier
		if got := reconcile.NewChange(record); !slices.Equal(got.Of, want) || got.Refusal().Of != qualifier {
			t.Errorf("%q: of %q, rejected of %q", qualifier, got.Of, got.Refusal().Of)
		}
	}
}

// A role is another one, or unknown, where a part of it is: then what was known of it does not hold.
func TestWhetherARoleHasMoved(t *testing.T) {
	for name, c := range map[string]struct {
		change func(l *lab)
		want   bool
	}{
		"nothing":                 {func(*lab) {}, false},
		"a policy is there":       {func(l *lab) { l.inline["more"] = "harmless" }, true},
		"a policy is another":     {func(l *lab) { l.inline["logs"] = "objects" }, true},
		"a policy is gone":        {func(l *lab) { delete(l.inline, "logs") }, true},
		"it cannot be read":       {func(l *lab) { l.unread["inline"] = true }, true},
		"the role is gone":        {func(l *lab) { l.id = "" }, true},
		"it uses other functions": {func(l *lab) { l.users = []string{"invoice"} }, false},
		"it was never observed":   {func(l *lab) { l.state = finding.State{}; l.inline["more"] = "harmless" }, false},
	} {
		l := newLab(t)
		l.users, l.inline["logs"] = []string{"checkout"}, "harmless"
		l.decide()
		// A policy that was there once is remembered, and does not count.
		l.inline["former"] = "harmless"
		l.decide()
		delete(l.inline, "former")
		l.decide()
		c.change(l)
		if got := reconcile.Moved(&l.state, l.snapshot()); got != c.want {
			t.Errorf("%s: moved %v", name, got)
		}
	}
}

// What is remembered of a role that bears on its scope.
func TestWhatIsRememberedForTheScope(t *testing.T) {
	for _, c := range []struct {
		state finding.State
		want  reconcile.Memory
		keeps bool
	}{
		{finding.State{}, reconcile.Memory{}, false},
		{finding.State{Revision: 1}, reconcile.Memory{Observed: true}, false},
		{finding.State{Revision: 1, LambdaCouldAssume: true}, reconcile.Memory{Observed: true, LambdaCouldAssume: true}, true},
		{finding.State{Operates: []string{providerARN}}, reconcile.Memory{Operator: true}, true},
		{finding.State{Refusals: []check.Refusal{wholeRefusal()}}, reconcile.Memory{Refused: true}, true},
	} {
		if got := reconcile.MemoryOf(&c.state); got != c.want || got.KeepsInScope() != c.keeps {
			t.Errorf("%+v: %+v", c.state, got)
		}
	}
}

package history_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// base is an account before the records: two roles that hold one managed policy, and a function.
type base struct{}

func (base) Role(_ context.Context, ref role.Ref) (role.Snapshot, error) {
	if ref.Name != "old" && ref.Name != "still" {
		return role.Snapshot{Ref: ref, Identity: role.None[role.Identity]()}, nil
	}
	return role.Snapshot{
		Ref: ref, Identity: role.Have(role.Identity{ARN: ref.Key(), ID: "AROAOLD"}),
		Trust:    role.Have(role.Policy{Part: "trust", Text: role.Have(lambdaTrust)}),
		Inline:   role.Have([]role.Policy{{Part: "inline:logs", Text: role.Have(readLogs)}}),
		Attached: role.Have([]role.Policy{base{}.ManagedPolicy(ownARN, "")}),
		Boundary: role.None[role.Policy](), Tags: role.Have(map[string]string{"a": "b"}),
	}, nil
}

func (base) ManagedPolicy(arn, version string) role.Policy {
	p := role.Policy{Part: role.ManagedPart(arn), ARN: arn, Version: version, Text: role.NotRead[string](role.Because("not exported"))}
	if arn == ownARN && (version == "" || version == "v1") {
		p.Version, p.Text = "v1", role.Have(readLogs)
	}
	return p
}

func (base) refs(names ...string) (refs []role.Ref) {
	for _, name := range names {
		refs = append(refs, role.Ref{Partition: "aws", Account: account, Name: name})
	}
	return refs
}

func (base) Providers(context.Context, string) (role.Providers, error) {
	return role.Providers{List: []role.Provider{{ARN: "arn:aws:lambda:us-east-1:" + account + ":capacity-provider:base", Role: "arn:aws:iam::" + account + ":role/old"}}, Complete: true}, nil
}

func (b base) PolicyRoles(_ context.Context, arn string) ([]role.Ref, error) {
	if arn == ownARN {
		return b.refs("old", "still"), nil
	}
	return nil, nil
}

func (base) Function(_ context.Context, arn string) ([]role.Function, error) {
	if arn != functionARN {
		return nil, nil
	}
	return []role.Function{{ARN: arn, Version: "$LATEST", Role: "arn:aws:iam::" + account + ":role/old", Environment: role.Have(true)}}, nil
}

func (base) MappingFunction(_ context.Context, _, id string) (string, error) {
	if id == "based" {
		return functionARN, nil
	}
	return "", nil
}

func (b base) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	name, next := "old", "2"
	if marker == "2" {
		name, next = "still", ""
	}
	s, err := b.Role(ctx, b.refs(name)[0])
	return []role.Snapshot{s}, next, err
}

func (b base) FunctionPage(ctx context.Context, region, _ string) ([]role.Function, string, error) {
	if region != "us-east-1" {
		return nil, "", nil
	}
	list, err := b.Function(ctx, functionARN)
	return list, "", err
}

func TestRecordsGoOnTopOfABase(t *testing.T) {
	a := told(t, base{},
		onRole(1, "PutRolePolicy", "old", object{"policyName": "more", "policyDocument": writeLogs}),
		policyCall(2, "CreatePolicyVersion", object{"policyArn": ownARN, "policyDocument": writeLogs, "setAsDefault": true},
			object{"policyVersion": object{"versionId": "v2", "isDefaultVersion": true}}),
		createRole(3, "new"),
		functionCall(4, "PublishVersion20150331", "1", "old", nil),
	)
	wantParts(t, snapshot(t, a, "old"), map[string]string{"role": "known", "trust": lambdaTrust, "inline": "known", "attached": "known",
		"boundary": "absent", "inline:logs": readLogs, "inline:more": writeLogs, ownARN: writeLogs})
	wantParts(t, snapshot(t, a, "none"), map[string]string{"role": "absent"})
	if err := a.Apply(ctx, parsed(t, policyCall(5, "SetDefaultPolicyVersion", object{"policyArn": ownARN, "versionId": "v1"}, nil))); err != nil {
		t.Fatal(err)
	}
	wantParts(t, snapshot(t, a, "still"), map[string]string{"inline:logs": readLogs, ownARN: readLogs})
	if err := a.Apply(ctx, parsed(t, onRole(6, "DetachRolePolicy", "still", object{"policyArn": ownARN}))); err != nil {
		t.Fatal(err)
	}
	refs, err := a.PolicyRoles(ctx, ownARN)
	if err != nil || len(refs) != 1 || refs[0].Name != "old" {
		t.Errorf("roles of the policy: %v, %v", refs, err)
	}
	if diff := cmp.Diff([]string{"$LATEST old", "1 old"}, versions(t, a)); diff != "" {
		t.Errorf("versions (-want +got):\n%s", diff)
	}
	var names []string
	for marker := ""; ; {
		page, next, err := a.RolePage(ctx, marker)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page {
			names = append(names, s.Ref.Name)
		}
		if marker = next; marker == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"new", "old", "still"}, names); diff != "" {
		t.Errorf("roles (-want +got):\n%s", diff)
	}
	var functions int
	for marker := ""; ; {
		page, next, err := a.FunctionPage(ctx, "us-east-1", marker)
		if err != nil {
			t.Fatal(err)
		}
		functions += len(page)
		if marker = next; marker == "" {
			break
		}
	}
	if functions != 2 {
		t.Errorf("%d function versions, want 2", functions)
	}
}

package events

import (
	"slices"
	"strings"
	"testing"
)

func TestLookupTellsNamesApart(t *testing.T) {
	tests := []struct{ source, eventName, want string }{
		{sourceIAM, "CreateRole", "CreateRole"},
		{sourceIAM, "CreateRole20100508", ""},
		{sourceIAM, "createRole", ""},
		{sourceIAM, "CreateFunction", ""},
		{sourceLambda, "CreateFunction", "CreateFunction"},
		{sourceLambda, "CreateFunction20141111", "CreateFunction"},
		{sourceLambda, "CreateFunction20150331", "CreateFunction"},
		{sourceLambda, "CreateFunction20301231v9", "CreateFunction"},
		{sourceLambda, "CreateFunction20301231v12", "CreateFunction"},
		{sourceLambda, "CreateFunction20301231v20301231", "CreateFunction"},
		{sourceLambda, "CreateFunction20301231v", ""},
		{sourceLambda, "CreateFunction2030123", ""},
		{sourceLambda, "CreateFunction203012311", ""},
		{sourceLambda, "CreateFunctionv2", ""},
		{sourceLambda, "CreateFunction20150331v2x", ""},
		{sourceLambda, "CreateFunctionUrlConfig", "CreateFunctionUrlConfig"},
		{sourceLambda, "CreateFunctionUrlConfig20211031", "CreateFunctionUrlConfig"},
		{sourceLambda, "UpdateFunctionCode20150331v2", "UpdateFunctionCode"},
		{sourceLambda, "TagResource20170331v2", "TagResource"},
		{sourceLambda, "PublishLayerVersion20181031", ""},
		{sourceLambda, "20150331", ""},
		{sourceLambda, "v2", ""},
		{sourceLambda, "", ""},
		{sourceLambda, "GetFunction20150331v2", ""},
		{"organizations.amazonaws.com", "CreatePolicy", ""},
		{"glue.amazonaws.com", "CreateTable", ""},
		{"iot.amazonaws.com", "CreatePolicyVersion", ""},
		{"", "CreateRole", ""},
	}
	for _, tt := range tests {
		e, ok := Lookup(tt.source, tt.eventName)
		if e.Name != tt.want || ok != (tt.want != "") {
			t.Errorf("Lookup(%q, %q) = %q, %v, want %q", tt.source, tt.eventName, e.Name, ok, tt.want)
		}
	}
}

func TestEveryRowIsWhole(t *testing.T) {
	seen := make(map[key]bool)
	for _, e := range Catalog() {
		if seen[key{e.Source, e.Name}] {
			t.Errorf("%s %s is there twice", e.Source, e.Name)
		}
		seen[key{e.Source, e.Name}] = true
		if e.Title == "" || e.Subject == "" || e.Field == "" {
			t.Errorf("%s lacks a title, a subject or a field: %+v", e.Name, e)
		}
		if e.Look == (e.Why != "") {
			t.Errorf("%s: a row has a Why exactly when it does not look: %+v", e.Name, e)
		}
		if ofRole := e.Subject == SubjectRole || e.Subject == SubjectPolicy; (e.Part == PartNone) != !(e.Source == sourceIAM && ofRole) {
			t.Errorf("%s: IAM's rows of roles and policies alone touch a part, not %q", e.Name, e.Part)
		}
	}
	if len(seen) < 40 {
		t.Errorf("the catalogue has %d rows", len(seen))
	}
}

// TestEveryRowHasItsEffect holds the effect of every row of IAM's, by what the API reference says of the call, and that
// Lambda's have none: they touch no part of a role.
func TestEveryRowHasItsEffect(t *testing.T) {
	want := map[string]Effect{
		"CreateRole": EffectSets, "AcquireRole": EffectSets, "DeleteRole": EffectRemoves, "UpdateRole": EffectNone, "UpdateRoleDescription": EffectNone,
		"UpdateAssumeRolePolicy": EffectReplaces, "PutRolePolicy": EffectSets, "DeleteRolePolicy": EffectRemoves,
		"AttachRolePolicy": EffectSets, "DetachRolePolicy": EffectRemoves, "PutRolePermissionsBoundary": EffectSets,
		"DeleteRolePermissionsBoundary": EffectRemoves, "TagRole": EffectSets, "UntagRole": EffectReplaces,
		"CreateServiceLinkedRole": EffectSets, "DeleteServiceLinkedRole": EffectRemoves,
		"CreatePolicy": EffectSets, "DeletePolicy": EffectRemoves, "CreatePolicyVersion": EffectReplaces,
		"DeletePolicyVersion": EffectNone, "SetDefaultPolicyVersion": EffectReplaces, "TagPolicy": EffectNone, "UntagPolicy": EffectNone,
	}
	held := 0
	for _, e := range Catalog() {
		effect, ours := want[e.Name]
		switch {
		case e.Source == sourceOrganizations:
			if e.Effect != EffectNone {
				t.Errorf("%s has the effect %q", e.Name, e.Effect)
			}
		case e.Effect != effect:
			t.Errorf("%s %s has the effect %q, want %q", e.Source, e.Name, e.Effect, effect)
		case ours != (e.Part != PartNone):
			t.Errorf("%s %s touches the part %q: its effect is to be held here", e.Source, e.Name, e.Part)
		case e.Look && e.Part != PartNone && e.Effect == EffectNone:
			t.Errorf("%s leads to a look and has no effect", e.Name)
		}
		held++
	}
	if held < 40 || len(want) != 23 {
		t.Fatalf("%d rows were held, and %d effects", held, len(want))
	}
	t.Logf("%d rows held", held)
}

func TestWhatDoesNotLook(t *testing.T) {
	var got []string
	for _, e := range Catalog() {
		if !e.Look {
			got = append(got, e.Name)
		}
	}
	want := []string{"UpdateRole", "UpdateRoleDescription", "CreateGroup", "DeleteGroup", "CreatePolicy", "DeletePolicy", "DeletePolicyVersion", "TagPolicy", "UntagPolicy", "UpdateCapacityProvider", "DeletePolicy"}
	if !slices.Equal(got, want) {
		t.Errorf("rows without a look: %v, want %v", got, want)
	}
}

func TestCatalogIsACopy(t *testing.T) {
	Catalog()[0].Name = "Changed"
	if Catalog()[0].Name == "Changed" {
		t.Error("a caller can change the table")
	}
}

func TestEveryRowHasASampleAndEverySampleARow(t *testing.T) {
	for _, e := range Catalog() {
		body, ok := Sample(e.Source, e.Name)
		if !ok {
			t.Errorf("%s %s has no sample", e.Source, e.Name)
			continue
		}
		c, err := Parse(body)
		if err != nil {
			t.Errorf("%s: %v", e.Name, err)
			continue
		}
		if c.Event != e || c.Failed() {
			t.Errorf("the sample of %s %s is one of %+v, refused: %v", e.Source, e.Name, c.Event, c.Failed())
		}
	}
	for name, body := range sampleFiles(t) {
		words := strings.Split(name, ".")
		e, ok := Lookup(words[0]+".amazonaws.com", words[1])
		if !ok {
			t.Errorf("sample %s belongs to no row", name)
			continue
		}
		if c := parse(t, body); c.Event != e || c.Failed() != (len(words) == 3) {
			t.Errorf("sample %s is one of %s, refused: %v", name, c.Event.Name, c.Failed())
		}
	}
	if _, ok := Sample("organizations.amazonaws.com", "CreateAccount"); ok {
		t.Error("there is a sample of a row that is not there")
	}
}

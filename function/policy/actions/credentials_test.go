package actions

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// TestCredentialTables holds the tables against the catalogue.
func TestCredentialTables(t *testing.T) {
	for name, member := range credentialMembers() {
		if a, ok := Lookup(name); !ok || a.String() != name || strings.Trim(member, "<") == "" || !GivesCredentials(name) {
			t.Errorf("%s with %q: AWS documents no such action, or no member is named", name, member)
		}
	}
	for name, reason := range credentialsWithoutModel {
		if a, ok := Lookup(name); !ok || a.String() != name || reason.why == "" || !strings.HasPrefix(reason.source, "https://docs.aws.amazon.com/") {
			t.Errorf("%s: AWS documents no such action, or it has no reason: %+v", name, reason)
		}
		if credentialMembers()[name] != "" || !GivesCredentials(name) {
			t.Errorf("%s is in two tables", name)
		}
	}
	if entries := strings.Count(credentialTable, "="); entries < 100 || entries != len(credentialMembers()) || len(credentialsWithoutModel) < 10 {
		t.Fatalf("%d entries give %d actions, and %d have no model", entries, len(credentialMembers()), len(credentialsWithoutModel))
	}
}

// TestNoCredentials holds what lists of sensitive actions have, though its response has no credential.
func TestNoCredentials(t *testing.T) {
	for _, name := range []string{
		"athena:GetSession", "cognito-idp:GetUserAttributeVerificationCode", "lightsail:GetKeyPair", "lightsail:GetKeyPairs",
		"lightsail:GetBucketAccessKeys", "connect:ListSecurityKeys", "cloud9:CreateEnvironmentSSH", "iam:ListAccessKeys",
	} {
		if _, ok := Lookup(name); !ok || GivesCredentials(name) {
			t.Errorf("%s is said to give credentials, or is not known", name)
		}
	}
}

// modelOf gives the folders of models whose name is not the service's prefix. Most are those of one action.
var modelOf = map[string]string{
	"airflow": "mwaa", "elasticmapreduce": "emr", "finspace-api": "finspace-data", "iot:OpenTunnel": "iotsecuretunneling",
	"iot:RotateTunnelAccessToken": "iotsecuretunneling", "ivs:CreateParticipantToken": "ivs-realtime", "ivs:GetIngestConfiguration": "ivs-realtime",
	"kinesisanalytics": "kinesisanalyticsv2", "lambda": "lambda-microvms",
}

// apiModel is what a model of botocore says of operations and shapes.
type apiModel struct {
	Operations map[string]struct {
		Input  shapeName `json:"input"`
		Output shapeName `json:"output"`
	} `json:"operations"`
	Shapes map[string]struct {
		Type    string               `json:"type"`
		Members map[string]shapeName `json:"members"`
		Member  shapeName            `json:"member"`
		Value   shapeName            `json:"value"`
	} `json:"shapes"`
}

type shapeName struct {
	Shape string `json:"shape"`
}

// has reports whether a shape has a member at a path, and whether that is a text.
func (m *apiModel) has(shape, path string) bool {
	s := m.Shapes[shape]
	switch s.Type {
	case "list":
		return m.has(s.Member.Shape, path)
	case "map":
		return m.has(s.Value.Shape, path)
	case "structure":
		name, rest, _ := strings.Cut(path, ".")
		member, ok := s.Members[name]
		return ok && m.has(member.Shape, rest)
	}
	return path == "" && (s.Type == "string" || s.Type == "blob")
}

// TestCredentialMembersAreInTheModels holds each member against AWS's model of the API.
func TestCredentialMembersAreInTheModels(t *testing.T) {
	models, checked := map[string]*apiModel{}, 0
	for name, member := range credentialMembers() {
		service, operation, _ := strings.Cut(name, ":")
		folder := service
		for _, key := range []string{service, name} {
			if own := modelOf[key]; own != "" {
				folder = own
			}
		}
		m, read := models[folder]
		if !read {
			m = &apiModel{}
			if err := json.Unmarshal(awstest.Model(t, folder), m); err != nil {
				t.Fatalf("model %s: %v", folder, err)
			}
			models[folder] = m
		}
		checked++
		shape := m.Operations[operation].Output.Shape
		if input, ok := strings.CutPrefix(member, "<"); ok {
			shape, member = m.Operations[operation].Input.Shape, input
		}
		if !m.has(shape, member) {
			t.Errorf("%s: the model %s has no member %s", name, folder, member)
		}
	}
	if checked < 100 || len(models) < 30 {
		t.Fatalf("checked %d actions of %d models", checked, len(models))
	}
	t.Logf("checked %d actions of %d models", checked, len(models))
}

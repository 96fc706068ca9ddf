package export_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/rolewatch/rolewatch/function/internal/export"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

var update = flag.Bool("update", false, "rewrite what the scenarios expect")

// TestScenarios reads an export from each txtar file and compares what the account says with its file "want".
func TestScenarios(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scenario: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			want := -1
			for i, f := range archive.Files {
				if f.Name == "want" {
					want = i
					continue
				}
				write(t, filepath.Join(dir, f.Name), string(f.Data))
			}
			if want < 0 {
				t.Fatal("the scenario wants nothing")
			}
			got := strings.ReplaceAll(tell(t, dir), dir, "DIR")
			if *update {
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("account (-want +got):\n%s", diff)
			}
		})
	}
	t.Logf("%d scenarios", len(paths))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// tell puts an account in words: its error, or its roles, functions, and what is missing.
func tell(t *testing.T, dir string) string {
	a, err := export.Read(dir)
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	ctx := context.Background()
	var b strings.Builder
	fmt.Fprintf(&b, "account %q in %s, regions %v\n", a.ID(), a.Partition(), a.Regions())
	shots, _, err := a.RolePage(ctx, "")
	if err != nil && !errors.Is(err, role.ErrUnread) {
		t.Fatal(err)
	}
	for _, s := range shots {
		id, _ := s.Identity.Get()
		fmt.Fprintf(&b, "role %s %s created %s\n", s.ARN(), id.ID, state(id.Created))
		part(&b, "trust", s.Trust)
		part(&b, "boundary", s.Boundary)
		for _, p := range slices.Concat(s.Inline.Or(nil), s.Attached.Or(nil)) {
			part(&b, p.Part.String(), role.Have(p))
		}
		tags := s.Tags.Or(nil)
		for _, k := range slices.Sorted(maps.Keys(tags)) {
			fmt.Fprintf(&b, "  tag %s=%s\n", k, tags[k])
		}
		users := a.Users(s.Ref.Key())
		fmt.Fprintf(&b, "  users %d, complete %v\n", len(users.List), users.Complete)
	}
	for _, region := range a.Regions() {
		versions, _, err := a.FunctionPage(ctx, region, "")
		if err != nil {
			fmt.Fprintf(&b, "%v\n", err)
		}
		for _, f := range versions {
			fmt.Fprintf(&b, "function %s role %s environment %s key %s changed %s edge %s\n", f.QualifiedARN(), f.Role, state(f.Environment),
				state(f.KMSKey), state(f.LastModified), state(f.Edge))
			config, err := json.Marshal(f.Config, json.Deterministic(true), jsontext.WithIndent("  "), jsontext.WithIndentPrefix("  "))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, "  aliases %v\n  %s\n", f.Aliases, config)
		}
	}
	for _, why := range a.Missing() {
		b.WriteString("missing: " + why.What + "\n")
	}
	return b.String()
}

func part(b *strings.Builder, name string, m role.Maybe[role.Policy]) {
	p, ok := m.Get()
	if !ok {
		fmt.Fprintf(b, "  %s %s\n", name, state(m))
		return
	}
	text := p.Text.Or("(" + p.Text.Why() + ")")
	if p.Version != "" {
		name += " " + p.Version
	}
	if p.ARN != "" && p.ARN != p.Part.String() {
		name += " " + p.ARN
	}
	if _, known := p.Text.Get(); known && p.Document == nil {
		name += " faulty"
	}
	fmt.Fprintf(b, "  %s %s\n", name, strings.ReplaceAll(text, "\n", "\n    "))
}

func state[T any](m role.Maybe[T]) string {
	if v, ok := m.Get(); ok {
		return fmt.Sprint(v)
	}
	if m.State() == role.Absent {
		return "absent"
	}
	return "unknown (" + m.Why() + ")"
}

func TestReadNamesTheFolderThatIsMissingOrNoExport(t *testing.T) {
	dir := t.TempDir()
	if _, err := export.Read(filepath.Join(dir, "none")); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("missing folder: %v", err)
	}
	write(t, filepath.Join(dir, "notes.txt"), "x")
	write(t, filepath.Join(dir, "functionsx.json"), "x")
	if _, err := export.Read(dir); err == nil || !strings.Contains(err.Error(), "iam.json") {
		t.Errorf("no export: %v", err)
	}
}

// TestAnOrganizationsPolicyHasStatements holds that a policy with its name around it is not read as one that allows nothing.
func TestAnOrganizationsPolicyHasStatements(t *testing.T) {
	dir := t.TempDir()
	for _, list := range []string{"scps", "rcps"} {
		write(t, filepath.Join(dir, "organization.json"), `{"`+list+`":[[{"Version":"2012-10-17","Statement":[]},{"name":"FullAWSAccess","document":{"Statement":[]}}]]}`)
		if _, err := export.Read(dir); err == nil || !strings.Contains(err.Error(), "organization.json: field "+list+"[0][1]: it is not a policy document: it has no Statement") {
			t.Errorf("%s: %v", list, err)
		}
	}
}

func TestOrganizationPoliciesAreALevelEach(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "organization.json"),
		`{"scps":[[{"Version":"2012-10-17","Statement":[]}],[],["%7B%22Statement%22%3A%5B%5D%7D","not a policy"]]}`)
	write(t, filepath.Join(dir, "iam.json"), `{"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::111122223333:role/r"}],"Policies":[]}`)
	a, err := export.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := a.Role(context.Background(), role.Ref{Partition: "aws", Account: "111122223333", Name: "r"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, level := range s.SCPs.Or(nil) {
		for _, p := range level {
			got = append(got, p.Name)
		}
		got = append(got, "|")
	}
	if diff := cmp.Diff([]string{"scp:scps[0][0]", "|", "|", "scp:scps[2][0]", "scp:scps[2][1]", "|"}, got); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	if s.RCPs.State() != role.Unknown || s.Trust.State() != role.Unknown || s.Trust.Why() == "" {
		t.Errorf("RCPs %+v, trust %+v", s.RCPs, s.Trust)
	}
}

func TestAnAccountAnswersForWhatItHas(t *testing.T) {
	dir := t.TempDir()
	var roles, functions []string
	for i := range 1203 {
		roles = append(roles, fmt.Sprintf(`{"RoleName":"r%d","Arn":"arn:aws:iam::111122223333:role/r%d","AttachedManagedPolicies":[{"PolicyArn":"arn:aws:iam::aws:policy/P%d"}]}`, i, i, i%2))
		functions = append(functions, fmt.Sprintf(`{"FunctionName":"f%d","FunctionArn":"arn:aws:lambda:eu-west-1:111122223333:function:f%d:$LATEST","Role":"arn:aws:iam::111122223333:role/r%d"}`, i, i, i/2))
	}
	write(t, filepath.Join(dir, "iam.json"), `{"RoleDetailList":[`+strings.Join(roles, ",")+`]}`)
	write(t, filepath.Join(dir, "functions-eu.json"), `{"Functions":[`+strings.Join(functions, ",")+`]}`)
	a, err := export.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	seen, pages := map[string]bool{}, 0
	for marker := ""; ; pages++ {
		shots, next, err := a.RolePage(ctx, marker)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range shots {
			seen[s.Ref.Name] = true
		}
		if marker = next; marker == "" {
			break
		}
	}
	if len(seen) != 1203 || pages == 0 {
		t.Errorf("%d roles in %d pages", len(seen), pages+1)
	}
	if _, _, err := a.RolePage(ctx, "other"); err == nil {
		t.Error("a foreign marker was taken")
	}
	if refs, err := a.PolicyRoles(ctx, "arn:aws:iam::aws:policy/P1"); err != nil || len(refs) != 601 {
		t.Errorf("%d roles of the policy, %v", len(refs), err)
	}
	if users := a.Users("arn:aws:iam::111122223333:role/r7"); len(users.List) != 2 || !users.Complete {
		t.Errorf("users %+v", users)
	}
	none := role.Ref{Partition: "aws", Account: "111122223333", Name: "none"}
	if s, _ := a.Role(ctx, none); s.Identity.State() != role.Absent || s.Trust.State() != role.Absent {
		t.Errorf("a role that is not there: %+v", s)
	}
	none.Name = "r7777"
	if s, _ := a.Role(ctx, none); len(s.Similar) == 0 {
		t.Error("no role has a name that is similar to r7777")
	}
	none.Account = "444455556666"
	if s, _ := a.Role(ctx, none); s.Identity.State() != role.Unknown {
		t.Errorf("a role of another account: %+v", s)
	}
	if p := a.ManagedPolicy("arn:aws:iam::aws:policy/P1", ""); p.Text.State() != role.Unknown {
		t.Errorf("a policy without its text: %+v", p)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add([]byte(`{"RoleDetailList":[{"RoleName":"r","Arn":"arn:aws:iam::1:role/r","AssumeRolePolicyDocument":"%7B%7D"}]}`))
	f.Add([]byte(`{"Policies":[{"Arn":"arn:x","PolicyVersionList":[{"Document":{}}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "iam.json"), string(body))
		if _, err := export.Read(dir); err != nil && !strings.Contains(err.Error(), "iam.json") {
			t.Errorf("the error does not name the file: %v", err)
		}
	})
}
